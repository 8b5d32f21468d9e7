"""Models as downstream users call them: raw images in, named vectors out."""

import keras
import numpy as np

from tfmi.models.preprocessing import PIXEL_OFFSET
from tfmi.models.preprocessing import PIXEL_SCALE
from tfmi.models.preprocessing import scale_images
from tfmi.models.quantization import FiniteScalarQuantization

SCALED = "scaled"


def serving_model(encoders, image_shape):
    """One model around one or more encoders, preprocessing inside, in float32.

    Args:
        encoders: `{output name: encoder}`, of any precision.
        image_shape: `(height, width, channels)`.

    Returns:
        A model from uint8 `images` `(batch, height, width, channels)` to
        `{output name: (batch, size)}`; see `scaled_model` for its inside.
    """
    images = keras.Input(image_shape, dtype="uint8", name="images")
    scaled = keras.layers.Rescaling(PIXEL_SCALE, PIXEL_OFFSET, dtype="float32")(
        keras.ops.cast(images, "float32")
    )
    outputs = _scaled_model(encoders, image_shape)(scaled, training=False)
    return keras.Model(images, outputs, name="serving")


def scaled_model(serving):
    """The part of a serving model that takes float images in [-1, 1]."""
    return serving.get_layer(SCALED)


def _scaled_model(encoders, image_shape):
    images = keras.Input(image_shape, dtype="float32", name="images")
    outputs = {}
    for name, encoder in encoders.items():
        vector = in_float32(encoder)(images, training=False)["vector"]
        outputs[name] = keras.layers.Identity(name=name, dtype="float32")(vector)
    return keras.Model(images, outputs, name=SCALED)


def right_outputs(encoders, images, tolerance):
    """What the encoders say of images, and may say after errors of arithmetic.

    A code of a few levels jumps where it is at the border of two of them, so
    there each of the two is right.

    Args:
        encoders: as of `serving_model`.
        images: uint8 `(batch, height, width, channels)`.
        tolerance: of the code before it is rounded.

    Returns:
        `{output name: (right values, batch, size)}`: one of each, or, of codes of
        a few levels, three.
    """
    images = scale_images(images)
    return {
        name: np.stack(_right_outputs(in_float32(encoder), images, tolerance))
        for name, encoder in encoders.items()
    }


def _right_outputs(encoder, images, tolerance):
    rounding = _rounding(encoder)
    if rounding is None:
        return [encoder(images, training=False)["vector"]]
    code = keras.Model(encoder.input, rounding.input)(images, training=False)
    return [rounding(code + error) for error in (0, -tolerance, tolerance)]


def _rounding(encoder):
    """The layer that rounds the encoder's vector, or `None`."""
    for layer in encoder.layers:
        if isinstance(layer, FiniteScalarQuantization):
            if layer.output is encoder.output["vector"]:
                return layer
    return None


def in_float32(encoder):
    """The encoder itself, or a float32 copy where it computes in another type."""
    if all(layer.compute_dtype == "float32" for layer in _layers(encoder)):
        return encoder
    copy = type(encoder).from_config(_without_precision(encoder.get_config()))
    copy.set_weights([value.astype("float32") for value in encoder.get_weights()])
    return copy


def _layers(model):
    """The layers of a model and of the models within it."""
    for layer in model.layers:
        yield layer
        yield from _layers(layer) if isinstance(layer, keras.Model) else ()


def _without_precision(config):
    """A layer's config with each policy and float type replaced by float32."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return "float32"
        return {name: _without_precision(value) for name, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(_without_precision(value) for value in config)
    return "float32" if config in ("float16", "bfloat16") else config
