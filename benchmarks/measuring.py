"""What the benchmarks share: turns, memory, the machine, tables and their JSON."""

import json
import os
import pathlib
import platform
import subprocess
import sys
import time
from importlib.metadata import version

import numpy as np
import psutil

SGEMM_SIZE = 2048
# Seconds between two looks at the memory of a command.
INTERVAL = 0.02
PACKAGES = ("tfmi", "tensorflow", "keras", "onnxruntime", "numpy")


def take_turns(runners, rounds, warmups=2, at_least=0.0):
    """Seconds of each call; the runners alternate call by call, so that their
    ratios hold even where the machine's speed does not.

    Args:
        runners: `{name: function}`, which returns when its work is done.
        at_least: seconds to go on for, times the number of runners.

    Returns:
        `{name: [seconds, ...]}`, `rounds` of each, or more.
    """
    for run in runners.values():
        for _ in range(warmups):
            run()
    seconds = {name: [] for name in runners}
    end = time.perf_counter() + at_least * len(runners)
    done = 0
    while done < rounds or time.perf_counter() < end:
        done += 1
        for name, run in runners.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def endless_pairs(recipe, dataset, scaled=True):
    """The batches of pairs that training has, a `tf.data.Dataset` without end.

    Args:
        scaled: as of `augmentation.prepared`; not for steps that XLA compiles.
    """
    from tfmi.training.augmentation import prepared

    pairs = dataset.pairs(recipe.batch_size, recipe.seed, 0, 10**9)
    return prepared(pairs, 0, recipe.max_shift, recipe.seed, scaled)


def sgemm(size=SGEMM_SIZE):
    """A runner of a product of float32 matrices of `size` by `size` on all cores;
    of one product a core, side by side, where an operation has one core."""
    import tensorflow as tf

    matrices = [tf.random.normal((size, size)) for _ in range(_products())]

    @tf.function
    def squares():
        return [tf.linalg.matmul(matrix, matrix) for matrix in matrices]

    return lambda: [square.numpy() for square in squares()]


def sgemm_rate(seconds, size=SGEMM_SIZE):
    """Floating-point operations a second of the median of its calls."""
    return _products() * 2 * size**3 / float(np.median(seconds))


def _products():
    from tfmi.training.hardware import one_core

    return len(os.sched_getaffinity(0)) if one_core() else 1


def run(name, command):
    """Run a command to its end; exits where it fails.

    Returns:
        `{"seconds", "peak_bytes"}`: the peak of its resident memory with that of its
        children, of which pages that several share count for each.
    """
    begin = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command])
    peak = 0
    # Sampled: what the system keeps as a process's peak is at least what the one
    # that started it had.
    while process.poll() is None:
        peak = max(peak, _resident(process.pid))
        time.sleep(INTERVAL)
    if process.returncode:
        sys.exit(
            f"the step must end well. Received: status {process.returncode} of {name}"
        )
    used = {"seconds": time.perf_counter() - begin, "peak_bytes": peak}
    print(f"{name}: peak {peak / 2**30:.2f} GiB, {used['seconds']:.0f} s", flush=True)
    return used


def _resident(pid):
    """Bytes of a process and its children; 0 where it ended just now."""
    try:
        process = psutil.Process(pid)
        every = [process, *process.children(recursive=True)]
        return sum(each.memory_info().rss for each in every)
    except psutil.NoSuchProcess:
        return 0


def machine():
    """What a figure was measured on."""
    from tfmi.training.hardware import one_core

    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "one core an operation": one_core(),
        "load": os.getloadavg(),
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


def _processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":")[1].strip() for line in lines if "model name" in line]
    return names[0] if names else platform.processor()


def report(rows, path=None):
    """Print rows as a table and, with a path, write them as JSON beside the
    machine they were measured on.

    Args:
        rows: dicts with the same keys; floats are printed with 4 digits.
    """
    texts = [[_text(value) for value in row.values()] for row in rows]
    table = [list(rows[0]), *texts]
    widths = [max(len(line[n]) for line in table) for n in range(len(table[0]))]
    for line in table:
        cells = [text.rjust(width) for text, width in zip(line, widths, strict=True)]
        print("  ".join([line[0].ljust(widths[0]), *cells[1:]]))
    if path:
        content = {"machine": machine(), "rows": rows}
        pathlib.Path(path).write_text(json.dumps(content, indent=2) + "\n")


def _text(value):
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
