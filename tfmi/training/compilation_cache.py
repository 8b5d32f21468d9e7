"""What XLA compiled is kept between processes: a step is compiled once a machine.

TensorFlow's own cache of programs, keyed by the program, the device and what compiles
it, in a folder of the version of TensorFlow. For GPUs alone: on a CPU, TensorFlow warns
of each program that it takes from there.
"""

import contextlib
import importlib.metadata
import os
import pathlib

from tfmi.errors import DataError
from tfmi.pipelines.rows import cache_folder

VARIABLE, FLAG = "TF_XLA_FLAGS", "tf_xla_persistent_cache_directory"
# What the drivers of GPUs put there. TensorFlow reads the flag when it is first asked
# for its devices, so it cannot be asked whether there is one.
DEVICES = ("/dev/nvidiactl", "/dev/dxg")


def use():
    """Have TensorFlow keep programs, where there is a GPU; before TensorFlow runs.

    TF_XLA_FLAGS may name another folder. Without a folder that can be written, nothing
    is kept.
    """
    flags = os.environ.get(VARIABLE, "")
    if FLAG in flags or not any(map(os.path.exists, DEVICES)):
        return
    with contextlib.suppress(DataError, OSError):
        folder = cache_folder() / f"xla-{importlib.metadata.version('tensorflow')}"
        folder.mkdir(parents=True, exist_ok=True)
        # Flags are parted by spaces.
        if os.access(folder, os.W_OK) and not set(str(folder)) & set(" \t\n\"'"):
            os.environ[VARIABLE] = f"{flags} --{FLAG}={folder}".strip()


def clear():
    """Remove the programs that are kept: a damaged one cannot be read.

    Returns:
        Whether there were any.
    """
    folder = _folder()
    files = list(folder.glob("xla_compile_cache__*.pb")) if folder else []
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink()
    return bool(files)


def _folder():
    for flag in os.environ.get(VARIABLE, "").split():
        name, _, value = flag.lstrip("-").partition("=")
        if name == FLAG and value:
            return pathlib.Path(value)
    return None
