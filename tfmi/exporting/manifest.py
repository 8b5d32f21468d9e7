"""manifest.json: what an export folder holds, and the sha256 of each file.

format    1
files     {path: {"sha256", "bytes", "export"}}; "export" is a key of exports
exports   {"<encoder>/<version>": what it is, its signatures, its `models`}
models    {path of a file or folder: {"kind" (its format), "differences", ...}}
"""

import hashlib
import math

from tfmi.errors import DataError
from tfmi.exporting import comparison
from tfmi.files import foreign
from tfmi.files import open_plain
from tfmi.files import parse_json

NAME = "manifest.json"
FORMAT = 1
ASIDE = ".tmp-"
BLOCK = 2**20
NUMBER = int | float
TENSORS = {str: {"dtype": str, "shape": [int | None]}}
# What is read of an export again: a type, `{key: what}`, `{str: what}` for any keys
# and `[what]`.
EXPORT = {
    "encoder": str,
    "version": int,
    "name": str,
    "domain": str,
    "enlarge": bool,
    "image_shape": [int],
    "outputs": {str: int},
    "reference": str,
    "card": str,
    "signatures": {str: {"inputs": TENSORS, "outputs": TENSORS}},
    "models": {str: {"kind": str, "differences": {str: NUMBER}, "tolerance": NUMBER}},
}
CONTENT = {
    "format": int,
    "files": {str: {"sha256": str, "bytes": int, "export": str | None}},
    "exports": {str: EXPORT},
}


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

    What it says of files is checked against itself, not against the folder.

    Raises:
        DataError: for a file that is no manifest.
    """
    path = folder / NAME
    if not path.exists():
        return empty()
    with foreign(f"{NAME} must be as tfmi export wrote it", path):
        content = parse_json(path)
        _require(content, CONTENT, "the manifest")
        _check(content)
    return content


def _require(value, wanted, name):
    """Raise a ValueError for a value that is not of the kind of `EXPORT`."""
    if isinstance(wanted, dict):
        if type(value) is not dict:
            raise ValueError(f"{name} must be an object")
        for key in value if str in wanted else wanted:
            if key not in value:
                raise ValueError(f"{name} must have {key}")
            _require(value[key], wanted.get(key, wanted.get(str)), key)
    elif isinstance(wanted, list):
        if type(value) is not list:
            raise ValueError(f"{name} must be a list")
        for each in value:
            _require(each, wanted[0], name)
    elif not isinstance(value, wanted) or (type(value) is bool and wanted is not bool):
        raise ValueError(f"{name} is {value!r}")


def _check(content):
    if content["format"] != FORMAT:
        raise ValueError(f"format {content['format']}")
    for name in content["files"]:
        parts = name.split("/")
        if not {"", ".", ".."}.isdisjoint(parts) or set(name) & set("\\\0:"):
            raise ValueError(f"a path outside the folder, {name}")
    for key, export in content["exports"].items():
        _check_export(key, export, content["files"])
    for name, entry in content["files"].items():
        if entry["export"] is not None and entry["export"] not in content["exports"]:
            raise ValueError(f"no export of {name}")


def _check_export(key, export, files):
    """Raise a ValueError where an export and its files are not those of each other."""
    encoder = export["encoder"]
    if key != f"{encoder}/{export['version']}" or export["version"] < 1:
        raise ValueError(f"{key} of version {export['version']} of {encoder}")
    if "/" in encoder or not f"{encoder}{export['name']}".isprintable():
        raise ValueError(f"{key} called {export['name']!r}")
    if len(export["image_shape"]) != 3 or min(export["image_shape"]) < 1:
        raise ValueError(f"images of {export['image_shape']}")
    if not export["models"] or not export["outputs"]:
        raise ValueError(f"{key} without models and outputs")
    _check_files(key, export, files)
    for name, model in export["models"].items():
        differences = list(model["differences"].values())
        if not differences or not all(map(math.isfinite, differences)):
            raise ValueError(f"differences of {name} of {differences}")
        bound = comparison.tolerance(max(differences))
        if not 0 <= model["tolerance"] <= max(bound, comparison.TOLERANCE):
            raise ValueError(f"a tolerance of {model['tolerance']} of {name}")


def _check_files(key, export, files):
    """Raise a ValueError unless the files of an export are those that it names."""
    own = {name for name, entry in files.items() if entry["export"] == key}
    others, models = {export["reference"], export["card"]}, export["models"]
    for name in others | set(models):
        if name not in own and not any(_is_within(file, name) for file in own):
            raise ValueError(f"no file {name}")
    for file in own - others:
        if not any(_is_within(file, name) for name in models):
            raise ValueError(f"no model of {file}")


def _is_within(file, name):
    """Whether a file is that of a name, or in the folder of that name."""
    return file == name or file.startswith(f"{name}/")


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
    """`{"sha256", "bytes"}` of a file.

    Raises:
        OSError: for what is no plain file, or cannot be read.
    """
    checksum, size = hashlib.sha256(), 0
    with open_plain(path) as file:
        while block := file.read(BLOCK):
            checksum.update(block)
            size += len(block)
    return {"sha256": checksum.hexdigest(), "bytes": size}


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


def files_of_exports(content):
    """The entries of the files that are an export's, without the server's."""
    return {n: e for n, e in content["files"].items() if e["export"] is not None}


def problems(folder, content):
    """What is wrong with the files of a folder.

    Returns:
        `{path: what}`: "changed", "missing", "no file" for one that cannot be read,
        "link" for a symbolic one, or "extra" for what is not in the manifest.
    """
    present = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    found = {name: _difference(path, content, name) for name, path in present.items()}
    found |= dict.fromkeys(set(content["files"]) - set(present), "missing")
    return {name: what for name, what in sorted(found.items()) if what}


def _difference(path, content, name):
    # An export that is being written has its folder here.
    if name == NAME or name.startswith(ASIDE):
        return None
    # A link may lead out of the folder, and another file be there next time.
    if path.is_symlink():
        return "link"
    if name not in content["files"]:
        return "extra"
    try:
        same = digest(path)["sha256"] == content["files"][name]["sha256"]
    except OSError:
        return "no file"
    return None if same else "changed"
