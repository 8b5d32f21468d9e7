"""Trained encoders, wherever they are: a run, an export, an ONNX file."""

import contextlib
import dataclasses
import json
import pathlib
from collections.abc import Callable

from tfmi.errors import DataError


@dataclasses.dataclass(frozen=True)
class Encoder:
    """What gives the vectors.

    Attributes:
        source: one line for people.
        image_shape: `(height, width, channels)`.
        enlarge: as in `images.read_image`, the same as in training.
        represent: function from uint8 images to `{name: (batch, size)}`.
    """

    source: str
    image_shape: tuple[int, int, int]
    enlarge: bool
    represent: Callable


def open_encoder(path, domain=None):
    """The encoder of a run, of an export folder, of a SavedModel or ONNX file.

    Args:
        path: a run folder, `exported/<recipe>`, a version folder of a
            SavedModel in it, or an `.onnx` file.
        domain: "x" or "y" where each has an encoder of its own; by default x.

    Raises:
        DataError: where there is none.
    """
    path = pathlib.Path(path)
    if path.suffix == ".onnx":
        return _of_onnx(path)
    if (path / "config.json").is_file():
        return _of_run(path, domain or "x")
    if (path / "manifest.json").is_file():
        return _of_export(path, domain)
    if (path / "saved_model.pb").is_file():
        return _of_saved_model(path)
    raise DataError(
        "the encoder must be a run folder, exported/<recipe>, a SavedModel in it or "
        f"an .onnx file. Received: {path}"
    )


def _of_run(path, domain):
    from tfmi import runs

    run = runs.load(path)
    parts = {part: run.represent(part, domain) for part in ("shared", "exclusive")}
    return Encoder(
        f"run {path}, domain {domain}",
        run.image_shape,
        run.config.get("enlarge", True),
        lambda images: {name: part(images) for name, part in parts.items()},
    )


def _of_export(folder, domain):
    """The newest combined encoder: ONNX where there is one, else SavedModel."""
    from tfmi.exporting import manifest

    exports = manifest.read(folder)["exports"].values()
    known = [e for e in exports if e["encoder"].startswith("combined")]
    domains = sorted({export["domain"] for export in known})
    chosen = [e for e in known if e["domain"] == (domain or domains[0])]
    if not chosen:
        raise DataError(
            f"--domain must be one of {', '.join(domains) or 'none'} for {folder}. "
            f"Received: {domain}"
        )
    newest = max(chosen, key=lambda export: export["version"])
    name = min(newest["models"], key=lambda n: newest["models"][n]["kind"] != "onnx")
    if newest["models"][name]["kind"] == "onnx":
        return _of_onnx(folder / name)
    return _of_saved_model(folder / name)


def _of_onnx(path):
    from tfmi.exporting.onnx_session import open_session
    from tfmi.exporting.onnx_session import outputs

    session = open_session(path)
    metadata = session.get_modelmeta().custom_metadata_map
    return Encoder(
        f"ONNX file {path}",
        tuple(session.get_inputs()[0].shape[1:]),
        json.loads(metadata.get("enlarge", "true")),
        lambda images: outputs(session, images),
    )


def _of_saved_model(path):
    from tfmi.exporting import manifest
    from tfmi.exporting.formats import saved_model

    folder = path.resolve().parents[1]
    key = path.resolve().relative_to(folder).as_posix()
    export = manifest.read(folder)["exports"].get(key)
    if export is None:
        raise DataError(
            "a SavedModel must lie in the folder that tfmi export wrote. "
            f"Received: {path}"
        )
    # The stack keeps the session open for as long as the function lives.
    stack = contextlib.ExitStack()
    call, _ = stack.enter_context(saved_model.loaded(path))
    return Encoder(
        f"SavedModel {path}",
        tuple(export["image_shape"]),
        export["enlarge"],
        lambda images, opened=stack: call(saved_model.DEFAULT, images),
    )
