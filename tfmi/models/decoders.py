"""From codes to images: the encoders' mirror image."""

import math

import keras

from tfmi.models.layers import MapNormalization
from tfmi.models.layers import SeededDropout
from tfmi.models.networks import num_blocks

IMAGE_DTYPE = "float32"


def map_sizes(image_shape):
    """`(rows, columns)` of the image and of the map after each stride-2 convolution
    of an encoder for it."""
    sizes = [tuple(image_shape[:2])]
    for _ in range(num_blocks(image_shape)):
        sizes.append(tuple((side + 1) // 2 for side in sizes[-1]))
    return sizes


def code_decoder(size, image_shape, width=64, name=None):
    """A decoder of codes: a dense layer to the encoder's last map, then
    `upsampled`.

    Args:
        size: length of the code.
        image_shape: `(height, width, channels)`.
        width: channels of the map of the largest size, as of `networks.encoder`.

    Returns:
        A model from `(batch, size)` to `(batch, height, width, channels)`, float32 and
        of any range.
    """
    code = keras.Input((size,), name="code")
    blocks = num_blocks(image_shape)
    shape = (*map_sizes(image_shape)[-1], width * min(2 ** (blocks - 1), 8))
    features = keras.layers.Dense(math.prod(shape), name="map")(code)
    features = keras.layers.Reshape(shape)(features)
    features = MapNormalization(name="map_norm")(features)
    features = keras.layers.ReLU(name="map_relu")(features)
    return keras.Model(code, upsampled(features, image_shape, width), name=name)


def upsampled(
    features, image_shape, width, initializer="glorot_uniform", dropouts=(), seed=None
):
    """An image `(batch, height, width, channels)` of a map as small as the encoder's
    last one.

    Transposed 4x4 stride-2 convolutions with batch normalisation and ReLU, the last
    one linear; what the encoder's rounding up added to a side is cut off.

    Args:
        features: the map.
        width: channels before the last convolution, doubled for each one before.
        initializer: of the kernels.
        dropouts: rates of dropout after the first convolutions.
        seed: int32 `(2,)`, of the dropout.
    """
    sizes = map_sizes(image_shape)[:-1]
    for block in reversed(range(1, len(sizes))):
        features = _transposed(
            features, width * min(2 ** (block - 1), 8), sizes[block], block, initializer
        )
        features = MapNormalization(name=f"norm_{block}")(features)
        for rate in dropouts[:1]:
            dropout = SeededDropout(rate, name=f"dropout_{block}")
            features = dropout(features, seed + block)
        dropouts = dropouts[1:]
        features = keras.layers.ReLU(name=f"relu_{block}")(features)
    image = _transposed(features, image_shape[2], sizes[0], 0, initializer, True)
    return keras.layers.Activation("linear", dtype=IMAGE_DTYPE, name="image")(image)


def _transposed(features, filters, size, block, initializer, use_bias=False):
    features = keras.layers.Conv2DTranspose(
        filters,
        4,
        strides=2,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=initializer,
        name=f"deconv_{block}",
    )(features)
    more = [now - wanted for now, wanted in zip(features.shape[1:3], size, strict=True)]
    if not any(more):
        return features
    cropping = tuple((0, rest) for rest in more)
    return keras.layers.Cropping2D(cropping, name=f"crop_{block}")(features)
