"""The losses on held-out pairs, looked at while a stage of automatic epochs trains."""

import contextlib
import csv

import keras
import tensorflow as tf

from tfmi import progress
from tfmi.training import convergence
from tfmi.training.augmentation import prepared
from tfmi.training.history import drop_rows_from

# Batches of a look: as many pairs are enough, since they are the same each time.
BATCHES = 8


@contextlib.contextmanager
def state_kept(model):
    """Leaves a model as it was, whatever `held_out_step` moves in it."""
    state = [(variable, variable.numpy()) for variable in model.networks_state]
    yield
    for variable, value in state:
        variable.assign(value)


def automatic_end(run, stage, dataset, span, seed):
    """The callback that ends a stage of automatic epochs; `None` for any other.

    Args:
        run: a `Run`.
        stage: a `methods.Stage`.
        dataset: its `PairDataset`, with a validation split.
        span: the `loop.Span` of the stage's budget.
        seed: of the pairs.
    """
    if not run.recipe.is_auto(stage.name):
        return None
    span.every = convergence.EVERY
    size = min(run.recipe.batch_size, dataset.num_images("validation"))
    pairs = dataset.pairs(size, seed, 0, BATCHES, split="validation")
    batches = prepared(pairs, 0, stage.max_shift(run.recipe), seed)
    return AutomaticEnd(run, stage.name, batches, span)


class AutomaticEnd(keras.callbacks.Callback):
    """Ends a stage where its losses on held-out pairs are flat (`convergence`).

    All that it knows is in `RUN/<stage>/held_out.csv`, a line a look, so a run that is
    gone on with ends as one that was not left.

    Args:
        run: a `Run`.
        stage: name of the stage.
        batches: of the held-out pairs, as the model takes them.
        span: the `loop.Span` of the stage's budget, which gets shorter.
    """

    def __init__(self, run, stage, batches, span):
        super().__init__()
        self._run, self._stage, self._span = run, stage, span
        self._batches = batches
        self._path = run.stage_folder(stage) / "held_out.csv"
        drop_rows_from(self._path, span.first + 1)
        self._looks = _read(self._path)

    def on_train_begin(self, logs=None):
        self._step = tf.function(self.model.held_out_step)
        self._schedule = convergence.Schedule(
            self._span.total,
            self._span.per_epoch,
            self._run.recipe.learning_rate_decay != "none",
            getattr(self.model, "warmup_steps", 0),
            bool(self.model.discriminator_variables),
        )
        self._decide(self._span.first)

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        step = self._epoch * self._span.per_epoch + batch + 1
        if step % self._span.every == 0:
            self._look(step)
            self._decide(step)

    def save(self):
        """Keep in the run's config how the stage ended."""
        epochs = self._span.total // self._span.per_epoch
        ended = self._run.config.get("ended", {})
        about = {"epochs": epochs, "reason": self._ending.reason}
        self._run.save_config(ended={**ended, self._stage: about})

    def _look(self, step):
        losses = self._held_out_losses()
        self._looks.append((step, losses))
        new = not self._path.is_file()
        with open(self._path, "a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["step", *losses])
            writer.writerow([step, *losses.values()])

    def _held_out_losses(self):
        """Means over the held-out pairs."""
        with state_kept(self.model):
            self.model.reset_metrics()
            for pair in self._batches:
                logs = self._step(pair)
        return {
            name: float(logs[name])
            for name in (convergence.LOSS, convergence.DISCRIMINATOR)
            if name in logs
        }

    def _decide(self, step):
        """Set the end of the stage and the learning rate of the next steps."""
        self._ending = self._schedule.ending(self._looks)
        if self._ending.step != self._span.total:
            self._span.total = self._ending.step
            progress.write(f"{self._stage} stage: {self._sentence()}")
        part = self._schedule.rate(step - step % self._span.every, self._ending)
        self.model.optimizer.learning_rate = part * self._run.recipe.learning_rate

    def _sentence(self):
        epochs = self._ending.step // self._span.per_epoch
        return f"{self._ending.reason}; it ends after {epochs:,} epochs"


def _read(path):
    """The looks that a file holds."""
    if not path.is_file():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        heading, *rows = csv.reader(file)
    return [
        (int(row[0]), dict(zip(heading[1:], map(float, row[1:]), strict=True)))
        for row in rows
    ]
