"""Section 5.4: how well a classifier on a representation names EuroSAT's classes."""

import numpy as np
from sklearn.model_selection import train_test_split

from tfmi import pipelines
from tfmi.errors import DataError
from tfmi.evaluation.measure import probes
from tfmi.evaluation.scored_split import TEST
from tfmi.evaluation.scored_split import VALIDATION

PAPER = {
    "Paper, S": 0.9311,
    "Paper, VAE [17]": 0.8764,
    "Paper, VAE-GAN [26]": 0.9238,
}
TEST_FRACTION = 0.2
# Cells a side that raw pixels are averaged over: what a probe can be fitted on.
CELLS = 8


def score(
    represents,
    batches,
    protocols=("paper", "strong"),
    seed=0,
    limit=None,
    scored=TEST,
):
    """Fit and score probes on a stratified four fifths and fifth of the images, or,
    for choosing, on a tenth held out of the four fifths.

    Args:
        represents: `{row: represent}`, functions from raw images to vectors.
        batches: iterable of `(images, labels)`, read once.
        protocols: names in `probes.PROTOCOLS`.
        seed: of the split and the probes.
        limit: of training images, for labels that are scarce; `None` takes all.
        scored: `scored_split.TEST` or `VALIDATION`.

    Returns:
        `{"train", "test", "classes", "rows": [{"row", "size", "accuracy":
        {protocol: fraction}}]}`: those of the representations, raw pixels, and the most
        frequent class.

    Raises:
        DataError: where there are too few images.
    """
    vectors, labels = _vectors({**represents, "Raw pixels": cell_means}, batches)
    train, test = _split(labels, seed, limit, scored)
    rows = []
    for name, codes in vectors.items():
        parts = codes[train], labels[train], codes[test], labels[test]
        accuracy = {
            protocol: probes.probe_accuracy(
                probes.PROTOCOLS[protocol], *parts, seed=seed
            )["accuracy"]
            for protocol in protocols
        }
        rows.append({"row": name, "size": codes.shape[1], "accuracy": accuracy})
    majority = probes.majority_level(labels[train], labels[test])["accuracy"]
    rows.append(
        {
            "row": "Majority class",
            "size": 0,
            "accuracy": dict.fromkeys(protocols, majority),
        }
    )
    classes = len(np.unique(labels))
    return {"train": len(train), "test": len(test), "classes": classes, "rows": rows}


def in_windows(represent, side):
    """A function for images of several windows: the mean of the windows' vectors.

    Args:
        represent: function from images `(n, side, side, channels)` to vectors.
        side: of a window, in pixels.

    Returns:
        A function from larger images; a rest at the right and below is left out.
    """

    def vectors(images):
        images = np.asarray(images)
        if images.shape[1] < side:
            raise DataError(
                f"the run's window must be at most {images.shape[1]} pixels. "
                f"Received: {side}"
            )
        count = images.shape[1] // side
        cells = images[:, : count * side, : count * side]
        cells = cells.reshape(len(images), count, side, count, side, -1).swapaxes(2, 3)
        codes = represent(cells.reshape(-1, side, side, images.shape[-1]))
        return codes.reshape(len(images), count * count, -1).mean(axis=1)

    return vectors


def cell_means(images):
    """Raw pixels `(n, 64, 64, channels)` as means over 8 by 8 cells."""
    images = np.asarray(images, np.float32)
    size, side = len(images), images.shape[1] // CELLS
    cells = images.reshape(size, CELLS, side, CELLS, side, -1)
    return cells.mean(axis=(2, 4)).reshape(size, -1)


def _vectors(represents, batches):
    parts, labels = {name: [] for name in represents}, []
    for images, batch in batches:
        labels.append(batch)
        for name, represent in represents.items():
            parts[name].append(np.asarray(represent(images), np.float32))
    if not labels:
        raise DataError("there must be readable images of EuroSAT. Received: none")
    vectors = {name: np.concatenate(batches) for name, batches in parts.items()}
    return vectors, np.concatenate(labels)


def _split(labels, seed, limit, scored):
    counts = np.bincount(labels)
    if counts[counts > 0].min() < 2:
        raise DataError(
            "each class must have 2 readable images at least. Received: a class with 1"
        )
    train = np.arange(len(labels))
    fractions = (TEST_FRACTION, *([pipelines.HELD_OUT] if scored == VALIDATION else []))
    for fraction in fractions:
        train, test = train_test_split(
            train, test_size=fraction, random_state=seed, stratify=labels[train]
        )
    if limit is not None and limit < len(train):
        train, _ = train_test_split(
            train, train_size=limit, random_state=seed, stratify=labels[train]
        )
    return train, test
