"""Verify an export later, without the run that it was made from."""

import json
import pathlib

from tfmi.errors import DataError
from tfmi.exporting import formats
from tfmi.exporting import manifest
from tfmi.exporting import reference


def verify_export(folder, progress=print):
    """Compare files with the manifest and outputs with Keras's of the export.

    Args:
        folder: `<output>/<recipe>` of an export.
        progress: called with a line of text for each model.

    Raises:
        DataError: where a file is changed, missing or not in the manifest, or a
            model gives other outputs. All of them are named.
    """
    folder = pathlib.Path(folder)
    manifest.require(folder)
    content = manifest.read(folder)
    problems = manifest.problems(folder, content)
    bad = {line.split(maxsplit=1)[1] for line in problems}
    for key, export in content["exports"].items():
        if export["reference"] in bad:
            problems.append(f"unknown  outputs of {key}, without its reference")
            continue
        arrays = reference.load(folder / export["reference"])
        for name, model in export["models"].items():
            if not any(f == name or f.startswith(f"{name}/") for f in bad):
                problems += _compare(folder / name, name, model, arrays, progress)
    if problems:
        raise DataError(
            "an export must be as it was written. Received:\n  " + "\n  ".join(problems)
        )


def _compare(path, name, model, arrays, progress):
    try:
        differences = formats.find(model["kind"]).differences(path, arrays)
    except Exception as error:  # a damaged model fails in many ways
        return [f"fails    {name}: {str(error).splitlines()[0]}"]
    shown = json.dumps({part: f"{value:.1e}" for part, value in differences.items()})
    progress(f"{name}  {model['kind']}  differs by {shown}")
    return [
        f"differs  {name}, {part}: {value:.2e}, above {model['tolerance']:.1e}"
        for part, value in differences.items()
        if not value <= model["tolerance"]
    ]
