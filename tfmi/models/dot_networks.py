"""Deep InfoMax's encode-and-dot-product statistics networks.

A cheaper critic than concatenation: the map and the code are embedded apart,
and a score is the dot product of the two embeddings, so the code of every
other image of the batch serves as a negative at the cost of one matrix
multiplication (Hjelm et al. 2019, section 3.2 and appendix A).
"""

import keras
import tensorflow as tf

from tfmi.models.networks import discriminator_inputs
from tfmi.models.networks import map_summary
from tfmi.models.networks import normalized_dense
from tfmi.models.networks import statistics_inputs


@keras.saving.register_keras_serializable(package="tfmi")
class PairScores(keras.layers.Layer):
    """Dot products of each key with each query, plus the query's offset.

    Call arguments: `keys` `(batch, positions, size)`, `queries`
    `(batch, size)`, `offsets` `(batch, 1)`.

    Returns:
        `(joint, marginal)`, float32: `(batch, positions)` scores of an image's
        own pair and `(batch - 1, batch, positions)` scores of all other pairs.
    """

    def call(self, keys, queries, offsets):
        batch, positions, size = tf.shape(keys)[0], keys.shape[1], keys.shape[2]
        rows = tf.reshape(keys, [-1, size])
        scores = tf.matmul(queries, rows, transpose_b=True) + offsets
        scores = tf.reshape(tf.cast(scores, tf.float32), [-1, positions])
        # An n x n matrix (of rows of positions) less its first entry is n - 1
        # rows of n + 1 entries, each of which ends on the diagonal.
        first, rest = tf.split(scores, [1, batch * batch - 1])
        rest = tf.reshape(rest, [batch - 1, (batch + 1) * positions])
        marginal, own = tf.split(rest, [batch * positions, positions], axis=1)
        marginal = tf.reshape(marginal, [batch - 1, batch, positions])
        return tf.concat([first, own], axis=0), marginal

    def compute_output_shape(self, keys_shape, queries_shape, offsets_shape):
        batch, positions = keys_shape[:2]
        return (batch, positions), (None, batch, positions)

    def compute_output_spec(self, keys, queries, offsets):
        shapes = self.compute_output_shape(keys.shape, queries.shape, offsets.shape)
        return tuple(keras.KerasTensor(shape, "float32") for shape in shapes)


def local_dot_network(map_shape, code_size, units=512, name=None):
    """As `networks.local_statistics_network`, by dot products.

    Returns:
        A model to `{"joint": (batch, positions),
        "marginal": (batch - 1, batch, positions)}`; `marginal_code` is not
        used, as each other code of the batch is a negative.
    """
    inputs = statistics_inputs(map_shape, code_size)
    positions = map_shape[0] * map_shape[1]
    maps = keras.ops.reshape(inputs["feature_map"], (-1, map_shape[2]))
    return _dot_network(inputs, maps, positions, units, name)


def global_dot_network(map_shape, code_size, units=512, name=None):
    """As `networks.global_statistics_network`, by dot products."""
    inputs = statistics_inputs(map_shape, code_size)
    summary = map_summary(inputs["feature_map"])
    return _dot_network(inputs, summary, 1, units, name)


def dot_discriminator(
    shared_size, exclusive_size, units=512, spectral_norm=False, name=None
):
    """As `networks.discriminator`, by dot products.

    S and E are embedded apart, so that each E of the batch is a sample of the
    marginals for each S: batch - 1 of them where a shuffle gives one.

    Returns:
        A model to `{"joint": (batch, 1), "marginal": (batch - 1, batch, 1)}`;
        `marginal_exclusive` is not used.
    """
    dense = normalized_dense if spectral_norm else keras.layers.Dense
    inputs = discriminator_inputs(shared_size, exclusive_size)
    codes = _embed(inputs["exclusive"], units, "exclusive", dense)
    return _scored(inputs, inputs["shared"], 1, codes, units, ("shared", name), dense)


def _dot_network(inputs, maps, positions, units, name):
    codes = _embed(inputs["code"], units, "code")
    return _scored(inputs, maps, positions, codes, units, ("map", name))


def _scored(inputs, features, positions, codes, units, names, dense=keras.layers.Dense):
    """Dot products of the embeddings of `features` with `codes`.

    An embedding is `out(hidden) + shortcut(features)`, whose product with a
    code is that of `hidden` and `features` with the code taken through the
    transposed layers: the same scores, but the last layers pass over as many
    rows as there are codes, not positions of the images.

    Args:
        features: `(batch * positions, size)`.
        codes: `(batch, units)`.
        dense: class of the layers but that of the offsets, which see the codes
            alone.
    """
    prefix, name = names
    hidden = _hidden(features, units, prefix, dense)
    keys = keras.layers.Concatenate()([hidden, features])
    keys = keras.ops.reshape(keys, (-1, positions, keys.shape[-1]))
    codes = keras.layers.Rescaling(units**-0.5)(codes)
    queries = keras.layers.Concatenate()(
        [
            dense(size, use_bias=False, name=f"{prefix}_{layer}")(codes)
            for layer, size in (("out", units), ("shortcut", features.shape[-1]))
        ]
    )
    offsets = keras.layers.Dense(
        1, use_bias=False, kernel_initializer="zeros", name=f"{prefix}_bias"
    )(codes)
    joint, marginal = PairScores(name="scores")(keys, queries, offsets)
    return keras.Model(inputs, {"joint": joint, "marginal": marginal}, name=name)


def _hidden(features, units, prefix, dense):
    return dense(units, activation="relu", name=f"{prefix}_hidden")(features)


def _embed(features, units, prefix, dense=keras.layers.Dense):
    out = dense(units, name=f"{prefix}_out")
    shortcut = dense(units, use_bias=False, name=f"{prefix}_shortcut")
    hidden = _hidden(features, units, prefix, dense)
    return keras.layers.Add()([out(hidden), shortcut(features)])
