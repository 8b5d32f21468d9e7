"""EuroSAT (section 5.4): 27,000 labelled Sentinel-2 images, in a run's bands.

Two editions: 13 bands as digital numbers, in the order of the files (B8A is the
last), and red, green and blue as JPEG, whose bytes 1 to 255 stand for digital
numbers 0 to 2750. Both are brought to the reflectance bytes of `sentinel2.bands`.
EuroSAT is of the top of the atmosphere (L1C).
"""

import pathlib

import numpy as np
from PIL import Image

from tfmi.errors import DataError
from tfmi.errors import first_line
from tfmi.pipelines.sentinel2.bands import QUANTIFICATION
from tfmi.pipelines.sentinel2.bands import RGB
from tfmi.pipelines.sentinel2.bands import UnusableScene
from tfmi.pipelines.sentinel2.bands import name_bands
from tfmi.pipelines.sentinel2.bands import plain_text
from tfmi.pipelines.sentinel2.bands import require_numbers
from tfmi.pipelines.sentinel2.bands import to_bytes
from tfmi.pipelines.sentinel2.bands import to_reflectance
from tfmi.pipelines.sentinel2.folders import SIDECARS
from tfmi.pipelines.sentinel2.folders import require_regular

CLASSES = tuple(
    "AnnualCrop Forest HerbaceousVegetation Highway Industrial Pasture "
    "PermanentCrop Residential River SeaLake".split()
)
FILE_BANDS = tuple("B01 B02 B03 B04 B05 B06 B07 B08 B09 B10 B11 B12 B8A".split())
BANDS = {"rgb": RGB, "all": FILE_BANDS}
RGB_SUFFIXES, ALL_SUFFIXES = (".jpg", ".jpeg", ".png"), (".tif", ".tiff")
SIDE = 64
# Reflectance of byte 255 of the JPEG edition.
RGB_LARGEST = 2750 / QUANTIFICATION
BATCH = 256


class EuroSat:
    """EuroSAT's images in given bands, in the order in which they lie.

    Args:
        bands: names, of which the edition must have all.
        data_dir: folder with a subfolder of images a class; by default the edition
            that has the bands, prepared by tensorflow-datasets.

    Attributes:
        source: one line for people, with how the bands were matched.
        unreadable: a line for each file left out; while reading there come more.

    Raises:
        DataError: where there are no images or a band is lacking.
    """

    def __init__(self, bands, data_dir=None):
        self.bands = tuple(bands)
        self.unreadable = []
        if data_dir is None:
            self._edition = "rgb" if set(bands) <= set(RGB) else "all"
            self._builder = _prepared(self._edition)
            where = f"tensorflow-datasets eurosat/{self._edition}"
        else:
            self._files, self.unreadable = _files(pathlib.Path(data_dir))
            path, _ = self._files[0]
            self._edition = "all" if path.suffix.lower() in ALL_SUFFIXES else "rgb"
            self._builder, where = None, str(data_dir)
        held = BANDS[self._edition]
        lacking = [band for band in self.bands if band not in held]
        if lacking:
            raise DataError(
                f"EuroSAT must have the run's bands {','.join(self.bands)}. Received: "
                f"no {','.join(lacking)} in the edition of {','.join(held)}"
            )
        self._layers = [held.index(band) for band in self.bands]
        scale = "bytes of 0 to 2750" if self._edition == "rgb" else "digital numbers"
        self.source = (
            f"EuroSAT {self._edition}, {where}; {scale} of L1C, bands "
            f"{','.join(self.bands)} matched by name"
        )

    def batches(self):
        """Yield `(images, labels)`: uint8 `(n, 64, 64, bands)`, int `(n,)`."""
        examples = self._from_files() if self._builder is None else self._from_tfds()
        images, labels = [], []
        for pixels, label in examples:
            images.append(self._bytes(pixels))
            labels.append(label)
            if len(images) == BATCH:
                yield np.stack(images), np.array(labels)
                images, labels = [], []
        if images:
            yield np.stack(images), np.array(labels)

    def _bytes(self, pixels):
        pixels = pixels[..., self._layers]
        if self._edition == "rgb":
            return to_bytes((pixels.astype(np.float32) - 1) / 254 * RGB_LARGEST)
        if np.issubdtype(pixels.dtype, np.integer):
            pixels = pixels.astype(np.int64)
        return to_bytes(to_reflectance(pixels)[0])

    def _from_files(self):
        read = _read_rgb if self._edition == "rgb" else _read_tiff
        for path, label in self._files:
            try:
                pixels = read(path)
            except Exception as error:  # the decoders raise errors of many kinds
                self.unreadable.append(f"{path}: {first_line(error)}")
                continue
            yield pixels, label

    def _from_tfds(self):
        names = list(self._builder.info.features["label"].names)
        codes = np.array([CLASSES.index(name) for name in names])
        image = "image" if self._edition == "rgb" else "sentinel2"
        data = self._builder.as_dataset(split="train", shuffle_files=False)
        for example in data.as_numpy_iterator():
            pixels = example[image]
            # Digital numbers come as floats.
            if np.issubdtype(pixels.dtype, np.floating):
                pixels = pixels.astype(np.int64)
            yield pixels, codes[example["label"]]


def _files(folder):
    """`[(path, label), ...]` of the images of one edition, and a line for each file
    that is no image. Names that begin with a dot are passed over."""
    images, others = [], []
    for label, name in enumerate(CLASSES):
        for path in sorted((folder / name).glob("[!.]*")):
            if path.suffix.lower() in (*RGB_SUFFIXES, *ALL_SUFFIXES):
                images.append((path, label))
            elif not path.name.lower().endswith(SIDECARS):
                others.append(f"{path}: it is no JPEG, PNG or TIFF")
    if len({label for _, label in images}) < len(CLASSES):
        raise DataError(
            f"--data-dir must hold folders of images {', '.join(CLASSES)}. "
            f"Received: {len({label for _, label in images})} of them in {folder}"
        )
    kinds = {path.suffix.lower() in ALL_SUFFIXES for path, _ in images}
    if len(kinds) > 1:
        raise DataError(
            f"--data-dir must hold JPEG or TIFF images. Received: both in {folder}"
        )
    return images, others


def _prepared(edition):
    import tensorflow_datasets as tfds

    builder = tfds.builder(f"eurosat/{edition}")
    if not builder.data_path.exists():
        raise DataError(
            f"eurosat/{edition} must be prepared in tensorflow-datasets, or --data-dir "
            f"name EuroSAT's folders. Received: none in {builder.data_path}"
        )
    return builder


def _read_rgb(path):
    require_regular(path)
    with Image.open(path, formats=("JPEG", "PNG")) as image:
        _require_size((image.height, image.width, len(image.getbands())), RGB)
        return np.asarray(image.convert("RGB"))


def _read_tiff(path):
    """Digital numbers or reflectance in the order of `FILE_BANDS`."""
    from tfmi.pipelines.sentinel2.raster_files import open_raster

    with open_raster(path) as file:
        _require_size((file.height, file.width, file.count), FILE_BANDS)
        names = [plain_text(text) for text in file.descriptions]
        bands = name_bands(names) if any(names) else FILE_BANDS
        if set(bands) != set(FILE_BANDS):
            raise UnusableScene(f"its layers are called {', '.join(names)}")
        require_numbers(file.dtypes[0])
        pixels = np.moveaxis(file.read(), 0, -1)
    return pixels[..., [bands.index(band) for band in FILE_BANDS]]


def _require_size(shape, bands):
    if shape != (SIDE, SIDE, len(bands)):
        raise UnusableScene(f"its shape is {shape}")
