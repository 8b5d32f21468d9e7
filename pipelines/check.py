"""What a dataset holds, in lines for people, and whether all of it is usable."""

import numpy as np

from tfmi.errors import DataError

BATCH = 256


def describe(dataset):
    """Yield lines: the images, and how even the labels of each factor are.

    Args:
        dataset: a `PairDataset`; every image is read.
    """
    height, width, channels = dataset.image_shape
    yield f"images  {height} x {width} x {channels}"
    for domain in dataset.domains:
        for split in ("train", "test"):
            labels, count, levels = _read(dataset, domain, split)
            yield (
                f"{domain.name} {split:<6}{count:>8,} images, grey level "
                f"{levels[0]:.1f} +- {levels[1]:.1f}"
            )
            for factor in domain.factors:
                yield _balance(factor, labels[factor.name])


def require_usable(dataset, recipe):
    """Raise a DataError where a file could not be used, the training images do
    not fill a batch, or nothing can be scored."""
    if dataset.unusable:
        raise DataError(
            "all files must be usable. "
            f"Received: {len(dataset.unusable)} that are not, named above"
        )
    if dataset.num_images("train") < recipe.batch_size:
        raise DataError(
            f"there must be a batch of {recipe.batch_size} training images. "
            f"Received: {dataset.num_images('train')}"
        )
    if not any(domain.factors for domain in dataset.domains):
        raise DataError("there must be a factor to score. Received: none")


def _read(dataset, domain, split):
    labels, count, total, squares = {f.name: [] for f in domain.factors}, 0, 0.0, 0.0
    for images, batch in dataset.labelled(domain.name, split, BATCH):
        for name in labels:
            labels[name].append(batch[name].numpy())
        means = np.asarray(images).reshape(len(images), -1).mean(axis=1)
        count, total = count + len(images), total + means.sum()
        squares += (means**2).sum()
    joined = {name: np.concatenate(values) for name, values in labels.items()}
    mean = total / max(count, 1)
    return joined, count, (mean, max(squares / max(count, 1) - mean**2, 0) ** 0.5)


def _balance(factor, labels):
    counts = np.bincount(labels[labels >= 0], minlength=len(factor.values))
    rare, often = counts.argmin(), counts.argmax()
    return (
        f"  {factor.name:<18}{len(factor.values):>4} values, {counts[rare]:,} images "
        f"({factor.values[rare]}) to {counts[often]:,} ({factor.values[often]}), "
        f"{(labels < 0).sum():,} not scored"
    )
