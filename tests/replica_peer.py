"""Trains both stages on two replicas, or on one that stands for both, and keeps
the weights: `replica_peer.py one|mirrored|multi-worker FILE.npz`.

Tiny networks without batch normalisation and data that is the same everywhere,
so that all three must come to the same weights. `one` draws the negatives of each
half of its batch within that half, with the seeds of the replica.
"""

import contextlib
import sys

import keras
import numpy as np
import tensorflow as tf

from tfmi.models import concat_networks
from tfmi.models import exclusive
from tfmi.models import objectives
from tfmi.models import shared
from tfmi.models.layers import FusedAdam
from tfmi.training import distribute
from tfmi.training import loop

SHAPE = (9, 9, 3)
STEPS = 6


def encoder():
    image = keras.Input(SHAPE, name="image")
    feature_map = keras.layers.Conv2D(4, 3, strides=2, activation="tanh")(image)
    vector = keras.layers.Dense(3)(keras.layers.Flatten()(feature_map))
    return keras.Model(image, {"feature_map": feature_map, "vector": vector})


def of_stage(code_size):
    built = encoder()
    map_shape = built.output["feature_map"].shape[1:]
    return {
        "encoder_x": built,
        "global_network_x": concat_networks.global_statistics_network(
            map_shape, code_size, 8
        ),
        "local_network_x": concat_networks.local_statistics_network(
            map_shape, code_size, 8
        ),
    }


def batches():
    generator = np.random.default_rng(0)
    images = {k: generator.uniform(-1, 1, (STEPS, 8, *SHAPE)) for k in ("x", "y")}
    images = {k: v.astype("f") for k, v in images.items()}
    return tf.data.Dataset.from_tensor_slices(images)


def train():
    """The weights of both stages and the losses of their last epoch."""
    keras.utils.set_random_seed(0)
    first = shared.SharedModel(**of_stage(3), seed=5)
    first.compile(FusedAdam(1e-2))
    second = exclusive.ExclusiveModel(
        shared_encoder_x=first.encoder_x,
        **of_stage(6),
        discriminator_x=concat_networks.discriminator(3, 3, 8),
        adversarial_weight=0.5,
        discriminator_steps=2,
        seed=6,
    )
    second.compile(FusedAdam(1e-2), FusedAdam(1e-2, beta_1=0.5))
    kept = []
    for model in (first, second):
        last = Last()
        loop.fit(model, batches(), loop.Span(0, STEPS, STEPS), [last])
        kept += [list(last.logs.values()), *(w.numpy() for w in model.weights)]
    return kept


class Last(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.logs = logs


def seeds_of_both(seed, step, count):
    base = tf.stack([tf.cast(seed, tf.int32), tf.cast(step, tf.int32)])
    split = [
        tf.random.experimental.stateless_split(
            tf.random.experimental.stateless_fold_in(base, replica), count
        )
        for replica in (0, 1)
    ]
    return tf.unstack(tf.stack(split, axis=1))


def one_for_both():
    shuffled = objectives.shuffled
    objectives.shuffled = lambda codes, seeds: tf.concat(
        [shuffled(codes[:4], seeds[0]), shuffled(codes[4:], seeds[1])], axis=0
    )
    shared.step_seeds = exclusive.step_seeds = seeds_of_both
    return contextlib.nullcontext()


def main(kind, path):
    if kind == "mirrored":
        (cpu,) = tf.config.list_physical_devices("CPU")
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, two)
    with one_for_both() if kind == "one" else distribute.scope(kind):
        np.savez(path, *train())


if __name__ == "__main__":
    main(*sys.argv[1:])
