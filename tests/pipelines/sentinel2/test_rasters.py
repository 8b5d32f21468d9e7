"""GeoTIFFs and products that say, or hide, what their layers and numbers are."""

import http.server
import os
import threading

import numpy as np
import pytest
import rasterio
import sentinel2_data as made
from rasterio.enums import ColorInterp

from tfmi.pipelines.sentinel2 import raster_files
from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.places import find_places
from tfmi.pipelines.sentinel2.raster_files import open_raster
from tfmi.pipelines.sentinel2.rasters import GeoTiffAcquisition

WHOLE = 0, 0, 64, 48


def numbers(dtype=np.uint16):
    return np.rint(made.ground() * 10_000).astype(dtype)


def read(path, bands=("B04",)):
    acquisition = GeoTiffAcquisition(path)
    with acquisition.opened(bands) as reader:
        return reader(WHOLE)


def test_colours_count_where_no_layer_has_a_name(tmp_path):
    path = tmp_path / "a.tif"
    made.write_raster(path, numbers())
    with rasterio.open(path, "r+") as file:
        drawn = [ColorInterp.red, ColorInterp.green, ColorInterp.blue]
        file.colorinterp = [*drawn, ColorInterp.undefined]
    acquisition = GeoTiffAcquisition(path)
    assert acquisition.bands == ("B04", "B03", "B02", None)
    assert acquisition.not_read == ("layer 4",)
    assert read(path)[0][..., 0] == pytest.approx(made.ground()[..., 0], abs=1e-4)


def test_names_that_gdals_products_have_as_tags(tmp_path):
    path = tmp_path / "a.tif"
    made.write_raster(path, numbers())
    with rasterio.open(path, "r+") as file:
        for layer, name in enumerate(("B4", "B3", "B2", "B8"), 1):
            file.update_tags(layer, BANDNAME=name)
    assert GeoTiffAcquisition(path).bands == ("B04", "B03", "B02", "B08")


def test_a_layer_that_is_not_understood_needs_bands_to_be_said(tmp_path):
    made.write_places(tmp_path, dates=made.DATES[:2])
    for date in made.DATES[:2]:
        path = tmp_path / "place0" / f"{date}.tif"
        made.write_tiff(path, made.ground(), ("B02", "QA60", "ndvi", "B08"))
    (place,), bands, notes, _ = find_places(tmp_path, ("B08", "B02"))
    assert bands == ("B08", "B02") and len(place.acquisitions) == 2
    assert "QA60 (2)" in notes[0] and "ndvi (2)" in notes[0]
    with pytest.raises(Exception, match="--bands must say .* Received: ndvi"):
        find_places(tmp_path)


@pytest.mark.parametrize(
    "dtype, scale, offset, message",
    [
        (np.uint8, 1, 0, "pixels of 8 bits must have a scale tag"),
        (np.uint16, 1, -1000, "its scale tags must be above 0 and below 1"),
        (np.uint16, 1, -0.1, "its scale tags"),
        (np.uint16, -1e-4, 0, "its scale tags"),
        (np.uint16, np.nan, 0, "its scale tags"),
        (np.uint16, 1e-4, -1000, "its offset tags from -1 to 1"),
        (np.float32, 1e-4, 0, "without scale and offset tags"),
        (np.complex64, 1, 0, "pixels must be numbers"),
    ],
)
def test_numbers_that_cannot_be_reflectance_are_refused(
    tmp_path, dtype, scale, offset, message
):
    path = tmp_path / "a.tif"
    made.write_raster(path, numbers(np.uint16).astype(dtype), made.RGBN)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (scale,) * 4, (offset,) * 4
    with pytest.raises(UnusableScene, match=message):
        GeoTiffAcquisition(path)


def test_eight_bits_with_a_scale_are_read_by_it(tmp_path):
    path = tmp_path / "a.tif"
    made.write_raster(path, np.rint(made.ground() * 255).astype(np.uint8), made.RGBN)
    with rasterio.open(path, "r+") as file:
        file.scales = (1 / 255,) * 4
    assert read(path)[0][..., 0] == pytest.approx(made.ground()[..., 2], abs=2e-3)


@pytest.mark.parametrize("is_beside", [True, False])
def test_the_files_own_mask_counts(tmp_path, is_beside):
    path = tmp_path / "a.tif"
    made.write_raster(path, numbers(), made.RGBN)
    mask = np.full((64, 48), 255, np.uint8)
    mask[:9] = 0
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=not is_beside):
        with rasterio.open(path, "r+") as file:
            file.write_mask(mask)
    assert (tmp_path / "a.tif.msk").is_file() == is_beside
    _, missing = read(path)
    assert missing[:9].all() and not missing[9:].any()


def test_tags_beside_a_file_count(tmp_path):
    beside = tmp_path / "beside.tif"
    made.write_raster(beside, numbers(), made.RGBN)
    value = int(numbers()[0, 0, 2])
    (tmp_path / "beside.tif.aux.xml").write_text(
        "<PAMDataset>"
        f"<PAMRasterBand band='3'><NoDataValue>{value}</NoDataValue></PAMRasterBand>"
        "</PAMDataset>"
    )
    _, missing = read(beside)
    assert (missing == (numbers()[..., 2] == value)).all()
    assert tmp_path / "beside.tif.aux.xml" in GeoTiffAcquisition(beside).files


@pytest.fixture
def address():
    """`(address, what was asked of it)`."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/scene", asked
    server.shutdown()
    server.server_close()


def vrt(source):
    return (
        "<VRTDataset rasterXSize='48' rasterYSize='64'><VRTRasterBand "
        f"dataType='UInt16' band='1'><SimpleSource><SourceFilename>/vsicurl/{source}"
        "</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )


def wms(source):
    return f"<GDAL_WMS><Service name='TMS'><ServerUrl>{source}</ServerUrl></Service>"


@pytest.mark.parametrize("text", [vrt, wms])
@pytest.mark.parametrize("name", ["a.tif", "a.clouds.tif", "b.tif.ovr", "b.tif.msk"])
def test_no_other_format_is_opened_and_no_address_asked(tmp_path, address, text, name):
    source, asked = address
    path = tmp_path / name[0]
    path = path.with_suffix(".tif")
    if name != "a.tif":
        made.write_raster(path, numbers(), made.RGBN)
    (tmp_path / name).write_text(text(source))
    masks = [tmp_path / name] if "clouds" in name else []
    with pytest.raises(UnusableScene, match="cannot be read|must be TIFF"):
        with GeoTiffAcquisition(path, masks).opened(("B04",)) as reader:
            reader(WHOLE)
    assert not asked


def test_overviews_in_other_files_are_refused(tmp_path, address):
    source, asked = address
    path = tmp_path / "a.tif"
    made.write_raster(path, numbers(), made.RGBN)
    (tmp_path / "a.tif.aux.xml").write_text(
        "<PAMDataset><Metadata domain='OVERVIEWS'><MDI key='OVERVIEW_FILE'>"
        f"/vsicurl/{source}</MDI></Metadata></PAMDataset>"
    )
    with pytest.raises(UnusableScene, match="its overviews must be its own"):
        open_raster(path)
    assert not asked


@pytest.mark.parametrize("name", ["a.tif", "a.tif.aux.xml", "a.tif.msk"])
def test_pipes_and_folders_are_not_opened(tmp_path, name):
    made.write_raster(tmp_path / "b.tif", numbers(), made.RGBN)
    if name != "a.tif":
        (tmp_path / "b.tif").rename(tmp_path / "a.tif")
    os.mkfifo(tmp_path / name)
    with pytest.raises(UnusableScene, match="no regular file"):
        open_raster(tmp_path / "a.tif")


def test_names_with_what_addresses_have_are_names(tmp_path):
    path = tmp_path / "zip:a [1]#b?c!d %20.tif"
    made.write_raster(path, numbers(), made.RGBN)
    with open_raster(path) as file:
        assert file.count == 4


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_declared_sizes_are_bounded(tmp_path, monkeypatch):
    path = tmp_path / "a.tif"
    size = {"width": 60_000, "height": 60_000, "count": 1, "dtype": "uint16"}
    sparse = {"SPARSE_OK": True, "tiled": True, "blockxsize": 512, "blockysize": 512}
    with rasterio.open(path, "w", driver="GTiff", **size, **sparse):
        pass
    with pytest.raises(UnusableScene, match="at most 2,147,483,648 pixels"):
        open_raster(path)
    made.write_raster(path, numbers(), made.RGBN, compress="deflate")
    monkeypatch.setattr(raster_files, "LARGEST_BLOCK_BYTES", 1000)
    with pytest.raises(UnusableScene, match="its blocks must be of at most 1,000"):
        open_raster(path)
