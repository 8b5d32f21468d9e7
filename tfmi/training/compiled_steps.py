"""Steps that XLA compiles: many of them a launch, on batches that lie on the device.

To launch a compiled step takes the host longer than the step of a small network takes
a GPU. So one program makes any number of steps, on batches that came to the device as
one tensor. It is the same program for every number: where executions begin and end,
which depends on how fast the machine is, changes no bit of what is learnt.

On a CPU a launch is one step: XLA's convolutions run on one thread in a loop there, and
seven times as long.
"""

import tensorflow as tf

from tfmi.training import compilation_cache

# Of a launch, at most; and the memory that their batches may take on the device.
STEPS = 32
BYTES = 2**28


class CompiledSteps:
    """Runs steps on the batches by a compiled program.

    Args:
        model: compiled, with a `train_step` that gives scalars.
        batches: a `tf.data.Dataset` of batches of one size.
    """

    def __init__(self, model, batches):
        size = launch_steps(batches.element_spec)
        self._model, self._blocks = model, iter(blocks(batches, size))
        self._program = None
        self._block, self._done, self._held = None, 0, 0

    def __call__(self, count):
        """Run some steps.

        Returns:
            The logs after them: tensors.

        Raises:
            StopIteration: where there are fewer batches.
            tf.errors.OpError: where XLA cannot compile the step.
        """
        while True:
            if self._done == self._held:
                block, held = next(self._blocks)
                self._block, self._done, self._held = _on_device(block), 0, int(held)
            end = min(self._done + count, self._held)
            logs = self._launch(tf.constant(self._done), tf.constant(end))
            count -= end - self._done
            self._done = end
            if not count:
                return logs

    def _launch(self, first, end):
        if self._program:
            return self._program(self._block, first, end)
        program = _program(self._model)
        try:
            logs = program(self._block, first, end)
        except tf.errors.ResourceExhaustedError:
            raise
        except tf.errors.OpError:
            # No step was made. Of programs that are kept one may be damaged.
            if not compilation_cache.clear():
                raise
            program = _program(self._model)
            logs = program(self._block, first, end)
        self._program = program
        return logs


def launch_steps(batch):
    """How many steps a launch makes at most.

    Args:
        batch: nested `tf.TensorSpec`.
    """
    # Where batches differ in shape, each is a launch of its own.
    size = sum(
        (spec.shape.num_elements() or BYTES) * spec.dtype.size
        for spec in tf.nest.flatten(batch)
    )
    return int(min(max(BYTES // size, 1), STEPS))


def blocks(batches, size):
    """`size` batches a tensor, and how many are there: the last tensor is filled up,
    as the program is of one shape."""

    def filled(block):
        count = tf.shape(tf.nest.flatten(block)[0])[0]

        def fill(tensor):
            ends = [[0, size - count]] + [[0, 0]] * (len(tensor.shape) - 1)
            return tf.ensure_shape(tf.pad(tensor, ends), [size, *tensor.shape[1:]])

        return tf.nest.map_structure(fill, block), count

    return batches.batch(size).map(filled).prefetch(1)


def _on_device(block):
    device = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices()
    with tf.device(device[0].name):
        return tf.nest.map_structure(tf.identity, block)


def _program(model):
    many = bool(tf.config.list_logical_devices("GPU"))
    return _many_steps(model) if many else _each_step(model)


def _each_step(model):
    """As `_many_steps`, a launch a step."""

    @tf.function(jit_compile=True, autograph=False)
    def step(block, position):
        return model.train_step(_batch(block, position))

    def steps(block, first, end):
        for position in tf.range(first, end):
            logs = step(block, position)
        return logs

    return steps


def _many_steps(model):
    """A function from a block of batches, the first and the end of those that steps
    are made on, to the logs after the last."""
    names = [metric.name for metric in model.metrics]

    @tf.function(jit_compile=True, autograph=False)
    def steps(block, first, end):
        def step(position, logs):
            logs = model.train_step(_batch(block, position))
            return position + 1, {name: tf.cast(logs[name], "float32") for name in logs}

        logs = {name: tf.zeros(()) for name in names}
        return tf.while_loop(lambda position, _: position < end, step, [first, logs])[1]

    return steps


def _batch(block, position):
    # By a slice, XLA would compile a program for each position.
    return tf.nest.map_structure(lambda batches: tf.gather(batches, position), block)
