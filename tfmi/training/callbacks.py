"""What happens beside the training steps: the bar and the checkpoints."""

import math
import sys
import time

import keras
import tqdm

from tfmi.errors import DataError
from tfmi.files import replacing


class ProgressBar(keras.callbacks.Callback):
    """One bar a stage, with every loss term and the time left."""

    def __init__(self, stage, step, total, per_epoch):
        super().__init__()
        self._stage, self._step, self._total = stage, step, total
        self._per_epoch = per_epoch
        self._epoch = 0
        self._bar = None

    def on_train_begin(self, logs=None):
        self._bar = tqdm.tqdm(
            desc=self._stage,
            initial=self._step,
            total=self._total,
            unit="step",
            dynamic_ncols=True,
            mininterval=0.5,
        )

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        self._bar.set_postfix(
            {name: f"{float(value):.3f}" for name, value in (logs or {}).items()},
            refresh=False,
        )
        # An execution may have made several steps.
        self._bar.update(self._epoch * self._per_epoch + batch + 1 - self._bar.n)

    def on_train_end(self, logs=None):
        self.close()

    def close(self):
        """End the line; also where training ended by an error."""
        if self._bar is not None:
            self._bar.close()

    def say(self, line):
        """Print a line above the bar."""
        tqdm.tqdm.write(line, file=sys.stderr)

    def pause(self, seconds):
        """Leave out seconds that no step took of the speed and the time left."""
        self._bar.start_t += seconds
        self._bar.last_print_t += seconds


class Checkpoint(keras.callbacks.Callback):
    """Saves weights and optimizers, whole or not at all.

    At each epoch's end, every `seconds`, and when asked to stop; never a
    model whose loss is no number.

    Args:
        path: of the `.keras` file.
        stop: function that says whether to stop now.
        seconds: between two checkpoints.
    """

    def __init__(self, path, stop, seconds=60):
        super().__init__()
        self._path, self._stop, self._seconds = path, stop, seconds
        self._saved = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        if not math.isfinite(float(logs["loss"])):
            raise DataError(
                "the loss must be a finite number (a lower --learning-rate may "
                f"help; the last checkpoint is kept). Received: {logs['loss']}"
            )
        if self._stop():
            self.model.stop_training = True
        if self.model.stop_training or self._due():
            self._save()

    def on_epoch_end(self, epoch, logs=None):
        self._save()

    def _due(self):
        return time.monotonic() - self._saved > self._seconds

    def _save(self):
        with replacing(self._path) as path:
            # Not save_weights: HDF5 crashes the process where the disk is full.
            self.model.save(path)
        self._saved = time.monotonic()
