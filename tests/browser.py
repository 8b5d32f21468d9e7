"""Headless Chromium for the tests of the report, and for its picture."""

import shutil

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
    --disable-background-networking --disable-component-update --disable-sync
    --hide-scrollbars --force-device-scale-factor=1""".split()
SECONDS = 60


def found():
    """Path of a browser, or None; and of chromedriver."""
    paths = [path for path in map(shutil.which, BROWSERS) if path]
    return (paths or [None])[0], shutil.which("chromedriver")


def start(profile):
    """A driver with a profile folder of its own and a log of the page's console."""
    program, driver = found()
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in [*FLAGS, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options, Service(driver))


def set_view(driver, width, height, dark=False):
    """The window's size, in CSS pixels, and the colour scheme that is preferred."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    # What is scrolled to is there at once.
    still = {"name": "prefers-reduced-motion", "value": "reduce"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, still]})


def open_page(driver, path):
    """Open a report from the file system and wait until its maps are drawn."""
    driver.get(path.resolve().as_uri())
    wait(driver, "return document.querySelectorAll('#map-pair svg').length > 0")


def wait(driver, script):
    """Until a script returns what is true; what it returned."""
    return WebDriverWait(driver, SECONDS).until(lambda d: d.execute_script(script))
