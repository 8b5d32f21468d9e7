"""Band names, reflectance and its bytes."""

import numpy as np
import pytest

from tfmi.errors import UsageError
from tfmi.pipelines.sentinel2 import bands


def test_names_are_understood_however_they_are_written():
    assert bands.choose("b2, B08,B8A,b8a0"[:11]) == ("B02", "B08", "B8A")
    assert bands.name_bands(["B2", "B08A", None, "SCL"]) == ("B02", "B8A", None, None)
    assert bands.name_bands([None] * 13) == bands.BANDS
    assert "B10" not in bands.name_bands([""] * 12)
    assert bands.name_bands([None] * 3) == ("B04", "B03", "B02")


@pytest.mark.parametrize("text", ["B02,B13", "B02,B2", "", "red"])
def test_wrong_bands_are_refused(text):
    with pytest.raises(UsageError, match="--bands must be different ones of B01"):
        bands.choose(text)


def test_a_number_of_layers_that_says_nothing_is_refused():
    with pytest.raises(bands.UnusableScene, match="5 layers without band names"):
        bands.name_bands([None] * 5)


def test_integers_are_ten_thousandths_and_floats_reflectance():
    numbers = np.array([[[0, 0], [0, 100], [2500, 12000]]], np.uint16)
    values, missing = bands.to_reflectance(numbers)
    assert values[0].tolist() == pytest.approx(
        np.array([[0, 0], [0, 0.01], [0.25, 1.2]])
    )
    assert missing[0].tolist() == [True, False, False]
    values, _ = bands.to_reflectance(numbers, 1e-4, np.array([-0.01, 0]))
    assert values[0, 2].tolist() == pytest.approx([0.24, 1.2])
    floats = np.array([[[0.1, np.nan], [np.inf, 0.1], [0.3, 0.4]]])
    values, missing = bands.to_reflectance(floats)
    assert missing[0].tolist() == [True, True, False]
    assert values[0].tolist() == [[0, 0], [0, 0], pytest.approx([0.3, 0.4])]
    with pytest.raises(bands.UnusableScene, match="1 for all light. Received: 2500"):
        bands.to_reflectance(numbers.astype(np.float32) * np.float32(2500 / 12000))


def test_a_byte_holds_reflectance_to_the_sensors_noise():
    reflectance = np.linspace(0.01, 1, 2000, dtype=np.float32)
    error = np.abs(bands.from_bytes(bands.to_bytes(reflectance)) - reflectance)
    assert (error <= np.sqrt(reflectance) / 255 + 1e-5).all()
    assert bands.to_bytes(np.array([-1, 0, 1, 2.0])).tolist() == [0, 0, 255, 255]
