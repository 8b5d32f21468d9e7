"""The graph of a SavedModel: its variables and its signatures."""

import tensorflow as tf

from tfmi.exporting import graph
from tfmi.exporting import image_files
from tfmi.exporting.serving_model import scaled_model

DEFAULT = "serving_default"
SCALED = "scaled"
ENCODED = "encoded"


class ServedModule(tf.Module):
    """Tracks the bare variables.

    Keras's own export archive writes each of them twice; a module that tracks
    Keras variables, or a model, writes what the server's loader cannot restore.
    """

    def __init__(self, model):
        super().__init__()
        self.weights = [variable.value for variable in model.variables]


def save(model, path, enlarge=True):
    """Write a SavedModel with dynamic batch, signatures to `{name: (batch, size)}`.

    `serving_default` takes uint8 `images`, `scaled` float32 `images` in [-1, 1],
    and `encoded`, for models of 1 or 3 channels, PNG or JPEG `image_bytes`
    `(batch,)`. Another size of image fails with a message that names the rule:
    so height, width and channels are unknown to the signature.

    Args:
        model: of `serving_model`.
        path: new folder.
        enlarge: as in `image_files.decode_images`.
    """
    functions = {
        DEFAULT: _from_images(model, tf.uint8),
        SCALED: _from_images(scaled_model(model), tf.float32),
    }
    if graph.takes_files(model.input_shape[1:]):
        functions[ENCODED] = _from_files(model, enlarge)
    tf.saved_model.save(ServedModule(model), str(path), signatures=functions)


def _from_images(model, dtype):
    @tf.function(input_signature=[tf.TensorSpec((None,) * 4, dtype, name="images")])
    def forward(images):
        images = graph.checked(images, model.input_shape[1:])
        return graph.on_any_batch(model, images)

    return forward


def _from_files(model, enlarge):
    signature = [tf.TensorSpec((None,), tf.string, "image_bytes")]

    @tf.function(input_signature=signature, autograph=False)
    def forward(image_bytes):
        images = image_files.decode_images(image_bytes, model.input_shape[1:], enlarge)
        return graph.on_any_batch(model, images)

    return forward
