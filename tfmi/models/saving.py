"""Models in files, and copies of them in another precision."""

import contextlib
import zipfile

import keras

from tfmi.errors import DataError


@contextlib.contextmanager
def dtype_policy(name):
    """Networks built within have this dtype policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def copied(model, build):
    """A model from `build()` with the weights of another, of any precision."""
    copy = build()
    for own, weight in zip(copy.weights, model.weights, strict=True):
        own.assign(weight)
    return copy


def load_model(path):
    """The model of a `.keras` file.

    Raises:
        DataError: where the file is damaged.
    """
    with whole_file(path):
        return keras.saving.load_model(path)


@contextlib.contextmanager
def whole_file(path):
    """Turns what reading a damaged `.keras` file raises into a DataError."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(
            "a saved model must be a whole .keras file. "
            f"Received: {path} ({type(error).__name__})"
        ) from error
