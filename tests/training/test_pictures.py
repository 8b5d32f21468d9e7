"""What a method drew, as one picture."""

import numpy as np

from tfmi.training.pictures import sheet


def test_rows_of_images_lie_below_each_other():
    rows = [np.full((3, 32, 32, 1), value) for value in (-1.0, 0.0, 1.5)]
    picture = sheet(rows)
    # Twice as large, and a gap of 2 around each.
    assert picture.shape == (3 * 68, 3 * 68, 3)
    centres = picture[34::68, 34::68]
    np.testing.assert_array_equal(centres[:, 0, 0], [0, 128, 255])
    assert (picture[:2] == 255).all()


def test_satellite_bands_are_shown_by_the_visible_ones():
    images = np.full((2, 64, 64, 4), -1.0)
    images[:, ::2, :, 2] = 1.0
    picture = sheet([images], ("B02", "B03", "B04", "B08"))
    assert picture[2, 10].tolist() == [255, 0, 0]
    assert picture[3, 10].tolist() == [0, 0, 0]
