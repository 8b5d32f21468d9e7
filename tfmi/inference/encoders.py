"""Trained encoders, wherever they are: a run, an export, an ONNX file."""

import dataclasses
import os
import pathlib
from collections.abc import Callable

import numpy as np

from tfmi.errors import DataError


@dataclasses.dataclass(frozen=True)
class Encoder:
    """What gives the vectors.

    Attributes:
        source: one line for people.
        image_shape: `(height, width, channels)`.
        enlarge: as in `images.read_image`, the same as in training.
        represent: function from uint8 images to `{representation: (batch, size)}`.
    """

    source: str
    image_shape: tuple[int, int, int]
    enlarge: bool
    represent: Callable[[np.ndarray], dict[str, np.ndarray]]


def open_encoder(path: str | os.PathLike[str], domain: str | None = None) -> Encoder:
    """The encoder of a run, of an export folder, or of a model in one.

    Args:
        path: a run folder, `exported/<recipe>`, a file or version folder in it, or
            an `.onnx` file anywhere.
        domain: "x" or "y" where each has an encoder of its own; by default x.

    Returns:
        An `Encoder`.

    Raises:
        DataError: where there is none.

    Example:
        >>> encoder = tfmi.open_encoder("exported/colored-mnist")
        >>> vectors = encoder.represent(images)["shared"]
    """
    path = pathlib.Path(path)
    if path.suffix == ".onnx":
        return _of_onnx(path)
    if (path / "config.json").is_file():
        return _of_run(path, domain or "x")
    if (path / "manifest.json").is_file():
        return open_encoder(_newest_model(path, domain))
    for folder in path.resolve().parents[:2]:
        if (folder / "manifest.json").is_file():
            return _of_model(folder, path)
    raise DataError(
        "the encoder must be a run folder, exported/<recipe>, a model in it or an "
        f".onnx file. Received: {path}"
    )


def _of_run(path, domain):
    from tfmi import runs

    run = runs.load(path)
    parts = {r.name: run.represent(r.name, domain) for r in run.representations}
    return Encoder(
        f"run {path}, domain {domain}",
        run.image_shape,
        run.config.get("enlarge", True),
        lambda images: {name: part(images) for name, part in parts.items()},
    )


def _newest_model(folder, domain):
    """The newest encoder of most representations: ONNX where there is one."""
    from tfmi.exporting import manifest

    exports = manifest.read(folder)["exports"].values()
    domains = sorted({export["domain"] for export in exports})
    candidates = [e for e in exports if e["domain"] == (domain or domains[0])]
    if not candidates:
        raise DataError(
            f"--domain must be one of {', '.join(domains) or 'none'} for {folder}. "
            f"Received: {domain}"
        )
    newest = max(candidates, key=lambda e: (len(e["outputs"]), e["version"]))
    # It needs no TensorFlow.
    models = newest["models"]
    return folder / min(models, key=lambda name: models[name]["kind"] != "onnx")


def _of_onnx(path):
    from tfmi.exporting.onnx_session import OnnxSession

    session = OnnxSession(path)
    enlarge = session.metadata.get("enlarge", "true")
    if enlarge not in ("true", "false"):
        raise DataError(
            f"enlarge of an ONNX file must be true or false. Received: {enlarge} in "
            f"{path}"
        )
    return Encoder(f"ONNX file {path}", session.image_shape, enlarge == "true", session)


def _of_model(folder, path):
    """Of a file or folder that the manifest of an export folder names."""
    from tfmi.exporting import formats
    from tfmi.exporting import manifest

    name = path.resolve().relative_to(folder).as_posix()
    for export in manifest.read(folder)["exports"].values():
        if name in export["models"]:
            export_format = formats.find(export["models"][name]["kind"])
            return Encoder(
                f"{export_format.title} {path}",
                tuple(export["image_shape"]),
                export["enlarge"],
                export_format.open(path),
            )
    raise DataError(
        f"the encoder must be a model that tfmi export wrote. Received: {path}"
    )
