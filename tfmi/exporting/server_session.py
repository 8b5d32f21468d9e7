"""SavedModels in the loader and the session of TensorFlow Serving.

Not `tf.saved_model.load`, which accepts exports that the server cannot run.
"""

import contextlib

import tensorflow as tf


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
    """Gives a function `(signature, batch) -> {output: array}`, and `signatures`."""
    with _session(path) as (session, bundle):

        def call(signature, batch):
            definition = bundle.signature_def[signature]
            (tensor,) = definition.inputs.values()
            fetches = {name: info.name for name, info in definition.outputs.items()}
            return session.run(fetches, {tensor.name: batch})

        yield call, _signatures(bundle)


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
