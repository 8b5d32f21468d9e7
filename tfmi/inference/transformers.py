"""Exported encoders as scikit-learn transformers: ONNX, without TensorFlow."""

import pathlib

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.base import TransformerMixin

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.exporting.onnx_session import open_session


class _OnnxEncoder(TransformerMixin, BaseEstimator):
    """Images to vectors by an exported encoder.

    Nothing is fitted, so it can stand in a `Pipeline` and in a grid search;
    a clone and a pickle hold the parameters, not the session.

    Args:
        path: an `.onnx` file, or a folder that `tfmi export` wrote
            (`exported/<recipe>`).
        domain: "x" or "y", for a folder whose domains have encoders of their
            own.
        batch_size: images a run of the session.
    """

    representation = None

    def __init__(self, path, domain=None, batch_size=256):
        self.path = path
        self.domain = domain
        self.batch_size = batch_size

    def fit(self, X, y=None):
        """Nothing to fit; checks that the images suit the encoder."""
        self._check(self._open(), X)
        return self

    def transform(self, X):
        """Vectors of images.

        Args:
            X: uint8 `(n, height, width, channels)`, or `(n, height, width)`
                where the encoder takes one channel.

        Returns:
            float32 `(n, size)`.

        Raises:
            DataError: for images of another type or size.
        """
        session = self._open()
        images = self._check(session, X)
        name, size = self._output(session)
        vectors = [
            session.run([name], {"images": images[start : start + self.batch_size]})[0]
            for start in range(0, len(images), self.batch_size)
        ]
        return np.concatenate(vectors) if vectors else np.zeros((0, size), np.float32)

    def __sklearn_is_fitted__(self):
        return True

    def __getstate__(self):
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_session"}

    def _open(self):
        known = getattr(self, "_session", None)
        if known is not None and known[0] == (self.path, self.domain):
            return known[1]
        session = open_session(find_model(self.path, self.representation, self.domain))
        self._session = (self.path, self.domain), session
        return session

    def _output(self, session):
        """Name and size of the representation among the outputs."""
        sizes = {output.name: output.shape[-1] for output in session.get_outputs()}
        if self.representation not in sizes:
            raise DataError(
                f"the encoder must have the output {self.representation}. "
                f"Received: {', '.join(sizes)} in {self.path}"
            )
        return self.representation, sizes[self.representation]

    def _check(self, session, images):
        images = np.asarray(images)
        shape = tuple(session.get_inputs()[0].shape[1:])
        if images.ndim == 3 and shape[-1] == 1:
            images = images[..., None]
        if images.dtype != np.uint8 or images.shape[1:] != shape:
            raise DataError(
                f"images must be uint8 of shape (n, {', '.join(map(str, shape))}). "
                f"Received: {images.dtype} {images.shape}"
            )
        return images


class SharedEncoder(_OnnxEncoder):
    """The shared representation S; see `transform`."""

    representation = "shared"


class ExclusiveEncoder(_OnnxEncoder):
    """The exclusive representation E; see `transform`."""

    representation = "exclusive"


def find_model(path, representation, domain=None):
    """The ONNX file of a representation: `path` itself, or one of its folder.

    Raises:
        DataError: where there is none.
        UsageError: where the folder has one a domain and none is named.
    """
    path = pathlib.Path(path)
    if path.is_file():
        return path
    if domain is not None:
        candidates = [path / f"{representation}_{domain}.onnx"]
    else:
        candidates = [
            path / f"{representation}{suffix}.onnx" for suffix in ("", "_x", "_y")
        ]
    found = [candidate for candidate in candidates if candidate.is_file()]
    if not found:
        raise DataError(
            "path must be an .onnx file or a folder of tfmi export --format onnx. "
            f"Received: {path}"
        )
    if len(found) > 1:
        raise UsageError(
            f"domain must be x or y for {path}, which has an encoder for each. "
            "Received: None"
        )
    return found[0]
