"""3D Shapes (section 5.1): pairs of one geometry in different hues."""

import pathlib
from typing import Annotated

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import replacing
from tfmi.pipelines import options
from tfmi.pipelines import shapes3d_files as files
from tfmi.pipelines import shapes3d_scene as scene
from tfmi.pipelines import splits
from tfmi.pipelines import validation
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.pipelines.image_pairs import ImagePairs
from tfmi.pipelines.options import option
from tfmi.pipelines.pairing import GroupPairing
from tfmi.pipelines.rows import cache_folder
from tfmi.pipelines.rows import write_rows

NEEDS = "--data-dir DIR with 3dshapes.h5, --render N, or tensorflow-datasets"

FILE = "3dshapes.h5"
SHARED = ("scale", "shape", "orientation")
TEST_FRACTION, MAX_TEST_IMAGES = 0.2, 20_000
FACTORS = {
    name: Factor(
        name,
        scene.SHAPE_NAMES
        if name == "shape"
        else tuple(f"{value:.3g}" for value in values),
    )
    for name, values in files.VALUES.items()
}
DOMAIN = Domain(
    "x",
    "3D Shapes",
    shared_factors=tuple(FACTORS[name] for name in SHARED),
    exclusive_factors=tuple(f for n, f in FACTORS.items() if n not in SHARED),
)
LEAST = 2 * files.GEOMETRIES


def open_dataset(
    data_dir: Annotated[str, options.path("3dshapes.h5, or its folder.")] = None,
    render: Annotated[
        int, option("Number of images to render in place of the real ones.")
    ] = None,
    validation_fraction: validation.ValidationFraction = 0.0,
    split_seed: splits.SplitSeed = 0,
):
    """3D Shapes from 3dshapes.h5, from tensorflow-datasets, or rendered.

    A fifth of the images of each geometry, 20,000 in all at most, are the
    test split.

    Args:
        data_dir: folder with 3dshapes.h5, or the file.
        render: number of images to render instead, from 960 to 480,000; once,
            into the cache folder.
        validation_fraction: of the training images, held out of them.
        split_seed: of the split.

    Raises:
        DataError: where there is no usable data.
        UsageError: for both, and for another number.
    """
    split = {"seed": split_seed, "held_out": validation_fraction}
    if data_dir is not None and render is not None:
        raise UsageError("give either --data-dir or --render. Received: both")
    if render is not None:
        if not LEAST <= render <= files.ALL_IMAGES:
            raise UsageError(
                f"--render must be from {LEAST} to {files.ALL_IMAGES}. "
                f"Received: {render}"
            )
        source = f"{render:,} images RENDERED by tfmi in 3D Shapes' grammar"
        return _dataset(*files.open_file(files.render(render)), source, split)
    if data_dir is not None:
        path = pathlib.Path(data_dir)
        path = path / FILE if path.is_dir() else path
        if not path.is_file():
            raise DataError(f"--data-dir must hold {FILE}. Received: {data_dir}")
        return _dataset(*files.open_file(path), str(path), split)
    return _dataset(*_read_tfds(), "tensorflow-datasets shapes3d", split)


def available():
    """One line on the data that can be had right now."""
    return "--render N (drawn by tfmi when asked for)"


def _dataset(rows, shape, labels, source, split):
    geometry = np.ravel_multi_index(labels[:, 3:].T, files.SIZES[3:])
    _, inverse, sizes = np.unique(geometry, return_inverse=True, return_counts=True)
    inside = np.flatnonzero(sizes[inverse] > 1)
    if not len(inside):
        raise DataError(
            "there must be two images of one geometry. "
            f"Received: none among {len(labels)}"
        )
    fraction = min(TEST_FRACTION, MAX_TEST_IMAGES / len(inside))
    in_test = splits.split_groups(geometry[inside], fraction, split["seed"])
    codes = validation.hold_out(
        in_test.astype(int), geometry[inside], split["held_out"], split["seed"]
    )
    members = {("x", s): inside[m] for s, m in validation.members_of(codes).items()}
    return ImagePairs(
        "shapes3d",
        source,
        rows,
        shape,
        (DOMAIN,),
        lambda split, seed: GroupPairing.within(geometry, members["x", split], seed),
        members,
        {"x": {name: labels[:, k] for k, name in enumerate(files.VALUES)}},
        notes=_notes(len(labels) - len(inside), in_test, fraction),
    )


def _notes(alone, in_test, fraction):
    notes = [f"left out: {alone} images alone in their geometry"] if alone else []
    return (*notes, *splits.far_note(in_test, fraction, "images", splits.GROUPS_REASON))


def _read_tfds():
    """As `open_file`, of the prepared dataset; streamed into the cache once."""
    import tensorflow_datasets as tfds

    builder = tfds.builder("shapes3d")
    if not builder.data_path.exists():
        raise DataError(
            f"shapes3d is not prepared in tensorflow-datasets; give --data-dir with "
            f"{FILE}, or --render N. Received: none in {builder.data_path}"
        )
    names = [f"label_{name}" for name in files.VALUES]
    data = builder.as_dataset("train", shuffle_files=False).batch(512)
    labels = []

    def batches():
        for batch in tfds.as_numpy(data):
            labels.append(np.stack([batch[name] for name in names], axis=1))
            yield batch["image"]

    count = builder.info.splits["train"].num_examples
    shape = builder.info.features["image"].shape
    target = cache_folder() / f"3dshapes-tfds-{builder.info.version}.rows"
    labels_file = target.with_suffix(".npy")
    if not labels_file.is_file():
        target.unlink(missing_ok=True)
    rows = write_rows(target, batches(), count, shape)
    if labels:
        with replacing(labels_file) as temporary, open(temporary, "wb") as file:
            np.save(file, np.concatenate(labels))
    return rows, shape, np.load(labels_file)
