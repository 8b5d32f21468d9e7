"""From the images that a user has to the floats that the encoders take."""

import functools

import tensorflow as tf

from tfmi.errors import UsageError

PIXEL_SCALE = 1 / 127.5
PIXEL_OFFSET = -1.0


def scale_images(images):
    """uint8 images to float32 in [-1, 1]."""
    return tf.cast(images, tf.float32) * PIXEL_SCALE + PIXEL_OFFSET


def encoder_images(images):
    """Images as the encoders take them: uint8 is scaled to [-1, 1], floats are
    taken as they are.

    Raises:
        UsageError: for other types.
    """
    images = tf.convert_to_tensor(images)
    if images.dtype == tf.uint8:
        return scale_images(images)
    if not images.dtype.is_floating:
        raise UsageError(
            "images must be uint8 in [0, 255] or floats in [-1, 1]. "
            f"Received: {images.dtype.name}"
        )
    return images


def representer(encoder):
    """A function from images (`encoder_images`) to the vectors of an encoder, both
    as arrays."""

    @functools.cache
    def program(shape, dtype):
        # One for any number of images: to trace it takes longer than to run it.
        @tf.function(input_signature=[tf.TensorSpec([None, *shape], dtype)])
        def vectors(images):
            return encoder(encoder_images(images), training=False)["vector"]

        return vectors

    def represent(images):
        images = tf.convert_to_tensor(images)
        return program(tuple(images.shape[1:]), images.dtype)(images).numpy()

    return represent


def representers(model, representations, domains):
    """`{(Representation, domain): function}` of a model's encoders: `representer`."""
    return {
        (representation, domain): representer(
            model.encoder(representation.name, domain)
        )
        for representation in representations
        for domain in domains
    }
