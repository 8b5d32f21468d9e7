"""What a run uses of the machine: the precision of its networks, and XLA.

Both are chosen once, when a run is made, and kept in its config, so that a
resumed run goes on as it began wherever it is.
"""

import pathlib

import tensorflow as tf

PRECISIONS = ("auto", "float32", "mixed_bfloat16", "mixed_float16")
JIT = ("auto", "on", "off")


def choose_precision(asked="auto"):
    """The dtype policy of the networks.

    Half precision is for convolutions and matrix products alone: weights,
    batch statistics, codes and losses are float32 whatever it is.

    Args:
        asked: one of `PRECISIONS`; "auto" takes the fastest that the machine
            has units for.

    Returns:
        The policy's name, and why.
    """
    if asked != "auto":
        return asked, "as asked"
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return _gpu_precision(tf.config.experimental.get_device_details(gpus[0]))
    units = {"amx_bf16", "avx512_bf16"} & set(_processor_flags())
    if units:
        return "mixed_bfloat16", f"the processor has {min(units)}"
    return "float32", "the processor has no bfloat16 units"


def _gpu_precision(details):
    name = details.get("device_name", "GPU")
    major = details.get("compute_capability", (0, 0))[0]
    if major >= 8:
        return "mixed_bfloat16", f"{name} has bfloat16 units"
    if major == 7:
        return "mixed_float16", f"{name} has float16 units"
    return "float32", f"{name} has no half precision units"


def _processor_flags():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    flags = [line.split(":")[1] for line in lines if line.startswith("flags")]
    return flags[0].split() if flags else []
