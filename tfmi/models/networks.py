"""Encoders, and what both kinds of statistics networks and discriminators share.

Encoders are DCGAN-like, statistics networks Deep-InfoMax-like (section 4.3):
`concat_networks` and `dot_networks`. Every statistics network takes the same three
inputs and gives the scores of the joint and of the marginal samples, so the models
need not know its kind.
"""

import keras

from tfmi.errors import UsageError
from tfmi.models.layers import MOMENTUM
from tfmi.models.layers import MapNormalization
from tfmi.models.quantization import FiniteScalarQuantization

# Of codes, whatever the precision of the maps.
CODE_DTYPE = "float32"
# Which of an encoder's maps.
FEATURE_MAPS = {"last": -1, "last_but_one": -2}


def num_blocks(image_shape):
    """How many stride-2 blocks bring the smaller side to at most 4 pixels."""
    side, blocks = min(image_shape[:2]), 0
    while side > 4:
        side, blocks = (side + 1) // 2, blocks + 1
    return blocks


def encoder(
    image_shape,
    size,
    width=64,
    normalize=False,
    levels=0,
    feature_map="last_but_one",
    name=None,
):
    """DCGAN-like encoder: the feature map C(x) and the vector f(C(x)).

    Stride-2 4x4 convolutions with batch normalisation and leaky ReLU, their
    number chosen by the image size (28: 3, 64 or 64x256: 4), their width
    doubling from `width` up to 8 times; the feature map is the output of one of
    the last two.

    Args:
        image_shape: `(height, width, channels)`, sides of 9 pixels at least.
        size: length of the vector.
        width: channels of the first convolution.
        normalize: batch-normalise the vector, without scale or offset, so
            that each dimension has unit variance over the data: L1 agreement
            (Eq. 6) then cannot be had by shrinking S.
        levels: round each dimension to this many levels
            (`FiniteScalarQuantization`); 0 leaves it continuous.
        feature_map: "last" (28: 4x4x256, 64: 4x4x512, 64x256: 4x16x512) or
            "last_but_one" (28: 7x7x128, 64: 8x8x256, 64x256: 8x32x256).

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
    vector = keras.layers.Dense(size, name="vector", dtype=CODE_DTYPE)(vector)
    vector = finished_code(vector, normalize, levels)
    chosen = maps[FEATURE_MAPS[feature_map]]
    return keras.Model(image, {"feature_map": chosen, "vector": vector}, name=name)


def finished_code(vector, normalize, levels):
    """A code after the layers that its settings ask for; see `encoder`."""
    if normalize:
        vector = keras.layers.BatchNormalization(
            momentum=MOMENTUM,
            center=False,
            scale=False,
            name="unit_variance",
            dtype=CODE_DTYPE,
        )(vector)
    if levels:
        vector = FiniteScalarQuantization(levels, dtype=CODE_DTYPE, name="levels")(
            vector
        )
    return vector


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


def functional_name():
    """The name that Keras gives the next functional model: "functional_4".

    TensorFlow sums gradients in the order of the names of a graph's nodes, so that
    statistics networks that were called by their class would round otherwise than
    those of the runs that were trained before they had one.
    """
    number = keras.backend.get_uid("functional") - 1
    return f"functional_{number}" if number else "functional"


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


def domain_discriminator(size, units=512, hidden=2, name=None):
    """Fully connected network on codes (`adversary.domain_value`).

    Args:
        hidden: number of layers of `units` before the linear one.

    Returns:
        A model from codes `(batch, size)` to logits `(batch, 1)`.
    """
    code = features = _input((size,), "shared")
    for layer in range(hidden):
        features = keras.layers.Dense(units, name=f"hidden_{layer}")(features)
        features = keras.layers.LeakyReLU(0.2)(features)
    return keras.Model(code, keras.layers.Dense(1, name="logit")(features), name=name)


def projection(size, units=512, head=False, name=None):
    """What a code is compared by: two layers, the first with ReLU (the projection head
    of Chen et al. 2020).

    Returns:
        A model from codes `(batch, size)` to `(batch, units)`, or to codes of the same
        size where it is the `head` of an encoder.
    """
    code = _input((size,), "code")
    hidden = keras.layers.Dense(units, activation="relu", name="hidden")(code)
    embedding = keras.layers.Dense(size if head else units, name="embedding")(hidden)
    return keras.Model(code, embedding, name=name or functional_name())


def regression(size, units, name=None):
    """A network from codes to codes of the same length, with two hidden layers."""
    code = features = keras.Input((size,), name="code", dtype=CODE_DTYPE)
    for layer in range(2):
        features = keras.layers.Dense(
            units, activation="relu", name=f"hidden_{layer}", dtype=CODE_DTYPE
        )(features)
    features = keras.layers.Dense(size, name="vector", dtype=CODE_DTYPE)(features)
    return keras.Model(code, features, name=name or functional_name())


def discriminator_inputs(shared_size, exclusive_size):
    """The three inputs of a discriminator of (S, E), by name."""
    return {
        "shared": _input((shared_size,), "shared"),
        "exclusive": _input((exclusive_size,), "exclusive"),
        "marginal_exclusive": _input((exclusive_size,), "marginal_exclusive"),
    }
