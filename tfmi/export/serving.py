"""Models as downstream users call them: raw images in, named vectors out."""

import keras

from tfmi.preprocessing import PIXEL_OFFSET
from tfmi.preprocessing import PIXEL_SCALE


def serving_model(encoders, image_shape):
    """One model around one or more encoders, preprocessing inside.

    Args:
        encoders: `{output name: encoder}`.
        image_shape: `(height, width, channels)`.

    Returns:
        A model from uint8 `images` `(batch, height, width, channels)` to
        `{output name: (batch, size)}`.
    """
    images = keras.Input(image_shape, dtype="uint8", name="images")
    scaled = keras.layers.Rescaling(PIXEL_SCALE, PIXEL_OFFSET)(
        keras.ops.cast(images, "float32")
    )
    outputs = {}
    for name, encoder in encoders.items():
        vector = encoder(scaled, training=False)["vector"]
        outputs[name] = keras.layers.Identity(name=name)(vector)
    return keras.Model(images, outputs, name="serving")
