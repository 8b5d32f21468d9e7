"""Images that a run keeps, so that exports and reports need no more of its data."""

import dataclasses
import json
import zipfile

import numpy as np

from tfmi.files import foreign
from tfmi.files import largest_content
from tfmi.files import open_plain
from tfmi.files import replacing
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor

# The first images of each split: to verify exports and to calibrate int8.
FIRST = 256
# Test images at equal distances: what a report shows.
SHOWN = 1000
BATCH = 250
# Of one array: of large images there are fewer.
MOST_BYTES = 32 * 2**20
SPLITS = ("train", "test")
KINDS = ("shared_factors", "exclusive_factors", "retrieved_factors")


@dataclasses.dataclass(frozen=True)
class Shown:
    """Test images of one domain.

    Attributes:
        domain: the `Domain`.
        images: uint8 `(n, height, width, channels)`.
        labels: `{factor: int (n,)}`, negative where an image does not count.
    """

    domain: Domain
    images: np.ndarray
    labels: dict


@dataclasses.dataclass(frozen=True)
class Samples:
    """Images of a dataset.

    Attributes:
        first: `{(domain, split): images}`, the first ones of each split.
        shown: a `Shown` for each domain.
        num_images: `{split: images of a domain}`.
    """

    first: dict
    shown: tuple
    num_images: dict


def collect(dataset):
    """The `Samples` of a `PairDataset`; each test split is read once."""
    count = {
        name: max(1, min(limit, MOST_BYTES // int(np.prod(dataset.image_shape))))
        for name, limit in (("first", FIRST), ("shown", SHOWN))
    }
    first = {
        (domain.name, split): _first(dataset, domain.name, split, count["first"])
        for domain in dataset.domains
        for split in SPLITS
    }
    shown = tuple(_shown(dataset, d, count["shown"]) for d in dataset.domains)
    return Samples(first, shown, {s: dataset.num_images(s) for s in SPLITS})


def save(path, samples):
    """Write the samples as an `.npz` file, whole or not at all."""
    about = {
        "domains": [_described(shown.domain) for shown in samples.shown],
        "num_images": samples.num_images,
    }
    arrays = {"about": np.array(json.dumps(about))}
    for (domain, split), images in samples.first.items():
        arrays[f"first/{domain}/{split}"] = images
    for shown in samples.shown:
        arrays[f"shown/{shown.domain.name}"] = shown.images
        for factor, labels in shown.labels.items():
            arrays[f"labels/{shown.domain.name}/{factor}"] = labels
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def load(path):
    """The samples of a file.

    Raises:
        DataError: where it is not whole, or holds something else.
    """
    with foreign("the run's samples must be a whole .npz file", path):
        arrays = read_arrays(path)
        about = json.loads(str(arrays["about"]))
        shown = tuple(_loaded(arrays, entry) for entry in about["domains"])
        first = {
            tuple(name.split("/")[1:]): _images(images)
            for name, images in arrays.items()
            if name.startswith("first/")
        }
        num_images = {split: int(about["num_images"][split]) for split in SPLITS}
        return Samples(first, shown, num_images)


def read_arrays(path):
    """`{name: array}` of an .npz file that does not unpack to too much."""
    with open_plain(path) as file:
        with zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > largest_content(path):
            raise ValueError(f"{size:,} bytes")
        with np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)


def _images(array):
    if array.dtype != np.uint8 or array.ndim != 4:
        raise ValueError(f"images of {array.dtype} {array.shape}")
    return array


def _first(dataset, domain, split, count):
    for images, _ in dataset.labelled(domain, split, count):
        return np.asarray(images)
    return np.zeros((0, *dataset.image_shape), np.uint8)


def _shown(dataset, domain, count):
    """Images at equal distances in the test split, so that one that is ordered by a
    factor gives images of each of its values."""
    total = dataset.num_images("test")
    wanted = np.unique(np.linspace(0, max(total - 1, 0), min(count, total)).astype(int))
    images, labels, seen = [], [], 0
    for batch, values in dataset.labelled(domain.name, "test", BATCH):
        batch = np.asarray(batch)
        inside = wanted[(wanted >= seen) & (wanted < seen + len(batch))] - seen
        images.append(batch[inside])
        labels.append({n: np.asarray(v)[inside] for n, v in values.items()})
        seen += len(batch)
    if not seen:
        return Shown(domain, np.zeros((0, *dataset.image_shape), np.uint8), {})
    joined = {name: np.concatenate([p[name] for p in labels]) for name in labels[0]}
    return Shown(domain, np.concatenate(images), joined)


def _described(domain):
    factors = {k: [[f.name, f.values] for f in getattr(domain, k)] for k in KINDS}
    return {"name": domain.name, "title": domain.title, **factors}


def _loaded(arrays, entry):
    factors = {
        kind: tuple(Factor(name, tuple(values)) for name, values in entry[kind])
        for kind in KINDS
    }
    domain = Domain(entry["name"], entry["title"], **factors)
    prefix = f"labels/{domain.name}/"
    labels = {
        name.removeprefix(prefix): values
        for name, values in arrays.items()
        if name.startswith(prefix)
    }
    images = _images(arrays[f"shown/{domain.name}"])
    if any(
        v.shape != (len(images),) or v.dtype.kind not in "iu" for v in labels.values()
    ):
        raise ValueError(f"labels of {domain.name}")
    return Shown(domain, images, labels)
