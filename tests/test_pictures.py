"""Pictures of images of any channels."""

import numpy as np

from tfmi.pipelines.viewable import viewable


def test_bands_are_shown_in_their_colours_and_stretched():
    generator = np.random.default_rng(0)
    images = generator.integers(40, 80, (3, 9, 9, 4), dtype=np.uint8)
    shown = viewable(images, ("B02", "B03", "B08", "B04"))
    assert shown.shape == (3, 9, 9, 3) and shown.dtype == np.uint8
    assert shown.min() == 0 and shown.max() == 255
    order = np.argsort(images[..., 3].ravel(), kind="stable")
    assert (np.diff(shown[..., 0].ravel()[order].astype(int)) >= 0).all()
    assert (viewable(images[..., :1], ("B08",))[..., 0] > 0).any()


def test_pictures_are_shown_as_they_are():
    images = np.arange(2 * 3 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3, 3)
    assert (viewable(images) == images).all()
    assert (viewable(images[..., :1]) == images[..., :1]).all()
    assert (viewable(images[0, ..., :2]) == images[0, ..., :1]).all()
