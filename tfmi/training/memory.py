"""The most memory that a training has held, of the process and of a GPU."""

import contextlib
import pathlib
import resource
import sys

import tensorflow as tf

CLEAR, STATUS = pathlib.Path("/proc/self/clear_refs"), pathlib.Path("/proc/self/status")


def reset_peak():
    """Begin anew, so that what came before in the process does not count; where the
    system has no such thing, the process's peak is that since its start."""
    with contextlib.suppress(OSError):
        CLEAR.write_text("5")
    for gpu in _gpus():
        tf.config.experimental.reset_memory_stats(gpu)


def peak():
    """`{"process": bytes}` since `reset_peak`, and "gpu", the most of any, where
    there is one."""
    held = {"process": _process_peak()}
    of_gpus = [tf.config.experimental.get_memory_info(gpu)["peak"] for gpu in _gpus()]
    return {**held, "gpu": max(of_gpus)} if of_gpus else held


def _process_peak():
    try:
        lines = STATUS.read_text().splitlines()
        (kib,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return 1024 * int(kib)
    except (OSError, ValueError):
        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _gpus():
    # As get_memory_info names them.
    return [f"GPU:{n}" for n in range(len(tf.config.list_logical_devices("GPU")))]
