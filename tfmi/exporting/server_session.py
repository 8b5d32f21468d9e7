"""SavedModels in the loader and the session of TensorFlow Serving.

Not `tf.saved_model.load`, which accepts exports that the server cannot run.
"""

import contextlib

import tensorflow as tf

from tfmi.files import foreign

# Lines of TensorFlow's messages before the one that says what is wrong.
HEADINGS = ("Graph execution error", "Detected at node", "Node:")


@contextlib.contextmanager
def one_line_of_errors(path):
    """Turns what loading and running a model raise into a DataError."""
    with foreign("a SavedModel must run in the server's loader", path):
        try:
            yield
        except tf.errors.OpError as error:
            raise ValueError(_reason(error)) from error


def _reason(error):
    """The first line that says what is wrong, after those on where."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    heads = [i for i, line in enumerate(lines) if line.startswith(HEADINGS)]
    rest = lines[max(heads, default=-1) + 1 :]
    return rest[0] if rest else type(error).__name__


@contextlib.contextmanager
def _session(path):
    # Neither is made the default: the caller may compute eagerly meanwhile.
    graph_of_file = tf.Graph()
    session = tf.compat.v1.Session(graph=graph_of_file)
    with contextlib.closing(session):
        with one_line_of_errors(path), graph_of_file.as_default(), _no_advice():
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

    Raises:
        DataError: for a folder that cannot be loaded.
    """
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
