"""What a run uses of the machine: the precision of its networks, XLA, threads.

The first two are chosen once, when a run is made, and kept in its config, so that
a resumed run goes on as it began wherever it is. They are no part of a recipe,
which says what is learnt, not on what.
"""

import os
import pathlib

from tfmi.runs import config
from tfmi.training import compilation_cache
from tfmi.training import fastest

PRECISIONS = ("auto", *config.PRECISIONS)
JIT = ("auto", "on", "off")
TRITON = "xla_gpu_enable_triton_gemm"
STRATEGIES = ("mirrored", "multi-worker")
# With more, whether an operation a core pays was not measured.
CORES = 2


def choose_execution(run, image_shape, precision="auto", jit="auto"):
    """Choose both for a run, into its config; what was chosen before stays.

    Returns:
        One line for people.
    """
    if "precision" in run.config:
        reasons = "as it began", "as it began"
    else:
        must = {"jit_required": True} if jit == "on" else {}
        best = _fastest_on_gpu(run, image_shape, precision, jit)
        if best:
            reasons = best.reason, choose_jit(jit)[1]
            precision, jit = best.precision, best.jit
        else:
            precision, precision_reason = choose_precision(precision)
            jit, jit_reason = choose_jit(jit)
            reasons = precision_reason, jit_reason
        run.save_config(precision=precision, jit=jit, **must)
    chosen = run.config["precision"], "XLA" if run.config["jit"] else "no XLA"
    used = [f"{what} ({why})" for what, why in zip(chosen, reasons, strict=True)]
    return ", ".join([*used, *(["one core an operation"] if one_core() else [])])


def prepare():
    """Set what has to be set before TensorFlow runs; changes nothing afterwards."""
    compilation_cache.use()
    _choose_threads()
    _choose_xla_flags()


def _choose_xla_flags():
    """Products by cuBLAS alone, on a GPU, unless XLA_FLAGS says otherwise.

    XLA's Triton kernels are no faster for these networks, and it fails to tile a
    product of a flattened feature map in bfloat16 (64 x 1568 by 1568 x 512, on an
    H100), which ends the compilation.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if _gpus() and TRITON not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --{TRITON}=false".strip()


def _choose_threads():
    """Give each operation one core, where a step has enough of them side by side.

    The networks of two domains do not wait for each other, nor do the gradients
    of a layer's input and of its kernel. On 2 cores, two operations at a time
    make a step of the default recipe 1.1 to 1.3 times as fast as one at a time
    on both cores (benchmarks/train_step.py).

    Changes nothing on more cores, with a GPU, or where TF_NUM_INTRAOP_THREADS is
    set.
    """
    import tensorflow as tf

    asked = os.environ.get("TF_NUM_INTRAOP_THREADS")
    if asked or _cores() != CORES or _gpus():
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(1)
    except RuntimeError:
        # TensorFlow runs already: its threads are what they are.
        pass


def one_core():
    """Whether TensorFlow gives each operation one core of several."""
    import tensorflow as tf

    set_here = tf.config.threading.get_intra_op_parallelism_threads()
    asked = os.environ.get("TF_NUM_INTRAOP_THREADS")
    return _cores() > 1 and (set_here == 1 or asked == "1")


def _cores():
    import joblib

    return joblib.cpu_count()


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
    import tensorflow as tf

    if asked != "auto":
        return asked, "as asked"
    if _gpus():
        return _gpu_precision(tf.config.experimental.get_device_details(_gpus()[0]))
    units = {"amx_bf16", "avx512_bf16"} & set(_processor_flags())
    if units:
        return "mixed_bfloat16", f"the processor has {min(units)}"
    return "float32", "the processor has no bfloat16 units"


def choose_jit(asked):
    """Whether XLA compiles the steps, and why.

    Args:
        asked: one of `JIT`; with "auto" it is on on a GPU, as long as it compiles a
            step. On a CPU it is off: XLA's convolutions there are slower than
            oneDNN's, and to compile them takes longer than to find out.
    """
    if asked != "auto":
        return asked == "on", "as asked"
    if _gpus():
        return True, "many steps a launch"
    return False, "slower on a CPU"


def _fastest_on_gpu(run, image_shape, precision, jit):
    """`Fastest` of what is left to choose on a GPU, or `None` where that is nothing
    that has to be measured."""
    import tensorflow as tf

    if not _gpus() or precision != "auto":
        return None
    half = choose_precision()[0]
    if half == "float32":
        return None
    details = tf.config.experimental.get_device_details(_gpus()[0])
    jits = {"auto": (True, False), "on": (True,), "off": (False,)}[jit]
    device = details.get("device_name", "GPU")
    return fastest.choose(run, image_shape, ("float32", half), jits, device)


def _gpus():
    import tensorflow as tf

    return tf.config.list_physical_devices("GPU")


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
