"""Deep InfoMax's concatenating statistics networks, and a discriminator of the kind.

The first layer of a concatenation is a sum of a part of one input and a part of
the other; computed so, each part once an input and not once a pair, it is the same
function for a fraction of the work.
"""

import keras

from tfmi.models.networks import discriminator_inputs
from tfmi.models.networks import functional_name
from tfmi.models.networks import map_summary
from tfmi.models.networks import normalized_dense
from tfmi.models.networks import statistics_inputs


@keras.saving.register_keras_serializable(package="tfmi")
class ConcatNetwork(keras.Model):
    """A statistics network T(C, s) that scores one pair at a time.

    A functional model from `{"feature_map", "code", "marginal_code"}` to
    `{"joint", "marginal"}`. Its parts score many maps with many codes at the cost
    of the first layers once a map or a code, and of the rest once a pair.
    """

    def map_part(self, feature_maps):
        """First layers on `(maps, rows, columns, channels)`: `(maps, positions,
        units)`; the global network has one position."""
        layer = self.get_layer("map_part")
        parts = keras.Function(self.input["feature_map"], layer.output)(feature_maps)
        return keras.ops.reshape(parts, (len(feature_maps), -1, layer.units))

    def code_part(self, codes):
        """First layer on `(codes, size)`: `(codes, units)`."""
        return self.get_layer("code_part")(codes)

    def scores(self, maps, codes):
        """T of each map with each code, `(maps, codes, positions)`, from their
        parts."""
        first = keras.ops.relu(maps[:, None] + codes[None, :, None])
        images, count, positions, units = first.shape
        rows = keras.ops.reshape(first, (images * count, positions, 1, units))
        values = self.get_layer("score")(self.get_layer("hidden")(rows))
        return keras.ops.reshape(values, (images, count, positions))


def local_statistics_network(map_shape, code_size, units=512, name=None):
    """Concatenate-and-convolve statistics network of Deep InfoMax (Eq. 4).

    Two 1x1 convolutions of `units` on the code concatenated to each position
    of the feature map, and a linear output.

    Args:
        map_shape: `(rows, columns, channels)`.
        code_size: length of the code.
        units: width of the two hidden layers.

    Returns:
        A model from `{"feature_map", "code", "marginal_code"}` to
        `{"joint", "marginal"}`, each `(batch, rows, columns, 1)`.
    """
    inputs = statistics_inputs(map_shape, code_size)
    rows = keras.ops.reshape(inputs["feature_map"], (-1, map_shape[-1]))
    map_part = keras.layers.Dense(units, name="map_part")(rows)
    map_part = keras.ops.reshape(map_part, (-1, *map_shape[:2], units))
    code_part = keras.layers.Dense(units, use_bias=False, name="code_part")
    # A convolution, whose gradients oneDNN computes faster than a matrix's of
    # this shape; the first and the last layer are faster as matrices.
    hidden = keras.layers.Conv2D(units, 1, activation="relu", name="hidden")
    score = keras.layers.Dense(1, name="score")

    def scores(code):
        first = map_part + keras.layers.Reshape((1, 1, units))(code_part(code))
        features = hidden(keras.layers.ReLU()(first))
        values = score(keras.ops.reshape(features, (-1, units)))
        return keras.ops.reshape(values, (-1, *map_shape[:2], 1))

    # Apart, as maps of this size cost more to copy into one batch than the
    # weights to read twice.
    outputs = {
        "joint": scores(inputs["code"]),
        "marginal": scores(inputs["marginal_code"]),
    }
    return ConcatNetwork(inputs, outputs, name=name or functional_name())


def global_statistics_network(map_shape, code_size, units=512, name=None):
    """Global statistics network of Deep InfoMax (Eq. 3).

    Two 3x3 convolutions (64 and 32 channels) summarise the feature map; it is
    flattened, concatenated to the code and passes two dense layers of `units`.

    Returns:
        A model from `{"feature_map", "code", "marginal_code"}` to
        `{"joint", "marginal"}`, each `(batch, 1)`.
    """
    inputs = statistics_inputs(map_shape, code_size)
    summary = map_summary(inputs["feature_map"])
    map_part = keras.layers.Dense(units, name="map_part")(summary)
    code_part = keras.layers.Dense(units, use_bias=False, name="code_part")
    hidden = _both(map_part, code_part, inputs["code"], inputs["marginal_code"])
    hidden = keras.layers.ReLU()(hidden)
    hidden = keras.layers.Dense(units, activation="relu", name="hidden")(hidden)
    scores = keras.layers.Dense(1, name="score")(hidden)
    return ConcatNetwork(inputs, _split(scores), name=name or functional_name())


def discriminator(
    shared_size, exclusive_size, units=512, spectral_norm=False, name=None
):
    """Fully connected network with 3 layers on (S, E) (section 4.3).

    Args:
        spectral_norm: whether its layers are `normalized_dense`.

    Returns:
        A model from `{"shared": (batch, shared_size),
        "exclusive": (batch, exclusive_size), "marginal_exclusive": likewise}`
        to logits `{"joint", "marginal"}`, each `(batch, 1)`.
    """
    dense = normalized_dense if spectral_norm else keras.layers.Dense
    inputs = discriminator_inputs(shared_size, exclusive_size)
    shared_part = dense(units, name="shared_part")(inputs["shared"])
    exclusive_part = dense(units, use_bias=False, name="exclusive_part")
    hidden = _both(
        shared_part, exclusive_part, inputs["exclusive"], inputs["marginal_exclusive"]
    )
    hidden = keras.layers.LeakyReLU(0.2)(hidden)
    hidden = dense(units, name="hidden")(hidden)
    hidden = keras.layers.LeakyReLU(0.2)(hidden)
    logits = dense(1, name="logit")(hidden)
    return keras.Model(inputs, _split(logits), name=name)


def _both(part, layer, joint, marginal):
    """First layers of the joint and of the marginal pairs, in one batch."""
    return keras.layers.Concatenate(axis=0)(
        [part + layer(joint), part + layer(marginal)]
    )


def _split(scores):
    joint, marginal = keras.ops.split(scores, 2, axis=0)
    return {"joint": joint, "marginal": marginal}
