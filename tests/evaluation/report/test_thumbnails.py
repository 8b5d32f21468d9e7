"""Sheets of thumbnails, and pictures of images of any kind."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from tfmi.evaluation.report import thumbnails
from tfmi.pipelines.viewable import viewable

pytestmark = pytest.mark.any_versions


def _open(uri, kind):
    head, body = uri.split(",")
    assert head == f"data:image/{kind};base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


def _random(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_a_sheet_keeps_small_images_as_they_are():
    images = _random(7, 10, 12, 3)
    sheet = thumbnails.sheet(images)
    whole = np.asarray(_open(sheet["uri"], "webp").convert("RGB"))
    assert (sheet["width"], sheet["height"]) == (12, 10)
    assert whole.shape == (10 * sheet["rows"], 12 * sheet["columns"], 3)
    for number, image in enumerate(images):
        top = number // sheet["columns"] * 10
        left = number % sheet["columns"] * 12
        np.testing.assert_array_equal(whole[top : top + 10, left : left + 12], image)


def test_large_images_are_made_smaller():
    sheet = thumbnails.sheet(_random(4, 100, 300, 1))
    assert (sheet["width"], sheet["height"]) == (112, 37)


@pytest.mark.parametrize("channels", [1, 2])
def test_one_channel_is_shown_in_grey(channels):
    image = _random(6, 5, channels)
    picture = np.asarray(_open(thumbnails.png_uri(image), "png"))
    np.testing.assert_array_equal(picture, image[..., [0, 0, 0]])


def test_satellite_bands_are_shown_in_their_colours():
    images = _random(2, 4, 4, 3) // 4
    sheet = thumbnails.sheet(images, ("B02", "B03", "B04"))
    whole = np.asarray(_open(sheet["uri"], "webp").convert("RGB"))
    shown = viewable(images, ("B02", "B03", "B04"))
    np.testing.assert_array_equal(whole[:4, :4], shown[0])
    assert whole.max() == 255


def test_three_channels_of_more_are_shown():
    image = _random(6, 5, 13)
    picture = np.asarray(_open(thumbnails.png_uri(image), "png"))
    np.testing.assert_array_equal(picture, image[..., :3])


def test_a_file_keeps_grey_grey():
    picture = _open(thumbnails.png_uri(_random(6, 5, 1)), "png")
    assert picture.size == (5, 6)
