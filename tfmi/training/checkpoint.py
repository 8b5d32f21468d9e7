"""Checkpoints: the model with its optimizers, and the sums of the epoch so far."""

import json
import math
import time
import zipfile

import keras
import numpy as np

from tfmi.errors import DataError
from tfmi.files import make_folder
from tfmi.files import replacing
from tfmi.models import saving
from tfmi.runs.run import CHECKPOINT
from tfmi.training import distribute

# In the .keras file, beside Keras's own members: a list of the metrics' variables.
METRICS = "metrics.json"


def save(model, path):
    """Save a model with the state of its metrics, whole or not at all."""
    metrics = [variable.numpy().tolist() for variable in model.metrics_variables]
    with replacing(path) as temporary:
        # Not save_weights: HDF5 crashes the process where the disk is full.
        model.save(temporary)
        with zipfile.ZipFile(temporary, "a") as file:
            file.writestr(METRICS, json.dumps(metrics))


def restore(model, folder):
    """Load the last checkpoint, if there is one.

    Returns:
        The step to go on from: the model's own count, so weights and step
        cannot disagree.

    Raises:
        DataError: where it is damaged.
    """
    make_folder(folder)
    path = folder / CHECKPOINT
    if path.is_file():
        with saving.whole_file(path):
            model.load_weights(path)
            _restore_metrics(model, path)
    return int(model.steps_done.numpy())


def _restore_metrics(model, path):
    with zipfile.ZipFile(path) as file:
        if METRICS not in file.namelist():
            return
        saved = json.loads(file.read(METRICS))
    for variable, value in zip(model.metrics_variables, saved, strict=True):
        variable.assign(np.array(value, variable.dtype))


class FiniteLoss(keras.callbacks.Callback):
    """Ends the training where the loss is no number, before anything is written."""

    def on_train_batch_end(self, batch, logs=None):
        if not math.isfinite(float(logs["loss"])):
            raise DataError(
                "the loss must be a finite number (a lower --learning-rate may "
                f"help; the last checkpoint is kept). Received: {logs['loss']}"
            )


class Checkpoint(keras.callbacks.Callback):
    """Saves a checkpoint at each epoch's end, every `seconds`, and when it stops.

    It comes after the callbacks that write of an execution: what they wrote before
    a kill is of steps that are trained again, or has its checkpoint.

    Args:
        path: of the `.keras` file.
        span: the `loop.Span` that is trained.
        stop: function that says whether to stop now.
        seconds: between two checkpoints.
    """

    def __init__(self, path, span, stop, seconds=60):
        super().__init__()
        self._path, self._per_epoch = path, span.per_epoch
        self._stop, self._seconds = stop, seconds
        self._saved = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        stop = _any_worker(self._stop())
        self.model.stop_training = self.model.stop_training or stop
        due = _any_worker(time.monotonic() - self._saved > self._seconds)
        # At its end the epoch is to be in the history first.
        if batch + 1 < self._per_epoch and (self.model.stop_training or due):
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        self._save()

    def _save(self):
        save(self.model, self._path)
        self._saved = time.monotonic()


def _any_worker(value):
    """Whether it holds for one of the workers: all of them stop and save together."""
    return distribute.mean_over_workers(value) > 0
