"""Models as downstream users call them: raw images in, named vectors out."""

import keras

from tfmi.preprocessing import PIXEL_OFFSET
from tfmi.preprocessing import PIXEL_SCALE


def serving_model(encoders, image_shape):
    """One model around one or more encoders, preprocessing inside.

    Args:
        encoders: `{output name: encoder}`, each from scaled float images to
            `{"feature_map", "vector"}`.
        image_shape: `(height, width, channels)`.

    Returns:
        A float32 model from uint8 `images` `(batch, height, width, channels)`
        to `{output name: (batch, size)}`.
    """
    images = keras.Input(image_shape, dtype="uint8", name="images")
    scaled = keras.layers.Rescaling(PIXEL_SCALE, PIXEL_OFFSET, dtype="float32")(
        keras.ops.cast(images, "float32")
    )
    return keras.Model(images, _vectors(encoders, scaled), name="serving")


def scaled_model(encoders, image_shape):
    """The same from float32 `images` that are already scaled to [-1, 1]."""
    images = keras.Input(image_shape, dtype="float32", name="images")
    return keras.Model(images, _vectors(encoders, images), name="scaled")


def in_float32(encoder):
    """The encoder itself, or its float32 copy if it computes in another type."""
    if all(layer.compute_dtype == "float32" for layer in encoder.layers):
        return encoder
    copy = keras.models.clone_model(encoder, clone_function=_layer_in_float32)
    copy.set_weights(encoder.get_weights())
    return copy


def _layer_in_float32(layer):
    return layer.__class__.from_config({**layer.get_config(), "dtype": "float32"})


def _vectors(encoders, scaled):
    outputs = {}
    for name, encoder in encoders.items():
        vector = encoder(scaled, training=False)["vector"]
        outputs[name] = keras.layers.Identity(name=name, dtype="float32")(vector)
    return outputs
