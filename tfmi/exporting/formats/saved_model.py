"""SavedModels for TensorFlow Serving, and the runner that verification uses.

The runner is the loader that TensorFlow Serving uses, not
`tf.saved_model.load`, which accepts exports that the server cannot run.
"""

import contextlib

import tensorflow as tf

from tfmi.exporting import graph
from tfmi.exporting.serving_model import scaled_model

DEFAULT = "serving_default"
SCALED = "scaled"
ENCODED = "encoded"


class _Served(tf.Module):
    """Tracks the bare variables.

    Keras's own export archive writes each of them twice; a module that tracks
    Keras variables, or a model, writes what the server's loader cannot restore.
    """

    def __init__(self, model):
        super().__init__()
        self.weights = [variable.value for variable in model.variables]


def write(model, path, enlarge=True):
    """Write a SavedModel with dynamic batch, signatures to `{name: (batch, size)}`.

    `serving_default` takes uint8 `images`, `scaled` float32 `images` in [-1, 1],
    and `encoded`, for models of 1 or 3 channels, PNG or JPEG `image_bytes`
    `(batch,)`. Another size of image fails with a message that names the rule:
    so height, width and channels are unknown to the signature.

    Args:
        model: of `serving_model`.
        path: new folder.
        enlarge: as in `graph.decode_images`.
    """
    functions = {
        DEFAULT: _from_images(model, tf.uint8),
        SCALED: _from_images(scaled_model(model), tf.float32),
    }
    if takes_encoded(model.input_shape[1:]):
        functions[ENCODED] = _from_files(model, enlarge)
    tf.saved_model.save(_Served(model), str(path), signatures=functions)


def takes_encoded(image_shape):
    """Whether a model of such images has the signature for PNG and JPEG."""
    return image_shape[-1] in graph.ENCODED_CHANNELS


def _from_images(model, dtype):
    @tf.function(input_signature=[tf.TensorSpec((None,) * 4, dtype, name="images")])
    def forward(images):
        images = graph.checked(images, model.input_shape[1:])
        return graph.on_any_batch(model, images)

    return forward


def _from_files(model, enlarge):
    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, "image_bytes")])
    def forward(image_bytes):
        images = graph.decode_images(image_bytes, model.input_shape[1:], enlarge)
        return graph.on_any_batch(model, images)

    return forward


@contextlib.contextmanager
def _session(path):
    # Neither is made the default: the caller may compute eagerly meanwhile.
    graph_of_file = tf.Graph()
    session = tf.compat.v1.Session(graph=graph_of_file)
    with contextlib.closing(session):
        with graph_of_file.as_default(), _no_advice():
            bundle = tf.compat.v1.saved_model.loader.load(session, ["serve"], str(path))
        yield session, bundle


@contextlib.contextmanager
def _no_advice():
    """Without TensorFlow's advice to use Python's loader."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel("ERROR")
    try:
        yield
    finally:
        logger.setLevel(level)


@contextlib.contextmanager
def loaded(path):
    """Gives a function `(signature, batch) -> {output: array}`, and `signatures`.

    By the loader and the session of the server; not by Python's loader.
    """
    with _session(path) as (session, bundle):

        def call(signature, batch):
            known = bundle.signature_def[signature]
            (tensor,) = known.inputs.values()
            fetches = {name: info.name for name, info in known.outputs.items()}
            return session.run(fetches, {tensor.name: batch})

        yield call, _signatures(bundle)


def run(path, batches, signature=DEFAULT):
    """Outputs of a signature for each batch."""
    with loaded(path) as (call, _):
        return [call(signature, batch) for batch in batches]


def signatures(path):
    """`{signature: {"inputs", "outputs"}}`, each `{name: {"dtype", "shape"}}`."""
    with _session(path) as (_, bundle):
        return _signatures(bundle)


def _signatures(bundle):
    return {
        name: {"inputs": _infos(info.inputs), "outputs": _infos(info.outputs)}
        for name, info in sorted(bundle.signature_def.items())
        if not name.startswith("__")
    }


def _infos(infos):
    return {
        name: {
            "dtype": tf.dtypes.as_dtype(info.dtype).name,
            "shape": [None if d.size < 0 else d.size for d in info.tensor_shape.dim],
        }
        for name, info in sorted(infos.items())
    }


def described(path, image_shape):
    """`signatures`, with the size of image that the graph checks."""
    known = signatures(path)
    for signature in known.values():
        if "images" in signature["inputs"]:
            signature["inputs"]["images"]["shape"] = [None, *image_shape]
    return known
