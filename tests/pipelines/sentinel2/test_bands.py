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
    assert bands.name_bands([None] * 4 + ["SCL"])[2:] == ("B04", "B08", None)


@pytest.mark.parametrize(
    "name, band",
    [
        ("B04_10m", "B04"),
        ("B4, central wavelength 665 nm", "B04"),
        ("T33TVM_20200105T100031_B8A_20m", "B8A"),
        ("b2_median", "B02"),
        (b"B11", "B11"),
        (np.bytes_(b"red"), "B04"),
        ("Blue", "B02"),
        ("coastal aerosol", "B01"),
        ("rededge071", "B05"),
        ("Red Edge 3", "B07"),
        ("nir08", "B8A"),
        ("B8A - narrow NIR", "B8A"),
        ("B11 SWIR", "B11"),
        ("swir22", "B12"),
        ("water_vapour", "B09"),
        ("B4 (red)", "B04"),
    ],
)
def test_names_in_words_and_with_additions(name, band):
    assert bands.name_bands([name]) == (band,)
    assert not bands.not_understood([name])


@pytest.mark.parametrize(
    "names",
    [
        ["red", "grün", "bleu"],
        ["Band 1", "Band 2", "Band 3"],
        ["1", "2", "3", "4"],
        ["B04_std", "B04_mask", "B04 (blue)"],
        ["swir", "rededge", "x", "y"],
    ],
)
def test_layers_with_names_are_never_counted(names):
    understood = [name for name in names if name == "red"]
    if understood:
        assert bands.name_bands(names) == ("B04", None, None)
        assert bands.not_understood(names) == ("grün", "bleu")
    else:
        with pytest.raises(bands.UnusableScene, match="names of bands, or none"):
            bands.name_bands(names)


def test_a_band_in_two_layers_is_refused():
    with pytest.raises(bands.UnusableScene, match="a band must be one layer"):
        bands.name_bands(["B04_10m", "B04_20m", "B03"])


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


@pytest.mark.parametrize(
    "dtype, fill",
    [
        (np.int16, -1),
        (np.int16, -999),
        (np.int16, -9999),
        (np.int16, -10000),
        (np.int16, -32768),
        (np.int16, 32767),
        (np.uint16, 65535),
        (np.int32, -(2**31)),
        (np.float32, -1),
        (np.float32, -9999),
        (np.float32, -3.4e38),
        (np.float64, 1e300),
        (np.float32, 9.96921e36),
        (np.float32, np.nan),
    ],
)
def test_fills_are_missing_whether_or_not_they_are_tagged(dtype, fill):
    good = 1200 if np.dtype(dtype).kind in "iu" else 0.12
    pixels = np.full((1, 2, 3), good, dtype)
    pixels[0, 1] = fill
    for no_data in (None, [float(fill)] * 3):
        values, missing = bands.to_reflectance(pixels, no_data=no_data)
        assert missing.tolist() == [[False, True]]
        assert values[0] == pytest.approx(np.array([[0.12] * 3, [0] * 3]))


def test_a_tagged_number_is_missing_in_one_band_and_before_floats_are_judged():
    pixels = np.array([[[0.1, 0.2], [9999, 0.2], [0.3, 0.2]]], np.float32)
    values, missing = bands.to_reflectance(pixels, no_data=[9999, np.nan])
    assert missing.tolist() == [[False, True, False]]
    assert values.max() == pytest.approx(0.3)
    with pytest.raises(bands.UnusableScene, match="Received: 9999"):
        bands.to_reflectance(pixels)


def test_dark_and_bright_pixels_stay():
    pixels = np.array([[[-500, 10], [28000, 29000], [0, 5]]], np.int16)
    values, missing = bands.to_reflectance(pixels)
    assert not missing.any()
    assert values[0, :, 0] == pytest.approx([-0.05, 2.8, 0])


@pytest.mark.parametrize(
    "dtype, has_scale, message",
    [
        ("uint8", False, "8 bits must have a scale tag"),
        ("int8", False, "8 bits"),
        ("float32", True, "without scale and offset tags"),
        ("complex64", False, "must be numbers"),
        ("bool", False, "must be numbers"),
    ],
)
def test_types_that_are_no_reflectance(dtype, has_scale, message):
    with pytest.raises(bands.UnusableScene, match=message):
        bands.require_numbers(dtype, has_scale)


def test_a_byte_holds_reflectance_to_the_sensors_noise():
    reflectance = np.linspace(0.01, 1, 2000, dtype=np.float32)
    error = np.abs(bands.from_bytes(bands.to_bytes(reflectance)) - reflectance)
    assert (error <= np.sqrt(reflectance) / 255 + 1e-5).all()
    assert bands.to_bytes(np.array([-1, 0, 1, 2.0])).tolist() == [0, 0, 255, 255]
