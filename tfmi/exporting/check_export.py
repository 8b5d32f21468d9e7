"""Verify an export later, without the run that it was made from."""

import json
import pathlib

from tfmi.errors import DataError
from tfmi.errors import first_line
from tfmi.exporting import comparison
from tfmi.exporting import formats
from tfmi.exporting import manifest
from tfmi.exporting import reference


def verify_export(folder, progress=print):
    """Compare files with the manifest and outputs with Keras's of the export.

    Args:
        folder: `<output>/<recipe>` of an export.
        progress: called with a line of text for each model and each problem.

    Raises:
        DataError: where a file is changed, missing or not in the manifest, or a
            model gives other outputs. All of them are named.
    """
    folder = pathlib.Path(folder)
    manifest.require(folder)
    content = manifest.read(folder)
    bad = manifest.problems(folder, content)
    problems = [f"{what:9}{_shown(name)}" for name, what in bad.items()]
    for key, export in content["exports"].items():
        problems += _check_outputs(folder, key, export, bad, progress)
    for line in problems:
        progress(line)
    if problems:
        raise DataError(
            f"an export must be as it was written. Received: {'; '.join(problems)}"
        )


def _check_outputs(folder, key, export, bad, progress):
    """A line for each model of an export that does not say what Keras said."""
    if export["reference"] in bad:
        return [f"unknown  outputs of {key}, without its reference"]
    try:
        arrays = reference.load(folder / export["reference"])
        reference.require_complete(arrays, export)
    except DataError as error:
        return [f"fails    {_shown(export['reference'])}: {error}"]
    lines = []
    for name, model in export["models"].items():
        if not any(f == name or f.startswith(f"{name}/") for f in bad):
            lines += _compare(folder / name, name, export, model, arrays, progress)
    return lines


def _compare(path, name, export, model, arrays, progress):
    try:
        export_format = formats.find(model["kind"])
        own = export_format.name(export["encoder"], export["version"])
        if name != own:
            raise DataError(f"a model of this kind must be {own}")
        differences = export_format.differences(path, arrays)
    except Exception as error:  # a damaged model fails in many ways
        return [f"fails    {_shown(name)}: {first_line(error)}"]
    shown = json.dumps({part: f"{value:.1e}" for part, value in differences.items()})
    progress(f"{name}  {model['kind']}  differs by {shown}")
    tolerance = _tolerance(export_format, model, arrays)
    return [
        f"differs  {_shown(name)}, {part}: {value:.2e}, above {tolerance:.1e}"
        for part, value in differences.items()
        if not value <= tolerance
    ]


def _tolerance(export_format, model, arrays):
    """What a model may differ by, whatever the manifest says that it did."""
    if not export_format.made_from:
        return comparison.TOLERANCE
    return min(model["tolerance"], comparison.tolerance(reference.span(arrays)))


def _shown(name):
    """The name of a file on one line."""
    return name if name.isprintable() else ascii(name)
