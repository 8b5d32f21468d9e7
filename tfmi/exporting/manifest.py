"""manifest.json: what an export folder holds, and the sha256 of each file.

format    1
files     {path: {"sha256", "bytes", "export"}}; "export" is a key of exports
exports   {"<encoder>/<version>": what it is, its signatures, its `models`}
models    {path of a file or folder: {"kind" (its format), "differences", ...}}
"""

import hashlib
import json

from tfmi.errors import DataError

NAME = "manifest.json"
FORMAT = 1
ASIDE = ".tmp-"


def empty():
    """The manifest of an empty folder."""
    return {"format": FORMAT, "files": {}, "exports": {}}


def require(folder):
    """Raise a DataError for a folder without a manifest."""
    if not (folder / NAME).is_file():
        raise DataError(
            f"an export must be a folder with {NAME}, as exported/<recipe>. "
            f"Received: {folder}"
        )


def read(folder):
    """The manifest of a folder; an empty one where there is none yet.

    Raises:
        DataError: for a file that is no manifest.
    """
    path = folder / NAME
    if not path.exists():
        return empty()
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        _check(content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise DataError(
            f"{NAME} must be as tfmi export wrote it. "
            f"Received: {path} ({type(error).__name__}: {error})"
        ) from error
    return content


def _check(content):
    if content["format"] != FORMAT:
        raise ValueError(f"format {content['format']}")
    for name, entry in content["files"].items():
        if name.startswith("/") or ".." in name.split("/"):
            raise ValueError(f"a path outside the folder, {name}")
        if not isinstance(entry["sha256"], str) or type(entry["bytes"]) is not int:
            raise ValueError(f"no sha256 and size of {name}")
        if entry["export"] is not None and entry["export"] not in content["exports"]:
            raise ValueError(f"no export of {name}")
    for export in content["exports"].values():
        if export["reference"] not in content["files"]:
            raise ValueError(f"no file {export['reference']}")
        for name, model in export["models"].items():
            if not isinstance(model["kind"], str):
                raise ValueError(f"{name} of kind {model['kind']}")
            float(model["tolerance"])


def file_entries(folder, names, export):
    """`files` entries of files and of all files in folders.

    Args:
        folder: that names are relative to.
        names: of files and folders.
        export: their export's key, or None.
    """
    files = [file for name in names for file in _files(folder / name)]
    return {
        file.relative_to(folder).as_posix(): {**digest(file), "export": export}
        for file in files
    }


def _files(path):
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file())


def digest(path):
    """`{"sha256", "bytes"}` of a file."""
    content = path.read_bytes()
    return {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def replace_models(content, names):
    """Take models that are replaced or withdrawn out of a manifest.

    An export that has no model left goes, with its other files.

    Args:
        content: the manifest, changed in place.
        names: of models.

    Returns:
        Names of the files that are no longer part of it.
    """
    for export in content["exports"].values():
        for name in names:
            export["models"].pop(name, None)
    gone = {key for key, export in content["exports"].items() if not export["models"]}
    for key in gone:
        del content["exports"][key]
    dropped = [
        name
        for name, entry in content["files"].items()
        if name in names or entry["export"] in gone
    ]
    for name in dropped:
        del content["files"][name]
    return dropped


def problems(folder, content):
    """A line for each file that is changed, missing or not in the manifest."""
    lines = []
    present = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if not path.is_dir()
    }
    for name, entry in sorted(content["files"].items()):
        if name not in present:
            lines.append(f"missing  {name}")
        elif digest(present[name])["sha256"] != entry["sha256"]:
            lines.append(f"changed  {name}")
    for name in sorted(set(present) - set(content["files"]) - {NAME}):
        # An export that is being written has its folder here.
        if not name.startswith(ASIDE):
            lines.append(f"extra    {name}")
    return lines
