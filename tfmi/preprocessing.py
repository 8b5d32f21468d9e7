"""From the images that a user has to the floats that the encoders take."""

import tensorflow as tf

PIXEL_SCALE = 1 / 127.5
PIXEL_OFFSET = -1.0


def scale_images(images):
    """uint8 images to float32 in [-1, 1]."""
    return tf.cast(images, tf.float32) * PIXEL_SCALE + PIXEL_OFFSET
