"""What is looked at during training: an online probe, alarms, the vectors."""

import contextlib
import csv
import time

import keras
import numpy as np
import tensorflow as tf

from tfmi.evaluation.measure import online_probe
from tfmi.evaluation.measure.features import extract
from tfmi.evaluation.measure.features import take
from tfmi.models.preprocessing import scale_images
from tfmi.training.diagnostics import Alarms
from tfmi.training.held_out import state_kept
from tfmi.training.history import drop_rows_from
from tfmi.training.projector import write_projector

BATCH = 500
COLLAPSE_IMAGES = 256
PAIRS, PAIR_BATCHES = 64, 4
COLUMNS = "step representation domain factor accuracy majority".split()


class TrainingMonitor(keras.callbacks.Callback):
    """Warns of collapse and of a leak, and probes every so many steps.

    At the end of the stage, vectors and pictures go to TensorBoard's projector.

    Args:
        stage: the `methods.Stage`.
        folder: of the stage.
        dataset: a `PairDataset`.
        span: the `loop.Span` that is trained.
        every: steps between two probes, 0 for none.
        bar: the `ProgressBar`, which says lines and does not count pauses.

    Attributes:
        seconds: that no step took.
    """

    def __init__(self, stage, folder, dataset, span, every, bar):
        super().__init__()
        self.seconds = 0.0
        self._stage, self._span, self._every, self._bar = stage, span, every, bar
        self._step = span.first
        self._probed_step = self._epoch = None
        self._images = _HeldImages(dataset, with_training=bool(every))
        self._records = _ProbeRecords(folder, span.first)
        self._alarms = Alarms(stage, bar.say)
        self._projector_folder = folder / "logs" / "watch"

    def on_train_begin(self, logs=None):
        with self._pause():
            self._images.read()

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        before, self._step = self._step, self._epoch * self._span.per_epoch + batch + 1
        if self._every and self._step // self._every > before // self._every:
            self._probe(logs)

    def on_epoch_end(self, epoch, logs=None):
        with self._pause():
            for representation, domain in self._watched():
                vectors, _ = self._vectors(
                    representation, domain, "test", COLLAPSE_IMAGES
                )
                self._alarms.check_collapse(representation, domain.name, vectors)
        if self._step == self._span.total:
            if self._every and self._probed_step != self._step:
                self._probe(logs)
            with self._pause():
                self._look_for_emptiness()
                self._project()

    def on_train_end(self, logs=None):
        self._records.close()

    @contextlib.contextmanager
    def _pause(self):
        """Time that no step took."""
        begun = time.monotonic()
        yield
        spent = time.monotonic() - begun
        self.seconds += spent
        self._bar.pause(spent)

    def _look_for_emptiness(self):
        """In models that can leave out of their objective what they learn."""
        if not hasattr(self.model, "local_terms"):
            return
        with state_kept(self.model):
            pairs = self._images.pairs()
            terms = [tuple(self.model.local_terms(pair)) for pair in pairs]
        for representation in self._stage.representations:
            self._alarms.check_empty(representation, np.mean(terms, axis=0))

    def _watched(self):
        """Each representation that the stage learns, of each domain."""
        return [
            (representation, domain)
            for domain in self._images.domains
            for representation in self._stage.representations
        ]

    def _vectors(self, representation, domain, split, limit=None):
        encoder = self.model.encoder(representation.name, domain.name)
        return extract(
            lambda images: encoder(scale_images(images), training=False)["vector"],
            self._images.batches[domain.name, split],
            limit,
        )

    def _probe(self, logs):
        self._probed_step = self._step
        with self._pause():
            rows = []
            for representation, domain in self._watched():
                splits = (
                    self._vectors(representation, domain, split)
                    for split in ("train", "test")
                )
                scores = online_probe.online_scores(*splits)
                rows += [
                    (
                        representation.name,
                        domain.name,
                        factor,
                        s["accuracy"],
                        s["majority"],
                    )
                    for factor, s in scores.items()
                ]
                self._alarms.check_discriminator(logs, representation, domain, scores)
            if rows:
                self._records.write(self._step, rows)
                self._say(rows)

    def _say(self, rows):
        read = ", ".join(f"{f} of {d} {100 * a:.1f}%" for _, d, f, a, _ in rows)
        self._bar.say(f"{self._stage.name} step {self._step}, probe: {read}")

    def _project(self):
        embeddings = {}
        for representation, domain in self._watched():
            vectors, labels = self._vectors(representation, domain, "test")
            batches = self._images.batches[domain.name, "test"]
            names = {f.name: value_names(f, labels[f.name]) for f in domain.factors}
            images = np.concatenate([images for images, _ in batches])
            name = f"{representation.name}_{domain.name}"
            embeddings[name] = vectors, images, names
        write_projector(self._projector_folder, embeddings)


class _HeldImages:
    """The first images of each domain, read once and held.

    Attributes:
        domains: those that have images in each split.
        batches: `{(domain, split): [(images, {factor: labels}), ...]}`.
    """

    def __init__(self, dataset, with_training):
        self._dataset = dataset
        self._limits = {"test": online_probe.TEST_IMAGES}
        if with_training:
            self._limits["train"] = online_probe.TRAIN_IMAGES

    def pairs(self):
        """Some batches of pairs of the training split."""
        images = self._dataset.num_images("train")
        return self._dataset.pairs(min(PAIRS, images), 0, 0, PAIR_BATCHES)

    def read(self):
        self.batches = {
            (domain.name, split): list(
                take(self._dataset.labelled(domain.name, split, BATCH), limit)
            )
            for domain in self._dataset.domains
            for split, limit in self._limits.items()
        }
        self.domains = [
            domain
            for domain in self._dataset.domains
            if all(self.batches[domain.name, split] for split in self._limits)
        ]


class _ProbeRecords:
    """probes.csv of a stage, and the same numbers for TensorBoard.

    Args:
        folder: of the stage.
        step: the first that is trained; later lines are written again.
    """

    def __init__(self, folder, step):
        self._path = folder / "probes.csv"
        self._writer = tf.summary.create_file_writer(str(folder / "logs" / "watch"))
        drop_rows_from(self._path, step + 1)

    def write(self, step, rows):
        """Add a line a `(representation, domain, factor, accuracy, majority)`."""
        lines = [(step, *row) for row in rows]
        lines = lines if self._path.is_file() else [COLUMNS, *lines]
        with open(self._path, "a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)
        with self._writer.as_default(step):
            for _, domain, factor, accuracy, _ in rows:
                tf.summary.scalar(f"probe/{domain}/{factor}", accuracy)

    def close(self):
        self._writer.close()


def value_names(factor, labels):
    """The names of a factor's values, "-" for images that do not count."""
    return [factor.values[label] if label >= 0 else "-" for label in labels]
