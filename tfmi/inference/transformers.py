"""Exported encoders as scikit-learn transformers: ONNX, without TensorFlow."""

from __future__ import annotations

import pathlib
from os import PathLike
from typing import TYPE_CHECKING
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator
from sklearn.base import TransformerMixin

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.exporting.onnx_session import OnnxSession

if TYPE_CHECKING:
    from typing_extensions import Self

# The encoder of all representations, as `tfmi export` names its files.
COMBINED = "combined"


class OnnxEncoder(TransformerMixin, BaseEstimator):
    """Turns images into vectors by an exported encoder.

    Nothing is fitted, so it can stand in a `Pipeline` and in a grid search;
    a clone and a pickle hold the parameters, not the session.

    Args:
        path: an `.onnx` file, or a folder that `tfmi export` wrote
            (`exported/<recipe>`).
        representation: name of the representation to give, such as "shared".
        domain: "x" or "y", for a folder whose domains have encoders of their
            own.
        batch_size: number of images that are encoded together.

    Example:
        >>> encoder = tfmi.OnnxEncoder("exported/iam", "shared")
        >>> vectors = encoder.transform(images)
    """

    def __init__(
        self,
        path: str | PathLike[str],
        representation: str,
        domain: str | None = None,
        batch_size: int = 256,
    ):
        self.path = path
        self.representation = representation
        self.domain = domain
        self.batch_size = batch_size

    def fit(self, X: npt.ArrayLike, y: Any = None) -> Self:
        """Nothing to fit; checks that the images suit the encoder."""
        self._check(self._open(), X)
        return self

    def transform(self, X: npt.ArrayLike) -> npt.NDArray[np.float32]:
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
            session(images[start : start + self.batch_size], [name])[name]
            for start in range(0, len(images), self.batch_size)
        ]
        return np.concatenate(vectors) if vectors else np.zeros((0, size), np.float32)

    def __sklearn_is_fitted__(self):
        return True

    def __getstate__(self):
        state = super().__getstate__()
        return {name: value for name, value in state.items() if name != "_session"}

    def _open(self):
        wanted = self.path, self.representation, self.domain
        opened = getattr(self, "_session", None)
        if opened is None or opened[0] != wanted:
            self._session = wanted, OnnxSession(find_model(*wanted))
        return self._session[1]

    def _output(self, session):
        """Name and size of the representation among the outputs."""
        if self.representation not in session.sizes:
            raise DataError(
                f"the encoder must have the output {self.representation}. "
                f"Received: {', '.join(session.sizes)} in {self.path}"
            )
        return self.representation, session.sizes[self.representation]

    def _check(self, session, images):
        images = np.asarray(images)
        shape = session.image_shape
        if images.ndim == 3 and shape[-1] == 1:
            images = images[..., None]
        if images.dtype != np.uint8 or images.shape[1:] != shape:
            raise DataError(
                f"images must be uint8 of shape (n, {', '.join(map(str, shape))}). "
                f"Received: {images.dtype} {images.shape}"
            )
        return images


class SharedEncoder(OnnxEncoder):
    """The shared representation S, as an `OnnxEncoder`.

    Args:
        path, domain, batch_size: as of `OnnxEncoder`.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        domain: str | None = None,
        batch_size: int = 256,
    ):
        super().__init__(path, "shared", domain, batch_size)


class ExclusiveEncoder(OnnxEncoder):
    """The exclusive representation E, as an `OnnxEncoder`.

    Args:
        path, domain, batch_size: as of `OnnxEncoder`.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        domain: str | None = None,
        batch_size: int = 256,
    ):
        super().__init__(path, "exclusive", domain, batch_size)


def find_model(path, representation, domain=None):
    """The ONNX file of a representation: `path` itself, or one of its folder.

    Raises:
        DataError: where there is none.
        UsageError: where the folder has one a domain and none is named.
    """
    path = pathlib.Path(path)
    if path.is_file():
        return path
    suffixes = ("", "_x", "_y") if domain is None else (f"_{domain}",)
    files = []
    # Its own file, or that of all representations together.
    for name in (representation, COMBINED):
        candidates = [path / f"{name}{suffix}.onnx" for suffix in suffixes]
        files = files or [each for each in candidates if each.is_file()]
    if not files:
        raise DataError(
            "path must be an .onnx file or a folder of tfmi export --format onnx. "
            f"Received: {path}"
        )
    if len(files) > 1:
        raise UsageError(
            f"domain must be x or y for {path}, which has an encoder for each. "
            "Received: None"
        )
    return files[0]
