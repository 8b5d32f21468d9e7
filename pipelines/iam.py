"""IAM (section 5.1): pairs of words that the same person wrote."""

from typing import Annotated

from tfmi.errors import UsageError
from tfmi.pipelines import iam_subset as subset
from tfmi.pipelines.group_choice import UnseenGroups
from tfmi.pipelines.groups import grouped_pairs
from tfmi.pipelines.options import folder
from tfmi.pipelines.options import option
from tfmi.pipelines.rows import prepared_by_tfds
from tfmi.pipelines.splits import SplitSeed
from tfmi.pipelines.splits import TestFraction
from tfmi.pipelines.validation import ValidationFraction

NEEDS = (
    "--data-dir DIR with words/ and ascii/ or their .tgz, the same in the manual "
    "folder of tensorflow-datasets, or a synthetic stand-in"
)


def open_dataset(
    data_dir: Annotated[str, folder("Folder with IAM's files.")] = None,
    writers: Annotated[
        int, option("Number of writers, those with the most words.", at_least=1)
    ] = subset.WRITERS,
    images: Annotated[
        int, option("Number of images to use. 0 uses all.", at_least=0)
    ] = subset.IMAGES,
    split_by: Annotated[
        str,
        option(
            "What is not torn by the split: image, or form (a writer's test words are "
            "of other forms than the training words).",
            choices=("image", "form"),
        ),
    ] = "image",
    unseen_groups: UnseenGroups = 0.0,
    test_fraction: TestFraction = 0.2,
    validation_fraction: ValidationFraction = 0.0,
    split_seed: SplitSeed = 0,
    split_file=None,
):
    """IAM words (registration needed), from the files that IAM gives out.

    Section 5.1 takes 6,711 images of the 50 writers with the most words and
    does not say which; these writers have several times as many. Here: words
    with a letter or a digit whose segmentation is "ok"; of each writer as
    nearly the same number as there is, drawn with a fixed seed.

    Args:
        data_dir: folder with `words/` and `ascii/`, or words.tgz and ascii.tgz;
            by default the dataset that tensorflow-datasets prepared, or prepares
            now, once, from such files in its manual folder (`iam_tfds`).
        writers: number of writers, those with the most words.
        images: number of images, 0 for all of these writers.
        split_by: "image", as the paper seems to, or "form": ink, pen and scan of a
            form then tell nothing of the writer's words in the other split.
        unseen_groups: writers in neither split, but in one of their own, "unseen".
        test_fraction, validation_fraction, split_seed, split_file: as of
            `pairs.open_dataset`.

    Raises:
        DataError: where there is no usable data.
        UsageError: where neither is there, or for numbers below 1.
    """
    if writers < 1 or images < 0:
        raise UsageError(
            "--writers must be >= 1 and --images >= 0. "
            f"Received: {writers} and {images}"
        )
    if data_dir is None:
        from tfmi.pipelines import iam_tfds

        where = "tensorflow-datasets"
        words, rows, synthetic = iam_tfds.open_prepared(writers, images)
    else:
        where = data_dir
        words, synthetic = subset.choose_images(data_dir, writers, images)
        rows = words.decode(subset.SHAPE, enlarge=False)
    title = "SYNTHETIC stand-in for IAM" if synthetic else "IAM words"
    shared, exclusive = subset.FACTORS
    dataset = grouped_pairs(
        "iam",
        title,
        f"{title} in {where}",
        words,
        rows,
        subset.SHAPE,
        [shared],
        [exclusive],
        parts=subset.forms(words.names) if split_by == "form" else None,
        at_most={"word": subset.WORD_CLASSES},
        unseen_groups=unseen_groups,
        test_fraction=test_fraction,
        validation_fraction=validation_fraction,
        split_seed=split_seed,
        split_file=split_file,
    )
    dataset.enlarge = False
    return dataset


def available():
    """One line on the data that can be had right now, or `None`: the files come
    by registration alone."""
    return prepared_by_tfds("iam")
