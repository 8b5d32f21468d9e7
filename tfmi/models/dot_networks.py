"""Deep InfoMax's encode-and-dot-product statistics networks.

Cheaper than concatenation: the map and the code are embedded apart, and a score is
the dot product of the two embeddings, so the code of every other image of the batch
serves as a negative at the cost of one matrix multiplication (Hjelm et al. 2019,
section 3.2 and appendix A).

An embedding is `out(hidden) + shortcut(features)`. Its product with a code is that
of `(hidden, features)`, the keys, with the code taken through the transposed layers,
the queries: the same scores, but the last layers pass over as many rows as there are
codes, not positions of the images.
"""

import keras
import tensorflow as tf

from tfmi.models.networks import discriminator_inputs
from tfmi.models.networks import functional_name
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


def pair_matrix(joint, marginal):
    """Scores of all codes with all images, from what `PairScores` gives of them.

    Args:
        joint: `(batch, positions)`.
        marginal: `(batch - 1, batch, positions)`.

    Returns:
        `(batch, batch, positions)`: a row a code, an image's own on the diagonal.
    """
    batch, positions = tf.shape(joint)[0], joint.shape[1]
    # As PairScores takes the diagonal out, each row but the first ends on it.
    rest = tf.concat([marginal, joint[1:, None]], axis=1)
    rows = tf.concat([joint[:1], tf.reshape(rest, [-1, positions])], axis=0)
    return tf.reshape(rows, [batch, batch, positions])


@keras.saving.register_keras_serializable(package="tfmi")
class DotNetwork(keras.Model):
    """A statistics network T(C, s) that scores all pairs by dot products.

    A functional model from `{"feature_map", "code", "marginal_code"}` to
    `{"joint", "marginal"}`; its parts score other maps and codes than those of one
    batch.
    """

    def map_part(self, feature_maps):
        """Keys of `(maps, rows, columns, channels)`: `(maps, positions, size)`; the
        global network has one position."""
        keys, _, _ = self.get_layer("scores").input
        return keras.Function(self.input["feature_map"], keys)(feature_maps)

    def code_part(self, codes):
        """Queries, and their offsets as the last column: `(codes, size + 1)`."""
        _, queries, offsets = self.get_layer("scores").input
        part = keras.Function(self.input["code"], [queries, offsets])
        return keras.ops.concatenate(part(codes), axis=-1)

    def scores(self, maps, codes):
        """T of each map with each code, `(maps, codes, positions)`, from their
        parts."""
        queries, offsets = codes[:, :-1], codes[:, -1:]
        return keras.ops.matmul(queries, keras.ops.swapaxes(maps, 1, 2)) + offsets

    def row_scores(self, maps, codes):
        """T of each map with the code in its row, float32 `(maps, positions)`, from
        their parts."""
        queries, offsets = codes[:, :-1, None], codes[:, -1:]
        scores = keras.ops.matmul(maps, queries)[..., 0] + offsets
        return keras.ops.cast(scores, "float32")


def local_dot_network(map_shape, code_size, units=512, name=None):
    """As `concat_networks.local_statistics_network`, by dot products.

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
    """As `concat_networks.global_statistics_network`, by dot products."""
    inputs = statistics_inputs(map_shape, code_size)
    summary = map_summary(inputs["feature_map"])
    return _dot_network(inputs, summary, 1, units, name)


def _dot_network(inputs, maps, positions, units, name):
    codes = _embedding(inputs["code"], units, "code")
    scores = _pair_scores(maps, positions, codes, "map")
    return DotNetwork(inputs, scores, name=name or functional_name())


def dot_discriminator(
    shared_size, exclusive_size, units=512, spectral_norm=False, name=None
):
    """As `concat_networks.discriminator`, by dot products.

    S and E are embedded apart, so that each E of the batch is a sample of the
    marginals for each S: batch - 1 of them where a shuffle gives one.

    Returns:
        A model to `{"joint": (batch, 1), "marginal": (batch - 1, batch, 1)}`;
        `marginal_exclusive` is not used.
    """
    dense = normalized_dense if spectral_norm else keras.layers.Dense
    inputs = discriminator_inputs(shared_size, exclusive_size)
    codes = _embedding(inputs["exclusive"], units, "exclusive", dense)
    scores = _pair_scores(inputs["shared"], 1, codes, "shared", dense)
    return keras.Model(inputs, scores, name=name)


def _embedding(features, units, prefix, dense=keras.layers.Dense):
    """`out(hidden) + shortcut(features)`: `(batch, units)`."""
    out = dense(units, name=f"{prefix}_out")
    shortcut = dense(units, use_bias=False, name=f"{prefix}_shortcut")
    hidden = _hidden(features, units, prefix, dense)
    return keras.layers.Add()([out(hidden), shortcut(features)])


def _pair_scores(features, positions, codes, prefix, dense=keras.layers.Dense):
    """Dot products of the embeddings of some features with all codes.

    Args:
        features: `(batch * positions, size)`.
        codes: `(batch, units)`, embedded.
        dense: class of the layers but that of the offsets, which see the codes
            alone.

    Returns:
        `{"joint", "marginal"}` as of `PairScores`.
    """
    units, size = codes.shape[-1], features.shape[-1]
    keys = _keys(features, positions, units, prefix, dense)
    codes = keras.layers.Rescaling(units**-0.5)(codes)
    out = dense(units, use_bias=False, name=f"{prefix}_out")(codes)
    shortcut = dense(size, use_bias=False, name=f"{prefix}_shortcut")(codes)
    queries = keras.layers.Concatenate()([out, shortcut])
    offsets = keras.layers.Dense(
        1, use_bias=False, kernel_initializer="zeros", name=f"{prefix}_bias"
    )(codes)
    joint, marginal = PairScores(name="scores")(keys, queries, offsets)
    return {"joint": joint, "marginal": marginal}


def _keys(features, positions, units, prefix, dense):
    """The hidden layer beside its input: `(batch, positions, units + size)`."""
    hidden = _hidden(features, units, prefix, dense)
    keys = keras.layers.Concatenate()([hidden, features])
    return keras.ops.reshape(keys, (-1, positions, keys.shape[-1]))


def _hidden(features, units, prefix, dense):
    return dense(units, activation="relu", name=f"{prefix}_hidden")(features)
