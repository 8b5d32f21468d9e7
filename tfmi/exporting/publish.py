"""Export encoders: write aside, verify, and only then put in place.

<folder>/<encoder>/<version>/   SavedModel, for TensorFlow Serving
<folder>/<encoder>.onnx         and one file for each other format
<folder>/cards/                 a model card an export
<folder>/references/            images, and what Keras says of them
<folder>/models.config          of the server; batching.config, compose.yaml
<folder>/manifest.json          sha256, sizes, differences
"""

import contextlib
import errno
import json
import os
import pathlib
import shutil

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.exporting import formats
from tfmi.exporting import manifest
from tfmi.exporting import server_files
from tfmi.exporting import source as sources
from tfmi.exporting.encoder_export import EncoderExport
from tfmi.exporting.options import Options
from tfmi.exporting.transaction import Transaction
from tfmi.files import aside
from tfmi.locks import lock

# Why a disk takes nothing more, as every library passes it on.
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
# So little that a file may have been cut by it.
FULL_BYTES = 64 * 1024


def export_run(run, formats=formats.ALL, output="exported", **options):
    """Export the encoders of a run into `<output>/<recipe>`.

    There is one encoder for each representation and domain, and one for all
    representations of a domain together.

    Args:
        run: a finished `Run`; its dataset is not needed.
        formats: names of formats (`formats.choose`).
        output: folder.
        options: others of `Options`.

    Returns:
        A list of `{"path", "difference"}`, with "change" for formats that are made
        from others.

    Raises:
        DataError: where an export differs from Keras (nothing is published) or
            the folder cannot be written.
        UsageError: for options that do not go together.
    """
    options = Options(formats, **options)
    target = pathlib.Path(output) / run.recipe.name
    return _publish(sources.of_run(run), target, options)


def export_model(model, output, formats=formats.ALL, images=None, name=None, **options):
    """Export the encoders of a `SharedModel` or an `ExclusiveModel` into a folder.

    Args:
        model: the trained model.
        output: folder.
        formats: names of formats (`formats.choose`).
        images: as in `source.of_model`; formats that are made from others need
            them.
        name: first part of the names that a server knows the encoders by; by
            default the folder's.
        options: others of `Options`.

    Returns, Raises: as `export_run`.
    """
    options = Options(formats, **options)
    if images is None and options.measures_change:
        kinds = [each.kind for each in options.formats if each.made_from]
        raise UsageError(
            f"images must be given for {', '.join(kinds)}, whose change is measured "
            "on them. Received: None"
        )
    target = pathlib.Path(output)
    name = name or target.resolve().name
    return _publish(sources.of_model(model, name, images), target, options)


def _publish(source, target, options):
    try:
        target.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that the last step is a rename.
        with _locked(target), aside(target) as folder, _disk_errors(folder):
            content = manifest.read(target)
            exports = _build(source, content, target, folder / "new", options)
            # Read again: where there are no locks another export may have ended.
            content = manifest.read(target)
            _require_new(exports, content, target)
            _put_in_place(exports, content, target, folder)
    except OSError as error:
        raise DataError(
            "the export folder must be writable, with space. "
            f"Received: {target} ({error.strerror or error})"
        ) from error
    return [
        _summary(target / name, model)
        for export in exports
        for name, model in export.info["models"].items()
    ]


@contextlib.contextmanager
def _disk_errors(folder):
    """An OSError for what the libraries that write the models raise on a full disk.

    Some leave half a file without a word, and fail when they read it again.
    """
    try:
        yield
    except Exception as error:
        said = [number for number in DISK_ERRORS if os.strerror(number) in str(error)]
        if shutil.disk_usage(folder).free < FULL_BYTES:
            said.append(errno.ENOSPC)
        if isinstance(error, OSError) or not said:
            raise
        raise OSError(said[0], os.strerror(said[0])) from error


@contextlib.contextmanager
def _locked(target):
    """One export at a time: two would take the same version, and each other's
    manifest."""
    with contextlib.ExitStack() as stack:
        if os.name == "posix":
            number = os.open(target, os.O_RDONLY)
            stack.callback(os.close, number)
            if lock(number) is False:
                raise DataError(
                    "one export at a time can write into a folder. Received: another "
                    f"one is writing into {target}"
                )
        yield


def _require_new(exports, content, target):
    """Raise a DataError where another export has taken a version meanwhile."""
    for export in exports:
        if export.key in content["exports"] or (target / export.key).exists():
            raise DataError(
                "versions must be new. Received: another export has written "
                f"{target / export.key} meanwhile; export again"
            )


def _summary(path, model):
    summary = {"path": path, "difference": max(model["differences"].values())}
    if "change" in model:
        summary["change"] = model["change"]
    return summary


def _build(source, content, target, folder, options):
    exports = []
    encoders = sources.encoders_of(source, options.encoders)
    for encoder, (representations, domain) in encoders.items():
        version = _next_version(encoder, content, target)
        export = EncoderExport(
            source, representations, domain, encoder, version, folder, options
        )
        export.write()
        exports.append(export)
    return exports


def _next_version(encoder, content, target):
    """One after the newest of that encoder, in any format."""
    used = [
        export["version"]
        for export in content["exports"].values()
        if export["encoder"] == encoder
    ]
    folder = target / encoder
    if folder.is_dir():
        # The server reads a version as an integer: "00000007" is 7.
        used += [int(p.name) for p in folder.iterdir() if p.name.isdecimal()]
    return max(used, default=0) + 1


def _put_in_place(exports, content, target, folder):
    """Servers watch the version folders: they come last but for the manifest. What is
    replaced leaves it first, so that no kill leaves one of other files than there are.
    """
    new, kept = folder / "new", folder / manifest.NAME
    models = [name for export in exports for name in export.info["models"]]
    dropped = manifest.replace_models(content, _replaced(exports))
    _write_manifest(kept, {**content, "files": manifest.files_of_exports(content)})
    for export in exports:
        names = [*export.names, *export.info["models"]]
        content["files"].update(manifest.file_entries(new, names, export.key))
        content["exports"][export.key] = export.info
    configs = _write_configs(content, new, exports[0].options.model_root)
    content["files"].update(manifest.file_entries(new, configs, None))
    _write_manifest(new / manifest.NAME, content)
    others = [name for export in exports for name in export.names]
    order = sorted(models, key=lambda name: (new / name).is_dir())
    with Transaction(target, folder / "replaced") as transaction:
        if (target / manifest.NAME).exists():
            transaction.put(kept, manifest.NAME)
        for name in sorted(set(dropped) - set(models)):
            transaction.remove(name)
        for name in [*others, *configs, *order, manifest.NAME]:
            transaction.put(new / name, name)


def _write_manifest(path, content):
    path.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def _replaced(exports):
    """Files that go: those that are written anew, and what was made from them."""
    every = [formats.find(name) for name in formats.names()]
    return [
        each.name(export.encoder, export.version)
        for export in exports
        for kind in (model["kind"] for model in export.info["models"].values())
        for each in every
        if kind in (each.kind, each.made_from)
    ]


def _write_configs(content, new, model_root):
    served = {
        export["encoder"]: export["name"]
        for export in content["exports"].values()
        if any(model["kind"] == "savedmodel" for model in export["models"].values())
    }
    if not served:
        return []
    texts = server_files.texts(served, model_root)
    for name, text in texts.items():
        (new / name).write_text(text, "utf-8")
    return list(texts)
