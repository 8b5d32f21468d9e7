"""A picture of a report, as README shows it:

    python tests/screenshot.py runs/RUN/report.html docs/report.png

It needs selenium, chromium and chromedriver. `--width 390` gives a phone's view,
`--dark` the dark theme, `--height 0` the whole page, `--section look` the page from
its neighbours on.
"""

import argparse
import pathlib
import tempfile
import time

import browser


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("picture", type=pathlib.Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=1500)
    parser.add_argument("--section", default="summary")
    parser.add_argument("--dark", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as profile:
        driver = browser.start(profile)
        try:
            take(driver, options)
        finally:
            driver.quit()


def take(driver, options):
    browser.set_view(driver, options.width, options.height or 900, options.dark)
    browser.open_page(driver, options.page)
    if not options.height:
        length = driver.execute_script("return document.body.scrollHeight")
        browser.set_view(driver, options.width, length, options.dark)
    show = "document.getElementById(arguments[0]).scrollIntoView()"
    if options.section != "summary":
        driver.execute_script(show, options.section)
    # Charts that have come into view are drawn meanwhile.
    time.sleep(2)
    driver.save_screenshot(str(options.picture))


if __name__ == "__main__":
    main()
