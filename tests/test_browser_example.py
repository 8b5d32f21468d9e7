"""The example of ONNX in the browser, in a real one, beside tfmi embed."""

import functools
import http.server
import pathlib
import shutil
import subprocess
import threading

import browser
import numpy as np
import pytest
from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tfmi.inference import embed
from tfmi.inference.encoders import open_encoder

ROOT = pathlib.Path(__file__).parents[1]
ENCODER = ROOT / "exported" / "colored-mnist" / "combined_x.onnx"
NEEDED = ("npm", "chromium", "chromedriver")
FOUND = dict(zip(NEEDED, (shutil.which("npm"), *browser.found()), strict=True))
MISSING = [name for name, path in FOUND.items() if path is None]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.skipif(bool(MISSING), reason=f"not on the PATH: {', '.join(MISSING)}"),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of a folder as the page's first lines say that it is made."""
    folder = tmp_path_factory.mktemp("a site")
    shutil.copy(ROOT / "examples" / "onnx_in_the_browser.html", folder)
    shutil.copy(ENCODER, folder / "encoder.onnx")
    command = ["npm", "install", "--no-fund", "--no-audit", "onnxruntime-web"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/onnx_in_the_browser.html"
        server.shutdown()


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    driver = browser.start(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Of the encoder's size: colour, grey, and half transparent; and of another."""
    folder = tmp_path_factory.mktemp("images")
    generator = np.random.default_rng(0)
    for name, shape in {
        "color.png": (28, 28, 3),
        "grey.png": (28, 28),
        "clear.png": (28, 28, 4),
        "wide.png": (14, 28, 3),
    }.items():
        pixels = generator.integers(0, 256, shape, np.uint8)
        if name == "clear.png":
            pixels[..., 3] = 255 * (pixels[..., 3] > 127)
        if name == "wide.png":
            pixels[[0, -1]] = pixels[:, [0, -1]] = (10, 200, 90)
        Image.fromarray(pixels).save(folder / name)
    return folder


def chosen(driver, selector, *paths):
    element = driver.find_element(By.ID, selector)
    element.send_keys("\n".join(map(str, paths)))


def said(driver, words):
    script = (
        "return document.getElementById('status').textContent.includes(arguments[0])"
    )
    WebDriverWait(driver, browser.SECONDS).until(
        lambda d: d.execute_script(script, words)
    )


def test_vectors_are_those_of_tfmi_embed(driver, address, images):
    driver.get(f"{address}?encoder=encoder.onnx")
    said(driver, "encoder.onnx takes images of 28 × 28 × 3.")
    broken = images / "broken.png"
    broken.write_bytes(b"no image")
    paths = sorted(images.glob("*.png"))
    chosen(driver, "files", *paths)
    said(driver, "4 images encoded. Click one for its neighbours. Left out: broken.png")
    broken.unlink()
    found = driver.execute_script(
        "return vectors().map(({name, vectors}) => [name,"
        "  Object.fromEntries(Object.entries(vectors).map(([k, v]) => [k, [...v]]))])"
    )
    assert len(found) == 4
    encoder = open_encoder(ENCODER, None)
    for name, vectors in found:
        pixels = embed.read_image(images / name, encoder.image_shape, encoder.enlarge)
        for output, expected in encoder.represent(pixels[np.newaxis]).items():
            np.testing.assert_allclose(vectors[output], expected[0], atol=1e-3)


def test_a_click_sorts_by_distance(driver, address, images):
    driver.get(address)
    chosen(driver, "encoder", ENCODER)
    said(driver, "combined_x.onnx takes")
    chosen(driver, "files", *sorted(images.glob("*.png")))
    said(driver, "4 images encoded")
    driver.find_elements(By.CSS_SELECTOR, "#images button")[2].click()
    buttons = driver.find_elements(By.CSS_SELECTOR, "#images button")
    distances = [float(button.text.split()[-1]) for button in buttons]
    assert distances[0] == 0 and distances == sorted(distances)
    assert buttons[0].get_attribute("aria-pressed") == "true"


def test_no_onnx_is_one_line(driver, address, images):
    driver.get(address)
    chosen(driver, "encoder", images / "color.png")
    said(driver, "Not done: ")
