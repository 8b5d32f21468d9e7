"""The training loop: as many steps an execution as pass in a moment.

`keras.Model.fit` reads the loss of every step, for which a GPU has to be waited
for, and its `steps_per_execution` runs beyond the end of an epoch that is no
multiple of it. Here the number of steps is an input of the graph: an execution
ends where the epoch does, and callbacks see the losses a few times a second.
"""

import dataclasses
import time

import keras
import tensorflow as tf

from tfmi.errors import first_line
from tfmi.training import distribute
from tfmi.training.compiled_steps import CompiledSteps

# Of one execution: Ctrl-C is answered and the bar moves after it.
SECONDS = 0.4


@dataclasses.dataclass
class Span:
    """The steps of one stage that are to be trained.

    Attributes:
        first: the step to begin at, 0 but for a resumed run.
        total: number of steps of the whole stage. A callback may lower it to an epoch's
            end that is not over yet.
        per_epoch: number of steps of an epoch.
        every: an execution ends at each multiple of it, for callbacks that do
            something at a certain step; 0 for none.
    """

    first: int
    total: int
    per_epoch: int
    every: int = 0

    def steps_to_pause(self, step):
        """Steps from one to where the execution has to end."""
        to_epoch = self.per_epoch - step % self.per_epoch
        return min(to_epoch, self.every - step % self.every) if self.every else to_epoch


def fit(model, batches, span, callbacks, xla_failed=None):
    """Train a model over a span of steps, or until it is stopped.

    Args:
        model: compiled, with a `train_step` that gives scalars.
        batches: a `tf.data.Dataset` of the batches of the span.
        span: a `Span`; its first epoch may be begun already, with the model's
            metrics as they were then.
        callbacks: as in `keras.Model.fit`. `on_train_batch_end` is called
            after each execution, with the position in the epoch of its last
            step and the means over the epoch so far; `on_epoch_end` after whole
            epochs alone.
        xla_failed: as of `StepRunner`.
    """
    callbacks = keras.callbacks.CallbackList(callbacks, model=model)
    runner = StepRunner(model, batches, xla_failed)
    model.stop_training = False
    callbacks.on_train_begin()
    per_epoch = span.per_epoch
    epoch = span.first // per_epoch
    while epoch * per_epoch < span.total:
        position, logs = max(span.first - epoch * per_epoch, 0), {}
        if position == 0:
            model.reset_metrics()
        callbacks.on_epoch_begin(epoch)
        while position < per_epoch and not model.stop_training:
            callbacks.on_train_batch_begin(position)
            limit = span.steps_to_pause(epoch * per_epoch + position)
            count, logs = runner.run(limit)
            position += count
            callbacks.on_train_batch_end(position - 1, logs)
        if position == per_epoch:
            callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
        epoch += 1
    callbacks.on_train_end()


class StepRunner:
    """Runs steps on the batches, each time as many as take `SECONDS`.

    Args:
        model: compiled.
        batches: a `tf.data.Dataset` of batches.
        xla_failed: function that is given a line where XLA cannot compile the step
            of the model; unless it raises, training goes on without XLA.
    """

    def __init__(self, model, batches, xla_failed=None):
        self._model, self._batches, self._xla_failed = model, batches, xla_failed
        self._compiled = not tf.distribute.has_strategy() and bool(model.jit_compile)
        self._steps = executor(model, batches, self._compiled)
        self._count = None

    def run(self, limit):
        """Run at most `limit` steps.

        Returns:
            How many they were, and the logs as floats.
        """
        count = min(self._count or 1, limit)
        start = time.perf_counter()
        logs = self._first() if self._count is None else self._steps(count)
        logs = {name: float(value) for name, value in logs.items()}
        seconds = distribute.mean_over_workers(time.perf_counter() - start)
        # The first call builds the graph: what it took says nothing. Growth by
        # halves keeps a lucky measurement from making a long execution.
        fitting = max(1, int(count * SECONDS / seconds))
        self._count = 1 if self._count is None else min(fitting, 2 * count)
        return count, logs

    def _first(self):
        """The first step; it is made without XLA where XLA fails. It is on the same
        batches then: no step was made on any of them."""
        try:
            return self._steps(1)
        except tf.errors.ResourceExhaustedError:
            raise
        except tf.errors.OpError as error:
            if not self._compiled or self._xla_failed is None:
                raise
            self._xla_failed(first_line(error))
        self._model.jit_compile = False
        self._steps = executor(self._model, self._batches)
        return self._steps(1)


def executor(model, batches, compiled=False):
    """A function from a number of steps to the logs after them, which goes on where it
    ended.

    Args:
        model: as of `fit`.
        batches: as of `fit`.
        compiled: whether XLA compiles the steps.
    """
    if compiled:
        return CompiledSteps(model, batches)
    if tf.distribute.has_strategy():
        steps = distribute.steps_function(model)
        batches = iter(distribute.shard_batches(batches))
    else:
        steps, batches = _steps_function(model), iter(batches)
    return lambda count: steps(batches, tf.constant(count))


def _steps_function(model):
    step = tf.function(model.train_step)
    names = [metric.name for metric in model.metrics]

    @tf.function(reduce_retracing=True)
    def steps(batches, count):
        logs = {name: tf.zeros(()) for name in names}
        for _ in tf.range(count):
            logs = step(next(batches))
        return logs

    return steps
