"""What is looked at during training: loss terms, an online probe, the vectors."""

import contextlib
import csv
import time

import keras
import numpy as np
import tensorflow as tf

from tfmi.evaluation.measure import online_probe
from tfmi.evaluation.measure.features import extract
from tfmi.evaluation.measure.features import first
from tfmi.models.preprocessing import scale_images
from tfmi.training.diagnostics import Alarms
from tfmi.training.projector import write_projector

BATCH = 500
SCALARS_EVERY = 50
COLLAPSE_IMAGES = 256
COLUMNS = "step domain factor accuracy majority".split()


class StepScalars(keras.callbacks.Callback):
    """Each loss term, averaged over the steps since it was last written.

    The logs are means over the epoch so far; what lies between two of them is
    had without reading a step of its own.

    Args:
        folder: of the event files.
        step: that training begins at.
        per_epoch: steps of an epoch.
        every: about how many steps a value is for.
    """

    def __init__(self, folder, step, per_epoch, every=SCALARS_EVERY):
        super().__init__()
        self._writer = tf.summary.create_file_writer(str(folder))
        self._step, self._per_epoch, self._every = step, per_epoch, every
        self._begin_epoch(step // per_epoch, step)

    def _begin_epoch(self, epoch, step):
        self._start = step - epoch * self._per_epoch
        self._epoch, self._count, self._means = epoch, 0, {}

    def on_epoch_begin(self, epoch, logs=None):
        self._begin_epoch(epoch, max(self._step, epoch * self._per_epoch))

    def on_train_batch_end(self, batch, logs=None):
        count = batch + 1 - self._start
        ended = batch + 1 == self._per_epoch
        if count - self._count < self._every and not ended:
            return
        with self._writer.as_default(self._epoch * self._per_epoch + batch + 1):
            for name, mean in logs.items():
                before = self._count * self._means.get(name, 0.0)
                value = (count * mean - before) / (count - self._count)
                tf.summary.scalar(f"steps/{name}", value)
        self._count, self._means = count, dict(logs)

    def on_train_end(self, logs=None):
        self._writer.close()


class Watch(keras.callbacks.Callback):
    """Warns of collapse and of a leak, and probes every so many steps.

    At the end of the stage, vectors and pictures go to TensorBoard's projector.

    Args:
        folder: of the stage; its name is the stage's.
        dataset: a `PairDataset`.
        steps: `(first, total, a whole epoch's)`.
        every: steps between two probes, 0 for none.
        bar: the `ProgressBar`, which says lines and does not count pauses.
    """

    def __init__(self, folder, dataset, steps, every, bar):
        super().__init__()
        self.seconds = 0.0
        self._folder, self._dataset, self._every, self._bar = (
            folder,
            dataset,
            every,
            bar,
        )
        self._step, self._total, self._per_epoch = steps
        self._probed = self._epoch = None
        self._alarms = Alarms(folder.name, bar.say)
        self._writer = tf.summary.create_file_writer(str(folder / "logs" / "watch"))
        drop_steps_after(folder / "probes.csv", self._step)

    def on_train_begin(self, logs=None):
        with self._apart():
            limits = {"test": online_probe.TEST_IMAGES}
            if self._every:
                limits["train"] = online_probe.TRAIN_IMAGES
            self._images = {
                (domain.name, split): self._read(domain.name, split, limit)
                for domain in self._dataset.domains
                for split, limit in limits.items()
            }
        self._domains = [
            domain
            for domain in self._dataset.domains
            if all(self._images[domain.name, split] for split in limits)
        ]

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        before, self._step = self._step, self._epoch * self._per_epoch + batch + 1
        if self._every and self._step // self._every > before // self._every:
            self._probe(logs)

    def on_epoch_end(self, epoch, logs=None):
        with self._apart():
            for domain in self._domains:
                vectors, _ = self._vectors(domain.name, "test", COLLAPSE_IMAGES)
                self._alarms.check_collapse(domain.name, vectors)
        if self._step == self._total:
            if self._every and self._probed != self._step:
                self._probe(logs)
            self._project()

    def on_train_end(self, logs=None):
        self._writer.close()

    @contextlib.contextmanager
    def _apart(self):
        """Time that no step took."""
        begun = time.monotonic()
        yield
        spent = time.monotonic() - begun
        self.seconds += spent
        self._bar.pause(spent)

    def _read(self, domain, split, limit):
        return list(first(self._dataset.labelled(domain, split, BATCH), limit))

    def _vectors(self, domain, split, limit=None):
        encoder = getattr(self.model, f"encoder_{domain}")
        return extract(
            lambda images: encoder(scale_images(images), training=False)["vector"],
            self._images[domain, split],
            limit,
        )

    def _probe(self, logs):
        self._probed = self._step
        with self._apart():
            records = []
            for domain in self._domains:
                parts = (self._vectors(domain.name, s) for s in ("train", "test"))
                scores = online_probe.online_scores(*parts)
                records += [
                    (self._step, domain.name, factor, s["accuracy"], s["majority"])
                    for factor, s in scores.items()
                ]
                if self._folder.name == "exclusive":
                    shared = {f.name for f in domain.shared_factors} & set(scores)
                    self._alarms.check_discriminator(
                        logs["discriminator"],
                        domain.name,
                        {name: scores[name] for name in shared},
                    )
            if records:
                self._record(records)

    def _record(self, records):
        append(self._folder / "probes.csv", records)
        with self._writer.as_default(self._step):
            for _, domain, factor, accuracy, _ in records:
                tf.summary.scalar(f"probe/{domain}/{factor}", accuracy)
        found = ", ".join(f"{f} of {d} {100 * a:.1f}%" for _, d, f, a, _ in records)
        self._bar.say(f"{self._folder.name} step {self._step}, probe: {found}")

    def _project(self):
        with self._apart():
            embeddings = {}
            for domain in self._domains:
                vectors, labels = self._vectors(domain.name, "test")
                images = [images for images, _ in self._images[domain.name, "test"]]
                names = {f.name: named(f, labels[f.name]) for f in domain.factors}
                name = f"{self._folder.name}_{domain.name}"
                embeddings[name] = vectors, np.concatenate(images), names
            write_projector(self._folder / "logs" / "watch", embeddings)


def named(factor, labels):
    """The names of a factor's values, "-" for images that do not count."""
    return [factor.values[label] if label >= 0 else "-" for label in labels]


def append(path, records):
    """Add lines to a CSV file, after its heading."""
    new = not path.is_file()
    with open(path, "a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *records] if new else records)


def drop_steps_after(path, step):
    """Drop the lines of steps that are to be trained again."""
    if not path.is_file():
        return
    with open(path, newline="", encoding="utf-8") as file:
        heading, *rows = csv.reader(file)
    kept = [row for row in rows if int(row[0]) <= step]
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([heading, *kept])
