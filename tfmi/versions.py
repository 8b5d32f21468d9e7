"""The versions that a run was made with."""

import platform
from importlib.metadata import version

PACKAGES = ("tfmi", "tensorflow", "keras", "numpy")


def versions():
    """`{package: version}`, Python's too."""
    return {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}}
