"""What a run uses of the machine: the precision of its networks, XLA, threads.

The first two are chosen once, when a run is made, and kept in its config, so that
a resumed run goes on as it began wherever it is. They are no part of a recipe,
which says what is learnt, not on what.
"""

import os
import pathlib
import statistics
import time

from tfmi.errors import first_line
from tfmi.runs import config

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
        precision, precision_reason = choose_precision(precision)
        must = {"jit_required": True} if jit == "on" else {}
        jit, jit_reason = choose_jit(jit, run, image_shape, precision)
        run.save_config(precision=precision, jit=jit, **must)
        reasons = precision_reason, jit_reason
    chosen = run.config["precision"], "XLA" if run.config["jit"] else "no XLA"
    used = [f"{what} ({why})" for what, why in zip(chosen, reasons, strict=True)]
    return ", ".join([*used, *(["one core an operation"] if one_core() else [])])


def prepare():
    """Set what has to be set before TensorFlow runs; changes nothing afterwards."""
    _choose_threads()
    _choose_xla_flags()


def _choose_xla_flags():
    """Products by cuBLAS alone, on a GPU, unless XLA_FLAGS says otherwise.

    XLA's Triton kernels are no faster for these networks, and it fails to tile a
    product of a flattened feature map in bfloat16 (64 x 1568 by 1568 x 512, on an
    H100), which ends the compilation.
    """
    import tensorflow as tf

    flags = os.environ.get("XLA_FLAGS", "")
    if tf.config.list_physical_devices("GPU") and TRITON not in flags:
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
    if asked or _cores() != CORES or tf.config.list_physical_devices("GPU"):
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
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return _gpu_precision(tf.config.experimental.get_device_details(gpus[0]))
    units = {"amx_bf16", "avx512_bf16"} & set(_processor_flags())
    if units:
        return "mixed_bfloat16", f"the processor has {min(units)}"
    return "float32", "the processor has no bfloat16 units"


def choose_jit(asked, run, image_shape, precision):
    """Whether XLA compiles the steps.

    Args:
        asked: one of `JIT`; "auto" times the first stage's step both ways on
            a GPU. On a CPU it is off: XLA's convolutions there are slower than
            oneDNN's, and to compile them takes longer than to find out.

    Returns:
        Whether, and why.
    """
    import tensorflow as tf

    if asked != "auto":
        return asked == "on", "as asked"
    if not tf.config.list_physical_devices("GPU"):
        return False, "slower on a CPU"
    plain = 1000 * step_seconds(run, image_shape, precision, False)
    try:
        compiled = 1000 * step_seconds(run, image_shape, precision, True)
    except tf.errors.OpError as error:
        return False, f"XLA cannot compile a step: {first_line(error)}"
    reason = f"a step takes {compiled:.1f} ms with it, {plain:.1f} ms without"
    return compiled < plain, reason


def step_seconds(run, image_shape, precision, jit, rounds=5, steps=4):
    """Seconds of a step of the first stage on a batch of noise, the median of
    rounds."""
    import tensorflow as tf

    model = run.method.build(
        run.stages[0],
        run.recipe,
        image_shape,
        precision=precision,
        jit=jit,
        encoder=run.own_encoder,
    )
    step = tf.function(model.train_step, jit_compile=jit or None)
    shape = (run.recipe.batch_size, *image_shape)
    batch = {domain: tf.random.uniform(shape, -1, 1) for domain in ("x", "y")}
    seconds = []
    for _ in range(1 + rounds):
        start = time.perf_counter()
        for _ in range(steps):
            loss = step(batch)["loss"]
        # Read, so that it is waited for.
        float(loss)
        seconds.append((time.perf_counter() - start) / steps)
    return statistics.median(seconds[1:])


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
