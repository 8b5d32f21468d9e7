"""Models in files, and copies of them in another precision."""

import contextlib
import zipfile

import keras

from tfmi.files import foreign
from tfmi.files import largest_content
from tfmi.files import open_plain


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
    """The model of a `.keras` file; no code that is in it is run.

    Raises:
        DataError: where the file is damaged, unpacks to more than a file of its size
            may, or needs such code.
    """
    with whole_file(path):
        with open_plain(path) as file, zipfile.ZipFile(file) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > largest_content(path):
            raise ValueError(f"it unpacks to {size:,} bytes")
        return keras.saving.load_model(path)


@contextlib.contextmanager
def whole_file(path):
    """Turns what reading a damaged `.keras` file raises into a DataError with the
    reason."""
    with foreign("a saved model must be a whole .keras file", path):
        try:
            yield
        except Exception as error:  # Keras's errors are of many kinds
            raise ValueError(_reason(error)) from error


def _reason(error):
    """What Keras says of the cause, without the configuration before it."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    if "safe_mode" in text:
        return "a Lambda layer or other Python code in it, which is not run"
    return text.rpartition("Exception encountered: ")[2].strip()
