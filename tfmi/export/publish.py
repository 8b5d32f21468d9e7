"""Export a run: write aside, verify, and only then put in place.

<output>/<recipe>/<encoder>/<version>/   SavedModel, for TensorFlow Serving
<output>/<recipe>/<encoder>.onnx
<output>/<recipe>/manifest.json          sha256, sizes, differences
"""

import hashlib
import json
import os
import pathlib
import shutil
import tempfile

import tensorflow as tf

from tfmi.errors import DataError
from tfmi.export import formats
from tfmi.export import verify
from tfmi.export.serving import serving_model

FORMATS = {"savedmodel": ["savedmodel"], "onnx": ["onnx"]}
FORMATS["all"] = FORMATS["savedmodel"] + FORMATS["onnx"]


def export_run(run, format_name="all", output="exported", opset=17):
    """Export the shared, exclusive and combined encoders of every domain.

    Args:
        run: gives `recipe`, `domains`, `image_shape`, `factors`,
            `encoder(representation, domain)` and `sample_images`.
        format_name: a key of `FORMATS`.
        output: folder.
        opset: of the ONNX files.

    Returns:
        A list of `{"path", "difference"}`.

    Raises:
        DataError: where an export differs from Keras (it is not published) or
            the folder cannot be written.
    """
    target = pathlib.Path(output) / run.recipe.name
    published = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that the last step is a rename.
        with tempfile.TemporaryDirectory(prefix=".tmp-", dir=target) as aside:
            aside = pathlib.Path(aside)
            ready = [
                _write_verified(run, name, domain, kind, aside, opset)
                for domain in run.domains
                for name in ("shared", "exclusive", "combined")
                for kind in FORMATS[format_name]
            ]
            for entry in ready:
                published.append(_publish(entry, target))
        _write_manifest(target, published, run)
    except (OSError, tf.errors.OpError) as error:
        raise DataError(
            f"the export folder must be writable. Received: {target} ({error})"
        ) from error
    return published


def _write_verified(run, name, domain, kind, aside, opset):
    parts = ("shared", "exclusive") if name == "combined" else (name,)
    model = serving_model(
        {part: run.encoder(part, domain) for part in parts}, run.image_shape
    )
    encoder = f"{name}_{domain}" if len(run.domains) > 1 else name
    batches = verify.probe_batches(run.sample_images(domain, 64))
    path = aside / f"{encoder}.{kind}"
    if kind == "savedmodel":
        formats.write_saved_model(model, path)
        received = formats.run_saved_model(path, batches)
    else:
        formats.write_onnx(model, path, opset, _metadata(run, domain))
        received = formats.run_onnx(path, batches)
    difference = verify.largest_difference(formats.run_keras(model, batches), received)
    verify.require_equal(difference, f"{encoder} as {kind}")
    return {"encoder": encoder, "kind": kind, "aside": path, "difference": difference}


def _metadata(run, domain):
    return {
        "recipe": run.recipe.name,
        "factors": json.dumps(run.factors[domain]),
        "versions": json.dumps(run.config["versions"]),
    }


def _publish(entry, target):
    if entry["kind"] == "onnx":
        path = target / f"{entry['encoder']}.onnx"
        os.replace(entry["aside"], path)
    else:
        folder = target / entry["encoder"]
        folder.mkdir(exist_ok=True)
        path = folder / str(_next_version(folder))
        shutil.move(entry["aside"], path)
    return {"path": path, "difference": entry["difference"]}


def _next_version(folder):
    # The server reads a version as an integer: "00000007" is 7.
    versions = [int(p.name) for p in folder.iterdir() if p.name.isdecimal()]
    return max(versions, default=0) + 1


def _write_manifest(target, published, run):
    entries = {
        str(file.relative_to(target)): {
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "bytes": file.stat().st_size,
            "largest_difference": entry["difference"],
        }
        for entry in published
        for file in _files(entry["path"])
    }
    path = target / "manifest.json"
    known = json.loads(path.read_text())["files"] if path.is_file() else {}
    content = {
        "recipe": run.recipe.to_dict(),
        "run": run.path.name,
        "versions": run.config["versions"],
        "files": {**known, **entries},
    }
    temporary = target / ".tmp-manifest.json"
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def _files(path):
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file())
