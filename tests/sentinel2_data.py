"""Made acquisitions of Sentinel-2, in each layout that is read."""

import numpy as np
import rasterio
from rasterio.transform import from_origin

BANDS = "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12".split()
RGBN = ("B02", "B03", "B04", "B08")
UTM = "EPSG:32633"
DATES = ("20150711", "20150731", "20150820")


def ground(height=64, width=48, bands=4, seed=0):
    """Reflectance of smooth patches, `(height, width, bands)`."""
    generator = np.random.default_rng(seed)
    coarse = generator.uniform(0.02, 0.4, (height // 8 + 1, width // 8 + 1, bands))
    fine = coarse.repeat(8, 0).repeat(8, 1)[:height, :width]
    return (fine + generator.normal(0, 0.005, fine.shape)).clip(0.01, 1)


def series(dates=3, **options):
    """`(dates, height, width, bands)`: one ground, another light each date."""
    light = np.linspace(0.8, 1.2, dates)[:, None, None, None]
    return light * ground(**options)


def write_tiff(path, reflectance, names=RGBN, **options):
    """Ten-thousandths as uint16; options of `write_raster`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.rint(reflectance * 10_000).astype(np.uint16)
    write_raster(path, pixels, names, **options)


def write_raster(
    path, pixels, names=None, crs=UTM, origin=(5e5, 5e6), pixel=10.0, **tags
):
    """An array `(height, width, bands)` in its own type."""
    height, width, count = pixels.shape
    size = {"height": height, "width": width, "count": count, "dtype": pixels.dtype}
    place = {"crs": crs, "transform": from_origin(*origin, pixel, pixel)}
    with rasterio.open(path, "w", driver="GTiff", **size, **place, **tags) as file:
        file.write(np.moveaxis(pixels, -1, 0))
        if names:
            file.descriptions = names


def write_places(folder, places=1, dates=DATES, **options):
    """`<place>/<date>.tif` of places far from each other."""
    for place in range(places):
        scenes = series(len(dates), seed=place, **options)
        for date, scene in zip(dates, scenes, strict=True):
            path = folder / f"place{place}" / f"{date}.tif"
            write_tiff(path, scene, origin=(5e5 + 1e5 * place, 5e6))
    return folder


def write_safe(folder, date, scene, level="L1C", offset=-1000):
    """A product of B02 at 10 m, B05 at 20 m and B01 at 60 m, and its mask."""
    product = folder / f"S2A_MSI{level}_{date}T100031_N0400_R122_T33TVM_{date}T2.SAFE"
    images = product / "GRANULE" / "G1" / "IMG_DATA"
    images.mkdir(parents=True)
    (product / "GRANULE" / "G1" / "QI_DATA").mkdir()
    for layer, (band, step) in enumerate((("B02", 1), ("B05", 2), ("B01", 6))):
        pixels = np.rint(scene[::step, ::step, layer] * 10_000) - offset
        write_jp2(images / f"T33TVM_{date}_{band}.jp2", pixels[None], 10 * step)
    mask = np.zeros((3, scene.shape[0] // 6, scene.shape[1] // 6))
    mask[1, :2] = 1
    write_jp2(product / "GRANULE" / "G1" / "QI_DATA" / "MSK_CLASSI_B00.jp2", mask, 60)
    (product / f"MTD_MSI{level}.xml").write_text(
        '<n1:P xmlns:n1="x"><QUANTIFICATION_VALUE unit="none">10000'
        "</QUANTIFICATION_VALUE>"
        + "".join(
            f'<RADIO_ADD_OFFSET band_id="{n}">{offset}</RADIO_ADD_OFFSET>'
            for n in range(13)
        )
        + "</n1:P>"
    )
    return product


def write_jp2(path, pixels, resolution, dtype="uint16"):
    transform = rasterio.transform.from_origin(5e5, 5e6, resolution, resolution)
    lossless = {"QUALITY": "100", "REVERSIBLE": "YES", "BLOCKXSIZE": "64"}
    with rasterio.open(
        path,
        "w",
        driver="JP2OpenJPEG",
        height=pixels.shape[1],
        width=pixels.shape[2],
        count=len(pixels),
        dtype=dtype,
        crs=UTM,
        transform=transform,
        **lossless,
    ) as file:
        file.write(pixels.astype(dtype))
