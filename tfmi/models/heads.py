"""Encoders whose vector goes through one more network: S as the contrast sees it."""

import keras

from tfmi.models.networks import CODE_DTYPE

# Of a code, where it is divided by its length: one of zeros stays so.
LEAST_SQUARE = 1e-8


def headed(encoder, head):
    """An encoder whose vector goes through a network, and `unit_code`.

    Args:
        encoder: model from images to `{"feature_map", "vector"}`.
        head: model from its vectors to others.

    Returns:
        A model of the encoder's inputs and outputs, that uses the layers of both.
    """
    given = encoder.input
    image = keras.Input(given.shape[1:], name="image", dtype=given.dtype)
    outputs = encoder(image)
    vector = unit_code(head(outputs["vector"]))
    return keras.Model(image, {**outputs, "vector": vector}, name=encoder.name)


def unit_code(vector):
    """A code `(batch, size)` over its length: the mean of its squares is 1."""
    vector = keras.ops.cast(vector, CODE_DTYPE)
    squares = keras.ops.mean(keras.ops.square(vector), axis=-1, keepdims=True)
    return vector * keras.ops.rsqrt(squares + LEAST_SQUARE)


def shared_encoders(shared_model):
    """What stage 2 takes of stage 1, by the arguments of its model."""
    encoders = {"x": shared_model.encoder_x, "y": shared_model.encoder_y}
    if shared_model.contrast_head:
        # A head of its own each: a file holds a layer of two networks once.
        encoders = {
            domain: encoder and headed(encoder, _copy(shared_model.contrast_network))
            for domain, encoder in encoders.items()
        }
    return {f"shared_encoder_{domain}": each for domain, each in encoders.items()}


def _copy(network):
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    return copy
