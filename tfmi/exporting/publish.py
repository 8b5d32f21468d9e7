"""Export a run: write aside, verify, and only then put in place.

<output>/<recipe>/<encoder>/<version>/   SavedModel, for TensorFlow Serving
<output>/<recipe>/<encoder>.onnx         also .int8.onnx and .float16.onnx
<output>/<recipe>/cards/                 a model card an export
<output>/<recipe>/references/            images, and what Keras says of them
<output>/<recipe>/models.config          of the server, and batching.config
<output>/<recipe>/manifest.json          sha256, sizes, differences
"""

import json
import pathlib
import tempfile

from tfmi.errors import DataError
from tfmi.exporting import manifest
from tfmi.exporting import server_files
from tfmi.exporting.encoder_export import Export
from tfmi.exporting.encoder_export import Options
from tfmi.exporting.encoder_export import onnx_name
from tfmi.exporting.transaction import Publication

NAMES = ("shared", "exclusive", "combined")


def export_run(run, format_name="all", output="exported", **options):
    """Export the shared, exclusive and combined encoders of every domain.

    Args:
        run: gives `path`, `recipe`, `config`, `domains`, `image_shape`,
            `factors`, `scores`, `encoder(representation, domain)` and
            `sample_images(domain, count, split)`.
        format_name: a key of `build.FORMATS`.
        output: folder.
        options: others of `build.Options`.

    Returns:
        A list of `{"path", "difference"}`, with "change" for int8 and float16.

    Raises:
        DataError: where an export differs from Keras (nothing is published) or
            the folder cannot be written.
        UsageError: for options that do not go together.
    """
    options = Options(format_name, **options)
    target = pathlib.Path(output) / run.recipe.name
    try:
        target.mkdir(parents=True, exist_ok=True)
        known = manifest.read(target)
        # Beside the target, so that the last step is a rename.
        with tempfile.TemporaryDirectory(prefix=manifest.ASIDE, dir=target) as aside:
            aside = pathlib.Path(aside)
            exports = _build(run, known, target, aside / "new", options)
            # Read again: another export may have ended meanwhile.
            _put_in_place(exports, manifest.read(target), target, aside)
    except OSError as error:
        raise DataError(
            f"the export folder must be writable. Received: {target} ({error})"
        ) from error
    return [
        _summary(target / name, model)
        for export in exports
        for name, model in export.info["models"].items()
    ]


def _summary(path, model):
    summary = {"path": path, "difference": max(model["differences"].values())}
    if "change" in model:
        summary["change"] = model["change"]
    return summary


def _build(run, known, target, folder, options):
    exports = []
    for domain in run.domains:
        for name in NAMES:
            encoder = f"{name}_{domain}" if len(run.domains) > 1 else name
            version = _next_version(encoder, known, target)
            export = Export(run, name, domain, encoder, version, folder)
            export.write(options)
            exports.append(export)
    return exports


def _next_version(encoder, known, target):
    """One after the newest of that encoder, in either format."""
    used = [
        export["version"]
        for export in known["exports"].values()
        if export["encoder"] == encoder
    ]
    folder = target / encoder
    if folder.is_dir():
        # The server reads a version as an integer: "00000007" is 7.
        used += [int(p.name) for p in folder.iterdir() if p.name.isdecimal()]
    return max(used, default=0) + 1


def _put_in_place(exports, known, target, aside):
    """Servers watch the version folders: they come last but for the manifest."""
    new = aside / "new"
    models = [name for export in exports for name in export.info["models"]]
    stale = _replaced(exports)
    dropped = manifest.replace_models(known, stale)
    for export in exports:
        names = [*export.names, *export.info["models"]]
        known["files"].update(manifest.file_entries(new, names, export.key))
        known["exports"][export.key] = export.info
    configs = _write_configs(known, target, new)
    known["files"].update(manifest.file_entries(new, configs, None))
    (new / manifest.NAME).write_text(json.dumps(known, indent=2) + "\n", "utf-8")
    others = [name for export in exports for name in export.names]
    order = sorted(models, key=lambda name: not name.endswith(".onnx"))
    with Publication(target, aside / "replaced") as publication:
        for name in sorted(set(dropped) - set(models)):
            publication.remove(name)
        for name in [*others, *configs, *order, manifest.NAME]:
            publication.put(new / name, name)


def _replaced(exports):
    """ONNX files that go: an int8 file must not outlive its float32 one."""
    return [
        onnx_name(export.encoder, kind)
        for export in exports
        if onnx_name(export.encoder) in export.info["models"]
        for kind in (None, "int8", "float16")
    ]


def _write_configs(known, target, new):
    encoders = {
        export["encoder"]
        for export in known["exports"].values()
        if any(model["kind"] == "savedmodel" for model in export["models"].values())
    }
    if not encoders:
        return []
    text = server_files.models_config(target, sorted(encoders))
    (new / server_files.MODELS).write_text(text, "utf-8")
    (new / server_files.BATCHING).write_text(server_files.BATCHING_TEXT, "utf-8")
    return [server_files.MODELS, server_files.BATCHING]
