"""The networks, as plain functional Keras models.

Encoders are DCGAN-like, statistics networks Deep-InfoMax-like (section 4.3).
Every statistics network takes the same three inputs and gives the scores of
the joint and of the marginal samples, so the models need not know its kind.
"""

import keras

from tfmi.errors import UsageError
from tfmi.models.layers import MapNormalization
from tfmi.models.quantization import FiniteScalarQuantization

# Of codes, whatever the precision of the maps.
CODES = "float32"


def num_blocks(image_shape):
    """How many stride-2 blocks bring the smaller side to at most 4 pixels."""
    side, blocks = min(image_shape[:2]), 0
    while side > 4:
        side, blocks = (side + 1) // 2, blocks + 1
    return blocks


def encoder(image_shape, size, width=64, normalize=False, levels=0, name=None):
    """DCGAN-like encoder: the feature map C(x) and the vector f(C(x)).

    Stride-2 4x4 convolutions with batch normalisation and leaky ReLU, their
    number chosen by the image size (28: 3, 64 or 64x256: 4), their width
    doubling from `width` up to 8 times; the feature map is the output of the
    last but one (28: 7x7x128, 64: 8x8x256, 64x256: 8x32x256).

    Args:
        image_shape: `(height, width, channels)`, sides of 9 pixels at least.
        size: length of the vector.
        width: channels of the first convolution.
        normalize: batch-normalise the vector, without scale or offset, so
            that each dimension has unit variance over the data: L1 agreement
            (Eq. 6) then cannot be had by shrinking S.
        levels: round each dimension to this many levels
            (`FiniteScalarQuantization`); 0 leaves it continuous.

    Returns:
        A model from scaled float images `(batch, height, width, channels)` to
        `{"feature_map": (batch, rows, columns, channels),
        "vector": (batch, size)}`.

    Raises:
        UsageError: for an image too small for two blocks.
    """
    blocks = num_blocks(image_shape)
    if blocks < 2:
        raise UsageError(
            "image sides must be at least 9 pixels. "
            f"Received: {image_shape[0]}x{image_shape[1]}"
        )
    image = _input(image_shape, "image")
    features, maps = image, []
    for block in range(blocks):
        features = _convolution(features, width * min(2**block, 8), block)
        maps.append(features)
    vector = keras.layers.Flatten()(features)
    vector = keras.layers.Dense(size, name="vector", dtype=CODES)(vector)
    if normalize:
        vector = keras.layers.BatchNormalization(
            center=False, scale=False, name="unit_variance", dtype=CODES
        )(vector)
    if levels:
        vector = FiniteScalarQuantization(levels, dtype=CODES, name="levels")(vector)
    return keras.Model(image, {"feature_map": maps[-2], "vector": vector}, name=name)


def _input(shape, name):
    """In the precision of the network: else each layer would cast it again."""
    return keras.Input(
        shape, name=name, dtype=keras.config.dtype_policy().compute_dtype
    )


def _convolution(features, filters, block):
    features = keras.layers.Conv2D(
        filters, 4, strides=2, padding="same", use_bias=False, name=f"conv_{block}"
    )(features)
    features = MapNormalization(name=f"norm_{block}")(features)
    return keras.layers.LeakyReLU(0.2, name=f"relu_{block}")(features)


def statistics_inputs(map_shape, code_size):
    """The three inputs of a statistics network, by name."""
    return {
        "feature_map": _input(map_shape, "feature_map"),
        "code": _input((code_size,), "code"),
        "marginal_code": _input((code_size,), "marginal_code"),
    }


def _split_scores(scores):
    joint, marginal = keras.ops.split(scores, 2, axis=0)
    return {"joint": joint, "marginal": marginal}


def local_statistics_network(map_shape, code_size, units=512, name=None):
    """Concatenate-and-convolve statistics network of Deep InfoMax (Eq. 4).

    Two 1x1 convolutions of `units` on the code concatenated to each position
    of the feature map, and a linear output. The first layer of a
    concatenation is a sum of a map part, the same for the joint and the
    marginal pair, and a code part, the same at each position; computed so it
    is the same function for a fraction of the work.

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
    return keras.Model(inputs, outputs, name=name)


def global_statistics_network(map_shape, code_size, units=512, name=None):
    """Global statistics network of Deep InfoMax (Eq. 3).

    Two 3x3 convolutions (64 and 32 channels) summarise the feature map; it is
    flattened, concatenated to the code (factored as in
    `local_statistics_network`) and passes two dense layers of `units`.

    Returns:
        A model from `{"feature_map", "code", "marginal_code"}` to
        `{"joint", "marginal"}`, each `(batch, 1)`.
    """
    inputs = statistics_inputs(map_shape, code_size)
    summary = map_summary(inputs["feature_map"])
    map_part = keras.layers.Dense(units, name="map_part")(summary)
    code_part = keras.layers.Dense(units, use_bias=False, name="code_part")
    hidden = keras.layers.Concatenate(axis=0)(
        [
            map_part + code_part(inputs["code"]),
            map_part + code_part(inputs["marginal_code"]),
        ]
    )
    hidden = keras.layers.ReLU()(hidden)
    hidden = keras.layers.Dense(units, activation="relu", name="hidden")(hidden)
    scores = keras.layers.Dense(1, name="score")(hidden)
    return keras.Model(inputs, _split_scores(scores), name=name)


def map_summary(feature_map):
    """What the global network keeps of a feature map: two 3x3 convolutions, flat."""
    summary = keras.layers.Conv2D(
        64, 3, padding="same", activation="relu", name="summary_0"
    )(feature_map)
    summary = keras.layers.Conv2D(
        32, 3, padding="same", activation="relu", name="summary_1"
    )(summary)
    return keras.layers.Flatten()(summary)


def normalized_dense(units, **options):
    """A dense layer whose kernel has 1 as its largest singular value (Miyato et
    al. 2018, spectral normalization; one power iteration a call in training)."""
    layer = keras.layers.Dense(units, **options)
    # The layer's product stays in half precision; its kernel, which Keras puts
    # back normalised at each step, must not be rounded to it.
    return keras.layers.SpectralNormalization(layer, dtype="float32")


def discriminator(
    shared_size, exclusive_size, units=512, spectral_norm=False, name=None
):
    """Fully connected network with 3 layers on (S, E) (section 4.3).

    The first layer of the concatenation is factored as in
    `local_statistics_network`.

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
    hidden = keras.layers.Concatenate(axis=0)(
        [
            shared_part + exclusive_part(inputs["exclusive"]),
            shared_part + exclusive_part(inputs["marginal_exclusive"]),
        ]
    )
    hidden = keras.layers.LeakyReLU(0.2)(hidden)
    hidden = dense(units, name="hidden")(hidden)
    hidden = keras.layers.LeakyReLU(0.2)(hidden)
    logits = dense(1, name="logit")(hidden)
    return keras.Model(inputs, _split_scores(logits), name=name)


def domain_discriminator(size, units=512, name=None):
    """Fully connected network with 3 layers on S (`adversary.domain_value`).

    Returns:
        A model from codes `(batch, size)` to logits `(batch, 1)`.
    """
    code = hidden = _input((size,), "shared")
    for layer in range(2):
        hidden = keras.layers.Dense(units, name=f"hidden_{layer}")(hidden)
        hidden = keras.layers.LeakyReLU(0.2)(hidden)
    return keras.Model(code, keras.layers.Dense(1, name="logit")(hidden), name=name)


def discriminator_inputs(shared_size, exclusive_size):
    """The three inputs of a discriminator of (S, E), by name."""
    return {
        "shared": _input((shared_size,), "shared"),
        "exclusive": _input((exclusive_size,), "exclusive"),
        "marginal_exclusive": _input((exclusive_size,), "marginal_exclusive"),
    }
