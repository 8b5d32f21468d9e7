"""The `PairDataset` of prepared windows (module `records`)."""

import functools

import numpy as np

from tfmi.errors import DataError
from tfmi.lazy import LazyModule
from tfmi.pipelines import saved_split
from tfmi.pipelines import splits
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.pipelines.base import PairDataset
from tfmi.pipelines.pairing import epoch_order
from tfmi.pipelines.sentinel2.records import Records
from tfmi.pipelines.sentinel2.records import read_about

tf = LazyModule("tensorflow")

# Spots of each split whose images are labelled for evaluation, drawn with seed 0.
LABELLED = 500
# Dates that are scored at most, the most frequent.
DATES = 100


class PreparedPairs(PairDataset):
    """Pairs of prepared windows; an epoch meets each spot once.

    Args:
        folder: of the prepared windows.
        split_file: a run's `split.json`, which must be that of these windows.

    Raises:
        DataError: where parts or records are missing, or the split is another.
    """

    name = "sentinel2"

    def __init__(self, folder, split_file=None):
        settings, parts, self.split = read_about(folder)
        if split_file and saved_split.read_split(split_file) != self.split:
            raise DataError(
                "prepared windows must be split as in training (the same places on "
                f"the same grids). Received: {folder} with others"
            )
        self.source = f"prepared Sentinel-2 windows of {folder}"
        self.image_shape = settings.shape
        self.channels = settings.bands
        self._records = {s: Records(folder, parts, s) for s in ("train", "test")}
        for split, records in self._records.items():
            if not len(records):
                raise DataError(
                    f"there must be spots for {split}. Received: none in {folder}"
                )
        spots = ", ".join(f"{len(r):,} {s}" for s, r in self._records.items())
        self.notes = (
            f"{len(parts)} parts, spots: {spots}, bands {','.join(settings.bands)}, "
            f"windows of {settings.window} pixels",
            f"scored: the images of at most {LABELLED} spots of each split",
        )

    @functools.cached_property
    def domains(self):
        domain, _ = self._labels
        return (domain,)

    def num_images(self, split):
        return len(self._records[split])

    def pairs(self, batch_size, seed, first_step, steps, split="train"):
        records = self._records[split]

        def make_batch(step):
            numbers = epoch_order(step, batch_size, len(records), seed)
            draws = tf.random.stateless_uniform(
                [batch_size, 2], seed=tf.stack([seed, step]), dtype=tf.float64
            )
            images = tf.numpy_function(
                records.two_dates,
                [numbers, draws],
                (tf.uint8, tf.uint8),
                stateful=False,
            )
            shape = (batch_size, *self.image_shape)
            x, y = (tf.ensure_shape(side, shape) for side in images)
            return {"x": x, "y": y}

        steps = tf.data.Dataset.range(first_step, first_step + steps)
        return steps.map(make_batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(8)

    def labelled(self, domain, split, batch_size, seed=0):
        records = self._records[split]
        numbers, positions, labels = self._labels[1][split]
        batches = tf.data.Dataset.from_tensor_slices((numbers, positions, labels))

        def gather(numbers, positions, labels):
            images = tf.numpy_function(
                records.dated, [numbers, positions], tf.uint8, stateful=False
            )
            return tf.ensure_shape(images, (None, *self.image_shape)), labels

        return batches.batch(batch_size).map(gather)

    @functools.cached_property
    def _labels(self):
        """The domain, and `{split: (records, positions of dates, labels)}`."""
        rows, spots = [], []
        for split, records in self._records.items():
            generator = np.random.default_rng([0, *split.encode()])
            count = min(LABELLED, len(records))
            for number in generator.choice(len(records), count, replace=False):
                record = records[number]
                row, column = int(record["row"]), int(record["column"])
                spots.append(f"{_text(record['place'])} {row},{column}")
                for position, date in enumerate(record["dates"]):
                    rows.append((split, number, position, len(spots) - 1, _text(date)))
        split, number, position, spot, date = (
            np.array(column) for column in zip(*rows, strict=True)
        )
        scored, date_labels, _ = splits.scored_factor(
            "date", date, split == "test", 100
        )
        domain = Domain(
            "x",
            "Sentinel-2 windows",
            (),
            (scored,) if scored else (),
            (Factor("place", tuple(spots)),),
        )
        found = {}
        for part in self._records:
            mine = split == part
            labels = {"date": date_labels[mine]} if scored else {}
            found[part] = number[mine], position[mine], {**labels, "place": spot[mine]}
        return domain, found


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)
