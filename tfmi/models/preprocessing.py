"""From the images that a user has to the floats that the encoders take."""

import tensorflow as tf

PIXEL_SCALE = 1 / 127.5
PIXEL_OFFSET = -1.0


def scale_images(images):
    """uint8 images to float32 in [-1, 1]."""
    return tf.cast(images, tf.float32) * PIXEL_SCALE + PIXEL_OFFSET


def representer(encoder):
    """A function from raw images to the vectors of an encoder, both as arrays."""

    @tf.function(reduce_retracing=True)
    def vectors(images):
        return encoder(scale_images(images), training=False)["vector"]

    return lambda images: vectors(images).numpy()
