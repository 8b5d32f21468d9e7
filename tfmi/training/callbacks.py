"""What is shown and written beside the training steps: the bar and the scalars."""

import time

import keras
import tensorflow as tf

from tfmi import progress

SCALARS_EVERY = 50


class ProgressBar(keras.callbacks.Callback):
    """One bar a stage, with every loss term and the time left.

    Args:
        stage: name of the stage.
        span: the `loop.Span` that is trained.
        begun: when the stage began (`time.monotonic`): how long its first step took,
            with all that comes before, is said.
    """

    def __init__(self, stage, span, begun=None):
        super().__init__()
        self._stage, self._span, self._begun = stage, span, begun
        self._epoch = 0
        self._bar = None

    def on_train_begin(self, logs=None):
        self._bar = progress.bar(
            desc=self._stage,
            initial=self._span.first,
            total=self._span.total,
            unit="step",
            dynamic_ncols=True,
            mininterval=0.5,
        )

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self._begun is not None:
            seconds, self._begun = time.monotonic() - self._begun, None
            self.say(f"{self._stage}: first step after {seconds:.1f} s")
        self._bar.set_postfix(
            {name: f"{float(value):.3f}" for name, value in (logs or {}).items()},
            refresh=False,
        )
        self._bar.total = self._span.total
        # An execution may have made several steps.
        self._bar.update(self._epoch * self._span.per_epoch + batch + 1 - self._bar.n)

    def on_train_end(self, logs=None):
        self.close()

    def close(self):
        """End the line; also where training ended by an error."""
        if self._bar is not None:
            self._bar.close()

    def say(self, line):
        """Print a line above the bar."""
        progress.write(line)

    def pause(self, seconds):
        """Leave out seconds that no step took of the speed and the time left."""
        self._bar.start_t += seconds
        self._bar.last_print_t += seconds


class StepScalars(keras.callbacks.Callback):
    """Each loss term, averaged over the steps since it was last written.

    The logs are means over the epoch so far; what lies between two of them is
    had without reading a step of its own.

    Args:
        folder: of the event files.
        span: the `loop.Span` that is trained.
        every: about how many steps a value is for.
    """

    def __init__(self, folder, span, every=SCALARS_EVERY):
        super().__init__()
        self._writer = tf.summary.create_file_writer(str(folder))
        self._step, self._per_epoch, self._every = span.first, span.per_epoch, every

    def on_epoch_begin(self, epoch, logs=None):
        # Of an epoch that goes on, the model has the means already.
        self._count = max(self._step - epoch * self._per_epoch, 0)
        self._epoch, self._means = epoch, {}
        if self._count:
            means = self.model.get_metrics_result()
            self._means = {name: float(mean) for name, mean in means.items()}

    def on_train_batch_end(self, batch, logs=None):
        count = batch + 1
        ended = count == self._per_epoch
        if count - self._count < self._every and not ended:
            return
        with self._writer.as_default(self._epoch * self._per_epoch + count):
            for name, mean in logs.items():
                before = self._count * self._means.get(name, 0.0)
                value = (count * mean - before) / (count - self._count)
                tf.summary.scalar(f"steps/{name}", value)
        self._count, self._means = count, dict(logs)

    def on_train_end(self, logs=None):
        self._writer.close()
