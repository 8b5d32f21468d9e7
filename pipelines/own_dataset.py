"""A user's own `tf.data.Dataset` as a `PairDataset`."""

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.lazy import LazyModule
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.pipelines.base import PairDataset

tf = LazyModule("tensorflow")
SHUFFLED = 10_000
KINDS = ("shared", "exclusive")


class OwnDataset(PairDataset):
    """Pairs and labelled images that were made in Python.

    Args:
        pairs: a `tf.data.Dataset` of `(x, y)` or `{"x", "y"}`, uint8 images
            `(height, width, channels)`, one pair an element or batches of them,
            the same pairs in the same order at each pass. Each epoch shuffles
            them anew, among 10,000 at a time.
        labelled: `{"train": ..., "test": ...}`, datasets of `(image, {factor:
            label})` (or batches of them), to fit probes on and to score; a label
            is an index into the factor's values, negative where an image does
            not count. "validation" may hold images that neither has. With factors
            of two domains: `{"x": {"train": ...}, "y": ...}`. None are needed to
            train.
        factors: `{"shared": {factor: values}, "exclusive": {factor: values}}`,
            values being names or their number; or one such a domain, `{"x": ...,
            "y": ...}`, for images of two kinds.
        name: of the dataset.
        source: a line that says where the images come from.
        enlarge: whether a picture smaller than the images grows to fill them,
            where files are read by what was trained on them.

    Raises:
        UsageError: for datasets of other elements, and for factors without
            labelled images.
    """

    def __init__(
        self,
        pairs,
        labelled=None,
        factors=None,
        *,
        name="own",
        source="a tf.data.Dataset",
        enlarge=True,
    ):
        self.name, self.source, self.enlarge = name, source, enlarge
        self._pairs = _single_pairs(pairs)
        self.image_shape = _image_shape(self._pairs.element_spec)
        self._count = _count(self._pairs)
        factors = factors or {}
        several = set(factors) <= {"x", "y"} and bool(factors)
        by_domain = factors if several else {"x": factors}
        self._labelled = (labelled or {}) if several else {"x": labelled or {}}
        self.domains = tuple(
            _domain(domain, kinds, name) for domain, kinds in by_domain.items()
        )
        self._check_labelled()
        labelled = [self._labelled.get(domain.name, {}) for domain in self.domains]
        if all("validation" in parts for parts in labelled):
            self.splits = (*self.splits, "validation")

    def num_images(self, split):
        if split == "train":
            return self._count
        splits = self._labelled.get(self.domains[0].name, {})
        return _count(_single(splits[split])) if split in splits else self._count

    def pairs(self, batch_size, seed, first_step, steps, split="train"):
        if split != "train":
            raise UsageError(f"pairs must be of the split train. Received: {split}")
        shuffled = self._pairs.shuffle(min(SHUFFLED, self._count), seed=seed)
        # Each repetition shuffles anew, as the seed says: what a resumed run has
        # used already is drawn once more, and passed over.
        batches = shuffled.batch(batch_size, drop_remainder=True).repeat()
        return batches.skip(first_step).take(steps)

    def labelled(self, domain, split, batch_size, seed=0):
        splits = self._labelled.get(domain, {})
        if split in splits:
            return _single(splits[split]).batch(batch_size)
        # Without labels nothing can be scored, but vectors can be looked at and
        # exports verified.
        return self._pairs.map(lambda pair: (pair[domain], {})).batch(batch_size)

    def _check_labelled(self):
        for domain in self.domains:
            splits = self._labelled.get(domain.name, {})
            missing = [split for split in ("train", "test") if split not in splits]
            if domain.factors and missing:
                raise UsageError(
                    f"labelled must hold images of the splits train and test for "
                    f"{domain.name}, which has factors. "
                    f"Received: none for {', '.join(missing)}"
                )
            for split, images in splits.items():
                _check_labels(_single(images).element_spec, domain, split)


def _single_pairs(pairs):
    """The pairs as dicts, one an element."""
    spec = getattr(pairs, "element_spec", None)
    if isinstance(spec, tuple) and len(spec) == 2:
        pairs = pairs.map(lambda x, y: {"x": x, "y": y})
    elif not (isinstance(spec, dict) and {"x", "y"} <= set(spec)):
        raise UsageError(
            'pairs must be a tf.data.Dataset of (x, y) or {"x", "y"}. '
            f"Received: {type(pairs).__name__} of {spec}"
        )
    else:
        pairs = pairs.map(lambda pair: {"x": pair["x"], "y": pair["y"]})
    return _single(pairs)


def _single(images):
    """The dataset with one element an image, where it has batches of them."""
    first = tf.nest.flatten(images.element_spec)[0]
    return images.unbatch() if first.shape.rank == 4 else images


def _image_shape(spec):
    shapes = {tuple(spec[side].shape) for side in ("x", "y")}
    dtypes = {spec[side].dtype for side in ("x", "y")}
    (shape, *others) = shapes
    whole = not others and len(shape) == 3 and None not in shape
    if not whole or dtypes != {tf.uint8}:
        received = ", ".join(f"{spec[s].dtype.name} {spec[s].shape}" for s in "xy")
        raise UsageError(
            "images of pairs must be uint8 of one size (height, width, channels). "
            f"Received: {received}"
        )
    return shape


def _count(images):
    """Number of elements, read once where the dataset does not say it."""
    count = int(images.cardinality().numpy())
    if count == tf.data.INFINITE_CARDINALITY:
        raise UsageError("a dataset must end. Received: one that repeats for ever")
    if count < 0:
        count = int(images.reduce(0, lambda total, _: total + 1).numpy())
    if not count:
        raise DataError("a dataset must hold images. Received: none")
    return count


def _domain(domain, kinds, title):
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown:
        raise UsageError(
            f"factors must be shared or exclusive. Received: {', '.join(unknown)}"
        )
    shared, exclusive = (
        tuple(Factor(n, _values(v)) for n, v in kinds.get(kind, {}).items())
        for kind in KINDS
    )
    return Domain(domain, f"{title}, images {domain}", shared, exclusive)


def _values(values):
    names = range(values) if isinstance(values, int) else values
    return tuple(str(name) for name in names)


def _check_labels(spec, domain, split):
    pair = isinstance(spec, tuple) and len(spec) == 2 and isinstance(spec[1], dict)
    labels = set(spec[1]) if pair else set()
    missing = [f.name for f in domain.factors if f.name not in labels]
    if not pair or missing:
        raise UsageError(
            "labelled datasets must be of (image, {factor: label}) with every factor "
            f"of {domain.name}. Received: {', '.join(sorted(labels)) or spec} in "
            f"{split}"
        )
