"""Deep InfoMax's encode-and-dot-product statistics networks.

A cheaper critic than concatenation: the map and the code are embedded apart,
and a score is the dot product of the two embeddings, so the code of every
other image of the batch serves as a negative at the cost of one matrix
multiplication (Hjelm et al. 2019, section 3.2 and appendix A).
"""

import keras
import tensorflow as tf

from tfmi.networks import _critic_inputs
from tfmi.networks import _discriminator_inputs
from tfmi.networks import _map_summary


@keras.saving.register_keras_serializable(package="tfmi")
class PairScores(keras.layers.Layer):
    """Scaled dot products of each map embedding with each code embedding.

    Call arguments: `maps` `(batch, positions, units)`, `codes`
    `(batch, units)`.

    Returns:
        `(joint, marginal)`: `(batch, positions)` scores of an image's own
        pair and `(positions, batch - 1, batch)` scores of all other pairs.
    """

    def call(self, maps, codes):
        maps, codes = tf.cast(maps, tf.float32), tf.cast(codes, tf.float32)
        scale = tf.math.rsqrt(tf.cast(tf.shape(codes)[-1], tf.float32))
        scores = scale * tf.einsum("bpu,ju->pbj", maps, codes)
        joint = tf.transpose(tf.linalg.diag_part(scores))
        return joint, self._off_diagonal(scores)

    def compute_output_shape(self, maps_shape, codes_shape):
        batch, positions = maps_shape[:2]
        return (batch, positions), (positions, None, batch)

    @staticmethod
    def _off_diagonal(scores):
        # Row-major, an n x n matrix less its first entry is n - 1 rows of
        # n + 1 entries, each of which ends on the diagonal.
        positions, batch = tf.shape(scores)[0], tf.shape(scores)[1]
        flat = tf.reshape(scores, [positions, batch * batch])[:, 1:]
        rows = tf.reshape(flat, [positions, batch - 1, batch + 1])
        return rows[:, :, :-1]


def local_dot_network(map_shape, code_size, units=512, name=None):
    """As `networks.local_statistics_network`, by dot products.

    Returns:
        A model to `{"joint": (batch, positions),
        "marginal": (positions, batch - 1, batch)}`; `marginal_code` is not
        used, as each other code of the batch is a negative.
    """
    inputs = _critic_inputs(map_shape, code_size)
    positions = map_shape[0] * map_shape[1]
    maps = keras.layers.Reshape((positions, map_shape[2]))(inputs["feature_map"])
    return _dot_network(inputs, maps, units, name)


def global_dot_network(map_shape, code_size, units=512, name=None):
    """As `networks.global_statistics_network`, by dot products."""
    inputs = _critic_inputs(map_shape, code_size)
    summary = _map_summary(inputs["feature_map"])
    maps = keras.layers.Reshape((1, -1))(summary)
    return _dot_network(inputs, maps, units, name)


def dot_discriminator(shared_size, exclusive_size, units=512, name=None):
    """As `networks.discriminator`, by dot products.

    S and E are embedded apart, so that each E of the batch is a sample of the
    marginals for each S: batch - 1 of them where a shuffle gives one.

    Returns:
        A model to `{"joint": (batch, 1), "marginal": (1, batch - 1, batch)}`;
        `marginal_exclusive` is not used.
    """
    inputs = _discriminator_inputs(shared_size, exclusive_size)
    shared = keras.layers.Reshape((1, shared_size))(inputs["shared"])
    shared = _embed(shared, units, "shared")
    exclusive = _embed(inputs["exclusive"], units, "exclusive")
    return _scored(inputs, shared, exclusive, name)


def _dot_network(inputs, maps, units, name):
    maps = _embed(maps, units, "map")
    codes = _embed(inputs["code"], units, "code")
    return _scored(inputs, maps, codes, name)


def _scored(inputs, maps, codes, name):
    joint, marginal = PairScores(name="scores", dtype="float32")(maps, codes)
    return keras.Model(inputs, {"joint": joint, "marginal": marginal}, name=name)


def _embed(features, units, name):
    hidden = keras.layers.Dense(units, activation="relu", name=f"{name}_hidden")(
        features
    )
    hidden = keras.layers.Dense(units, name=f"{name}_out")(hidden)
    shortcut = keras.layers.Dense(units, use_bias=False, name=f"{name}_shortcut")(
        features
    )
    return keras.layers.Add()([hidden, shortcut])
