"""Training on several devices, or on several machines (tf.distribute).

Each replica makes a step on its part of the batch: negatives, noise and batch
statistics are of that part alone, and gradients are summed over the replicas.
Workers of several machines run the same program in step. The first one, the
chief, writes the run folder, the others a folder that is thrown away.
"""

import contextlib
import json
import os
import pathlib
import shutil
import tempfile

import keras
import tensorflow as tf

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.runs.run import CHECKPOINT
from tfmi.runs.run import HISTORY

# What a run is resumed from; the rest of its folder is written anew.
RESUMED_FROM = ("*.json", "*.keras", f"*/{CHECKPOINT}", f"*/{HISTORY}")


@contextlib.contextmanager
def scope(name):
    """Within it, models are built and trained on replicas.

    To be entered before TensorFlow is used.

    Args:
        name: "mirrored", all GPUs of this machine (or its logical CPU devices),
            or "multi-worker", the machines of the environment variable TF_CONFIG.

    Gives:
        The folder that a worker other than the chief is to write into, `None`
        for the chief.

    Raises:
        UsageError: for a single device, or TF_CONFIG not as it should be.
        DataError: where another worker was lost.
    """
    strategy = _mirrored() if name == "mirrored" else _multi_worker()
    with contextlib.ExitStack() as stack:
        chief = name == "mirrored" or strategy.cluster_resolver.task_id == 0
        spare = None if chief else stack.enter_context(tempfile.TemporaryDirectory())
        stack.enter_context(strategy.scope())
        try:
            yield spare
        except tf.errors.OpError as error:
            if name == "mirrored":
                raise
            raise DataError(
                "every worker must go on to the end (start all of them again with "
                f"--resume RUN). Received: {error.message.splitlines()[0]}"
            ) from error


def _mirrored():
    devices = tf.config.list_logical_devices("GPU")
    devices = devices or tf.config.list_logical_devices("CPU")
    names = [device.name for device in devices]
    if len(names) < 2:
        raise UsageError(
            "--strategy mirrored must have 2 devices at least. "
            f"Received: {', '.join(names)}"
        )
    return tf.distribute.MirroredStrategy(names)


def _multi_worker():
    given = os.environ.get("TF_CONFIG")
    try:
        config = json.loads(given or "")
        workers, task = config["cluster"]["worker"], config["task"]
        valid = len(workers) > 1 and task["type"] == "worker"
        valid = valid and set(config["cluster"]) == {"worker"}
        valid = valid and task["index"] in range(len(workers))
    except (ValueError, KeyError, TypeError):
        valid = False
    if not valid:
        raise UsageError(
            'TF_CONFIG must be {"cluster": {"worker": [HOST:PORT, ...]}, "task": '
            '{"type": "worker", "index": N}}, of 2 workers at least. '
            f"Received: {given or 'none'}"
        )
    return tf.distribute.MultiWorkerMirroredStrategy()


def check(recipe, precision, jit):
    """Raise where a run cannot be trained by the replicas that there are.

    Args:
        precision: of the run's networks.
        jit: "on" where XLA is to compile the run's steps.
    """
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    size = recipe.batch_size
    if replicas > 1 and (size % replicas or size < 2 * replicas):
        raise UsageError(
            f"batch_size must be a multiple of the number of replicas ({replicas}), "
            f"2 images each at least. Received: {size}"
        )
    if precision == "mixed_float16" or jit == "on":
        raise UsageError(
            "--strategy must go with float32 or mixed_bfloat16, without XLA. "
            f"Received: {precision}, XLA {jit}"
        )


def describe(recipe):
    """How a batch is divided, in a line for people."""
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    size = recipe.batch_size
    part = size // replicas
    return f"{replicas} replicas, each with {part} of the {size} pairs of a batch"


def copy_run(source, folder):
    """Copy what a run is resumed from; returns the copy's path."""
    source, folder = pathlib.Path(source), pathlib.Path(folder)
    for pattern in RESUMED_FROM:
        for path in source.glob(pattern):
            target = folder / path.relative_to(source)
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(path, target)
    return folder


def mean_over_workers(value):
    """The mean of a number over the workers, the same on each of them."""
    strategy = tf.distribute.get_strategy()
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return value
    return float(_mean(tf.constant(float(value))))


@tf.function
def _mean(value):
    strategy = tf.distribute.get_strategy()
    values = strategy.run(tf.identity, args=(value,))
    return strategy.reduce(tf.distribute.ReduceOp.MEAN, values, axis=None)


def shard_batches(batches):
    """Batches of dicts as the replicas' parts: replica k of n gets the k-th of
    n equal slices. Every worker reads whole batches."""
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync

    def of_worker(context):
        local = replicas // context.num_input_pipelines
        first = context.input_pipeline_id * local

        def own(batch):
            slices = {name: tf.split(v, replicas) for name, v in batch.items()}
            return {
                name: tf.stack(s[first : first + local]) for name, s in slices.items()
            }

        # Endless, so that the workers need not ask each other for the end.
        return batches.map(own).unbatch().repeat().prefetch(2 * local)

    return strategy.distribute_datasets_from_function(of_worker)


def steps_function(model):
    """A function from an iterator of `shard_batches` and a number of steps to the logs
    after those steps, over all replicas."""
    strategy = tf.distribute.get_strategy()
    averages = _moving_averages(model)

    def average():
        means = tf.distribute.get_replica_context().all_reduce(
            tf.distribute.ReduceOp.MEAN, [tf.identity(v.value) for v in averages]
        )
        for variable, mean in zip(averages, means, strict=True):
            variable.assign(mean)

    @tf.function(reduce_retracing=True)
    def steps(batches, count):
        for _ in tf.range(count):
            strategy.run(model.train_step, args=(next(batches),))
        if averages:
            # Linear in the batch statistics: the same as after each step.
            strategy.run(average)
        return model.get_metrics_result()

    return steps


def _moving_averages(model):
    """What each replica keeps of its own: the statistics of its parts."""
    return [
        variable
        for network in model.layers
        if network.trainable
        for variable in network.non_trainable_weights
        if keras.backend.is_float_dtype(variable.dtype)
    ]
