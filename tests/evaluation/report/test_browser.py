"""report.html in a real browser: clicks, keys, themes, a phone's width."""

import json

import browser
import pytest
import report_content as content
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tfmi.evaluation.report.write import write_report

MISSING = [
    name
    for name, path in zip(("chromium", "chromedriver"), browser.found(), strict=True)
    if path is None
]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(MISSING), reason=f"not on the PATH: {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    run = content.run(tmp_path_factory.mktemp("report"))
    write_report(run, content.RESULTS, content.EXPORTS, progress=str)
    return run.report_file


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    driver = browser.start(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture
def page(driver, path):
    """The page on a desk, afresh; nothing in the console may follow."""
    browser.set_view(driver, 1280, 900)
    browser.open_page(driver, path)
    yield driver
    assert driver.get_log("browser") == []


def _all(page, selector):
    return page.find_elements(By.CSS_SELECTOR, selector)


def _click(page, selector, number=0):
    element = _all(page, selector)[number]
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()
    return element


def _query(page):
    return page.find_element(By.ID, "query-text").text


def test_every_chart_is_drawn(page):
    page.execute_script(
        "document.querySelectorAll('.panel').forEach(p => p.hidden = 0)"
    )
    height = page.execute_script("return document.body.scrollHeight")
    browser.set_view(page, 1280, height + 8000)
    browser.wait(
        page,
        "return [...document.querySelectorAll('[data-chart]')]"
        ".every(e => e.querySelector('svg'))",
    )
    assert len(_all(page, "[data-chart] svg")) == 20
    named = [chart.get_attribute("aria-label") for chart in _all(page, ".chart")]
    assert len(named) == 22 and all(named)


def test_a_click_shows_the_neighbours_in_s_and_e(page):
    tile = _click(page, "#grid .tile", 7)
    assert tile.get_attribute("aria-pressed") == "true"
    assert _query(page) == "image 7: shape right, grey shade dark"
    headings = [e.text for e in _all(page, "#near h3")]
    assert [h.split("\n")[0] for h in headings] == ["Nearest in S", "Nearest in E"]
    for card in _all(page, "#near article"):
        assert len(card.find_elements(By.CSS_SELECTOR, ".tile")) == 8
    shapes = [e.get_attribute("aria-label") for e in _all(page, "#near article .tile")]
    assert all("shape right" in label for label in shapes[:8])
    assert all(
        "grey shade dark" in label or "not scored" in label for label in shapes[8:]
    )


def test_a_click_on_a_neighbour_makes_it_the_query(page):
    before = _query(page)
    neighbour = _all(page, "#near .tile")[0].get_attribute("data-image")
    _click(page, "#near .tile")
    assert _query(page) != before
    assert _query(page).startswith(f"image {neighbour}:")
    inside = page.execute_script(
        "return document.getElementById('near').contains(document.activeElement)"
    )
    assert inside


def test_keys_move_in_the_grid_and_choose(page):
    _all(page, "#grid .tile")[0].send_keys(Keys.ARROW_RIGHT)
    focused = page.switch_to.active_element
    assert focused.get_attribute("data-image") == "1"
    focused.send_keys(Keys.ARROW_DOWN)
    below = page.switch_to.active_element
    first, second = focused.location, below.location
    assert second["x"] == first["x"] and second["y"] > first["y"]
    below.send_keys(Keys.ARROW_UP)
    assert page.switch_to.active_element == focused
    outline = "return getComputedStyle(document.activeElement).outlineStyle"
    assert page.execute_script(outline) == "solid"
    focused.send_keys(Keys.ENTER)
    assert _query(page).startswith("image 1:")
    focused.send_keys(Keys.END)
    assert page.switch_to.active_element.get_attribute("data-image") == "59"
    stops = [tile.get_attribute("tabindex") for tile in _all(page, "#grid .tile")]
    assert stops.count("0") == 1


def test_maps_are_coloured_by_the_chosen_factor(page):
    browser.wait(page, "return document.querySelectorAll('#map-pair svg').length == 2")
    assert len(_all(page, "#legend button")) == 2
    _click(page, "#factor-choice input", 1)
    labels = [button.text for button in _all(page, "#legend button")]
    assert labels == ["dark", "middle", "light", "not scored"]
    browser.wait(
        page,
        "return document.querySelectorAll"
        "('#map-pair [aria-label$=\"grey shade\"]').length == 2",
    )


def test_one_value_stands_out(page):
    browser.wait(page, "return document.querySelectorAll('#map-pair svg').length == 2")
    button = _click(page, "#legend button")
    assert button.get_attribute("aria-pressed") == "true"
    faded = (
        "return document.querySelectorAll"
        "('#map-pair svg .mark-symbol path[opacity=\"0.07\"]').length"
    )
    assert browser.wait(page, faded) == content.TEST_IMAGES
    button.click()
    assert button.get_attribute("aria-pressed") == "false"


def test_the_other_layout_and_the_other_domain(page):
    _click(page, 'input[value="PCA"]')
    browser.wait(
        page,
        "return document.querySelector('#map-pair').innerText.includes('variance')",
    )
    _click(page, 'input[name="domain"]', 1)
    browser.wait(
        page, "return document.querySelector('#map-pair').innerText.includes('S of y')"
    )
    assert "of-1" in _all(page, "#grid .tile")[0].get_attribute("class")


def test_a_click_on_a_point_chooses_it(page):
    browser.wait(page, "return document.querySelectorAll('#map-pair svg').length == 2")
    points = _all(page, "#map-pair svg .mark-symbol path")
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", points[9])
    assert _query(page).startswith("image 0:")
    # Another point may lie over it, but one of the same shape.
    ActionChains(page).move_to_element(points[9]).click().perform()
    assert "shape right" in _query(page)
    assert "shape right" in page.find_element(By.ID, "hovered-text").text


def test_panels_of_scores(page):
    _click(page, 'input[name="panel"]', 2)
    shown = [panel.is_displayed() for panel in _all(page, ".panel")]
    assert shown == [False, False, True, False, False]
    browser.wait(page, "return document.querySelectorAll('#panel-2 .chart svg').length")


def test_a_request_is_copied(page):
    permissions = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.execute_cdp_cmd("Browser.grantPermissions", permissions)
    button = _click(page, "details[open] .copy")
    browser.wait(
        page,
        "return [...document.querySelectorAll('.copy')]"
        ".some(b => b.textContent == 'Copied')",
    )
    assert button.text == "Copied"
    selected = page.execute_script("return getSelection().toString()")
    copied = page.execute_async_script(
        "navigator.clipboard.readText().then(arguments[arguments.length - 1])"
    )
    assert copied.strip() == selected.strip()
    assert '"signature_name": "encoded"' in copied


def _background(page):
    return page.execute_script("return getComputedStyle(document.body).backgroundColor")


def test_themes(page, path):
    light = _background(page)
    _click(page, "#theme")
    dark = _background(page)
    assert dark != light
    assert page.find_element(By.ID, "theme").get_attribute("aria-pressed") == "true"
    browser.set_view(page, 1280, 900, dark=True)
    browser.open_page(page, path)
    assert _background(page) == dark


@pytest.mark.parametrize("width", [320, 390, 768])
def test_narrow_screens_do_not_scroll_sideways(page, path, width):
    browser.set_view(page, width, 844)
    browser.open_page(page, path)
    browser.set_view(page, width, 12_000)
    browser.wait(
        page, "return document.querySelectorAll('#panel-0 .chart svg').length == 4"
    )
    assert page.execute_script("return document.documentElement.scrollWidth") == width
    wide = page.execute_script(
        "return [...document.querySelectorAll('section, .card, .chart, .code')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
        ".map(e => e.outerHTML.slice(0, 200))"
    )
    assert wide == [], json.dumps(wide)


def test_images_without_factors(page, tmp_path):
    run = content.run(tmp_path, domains="x", labelled=False)
    write_report(run, None, content.NO_EXPORTS, progress=str)
    browser.open_page(page, run.report_file)
    _click(page, "#grid .tile", 5)
    assert _query(page) == "image 5"
    assert len(_all(page, "#near .tile")) == 16
    assert not page.find_element(By.ID, "factor-choice").is_displayed()
    browser.wait(page, "return document.querySelectorAll('#map-pair svg').length == 2")
