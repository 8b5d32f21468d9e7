"""How busy a GPU was while a stage trained, as NVIDIA's driver says."""

import contextlib
import os
import statistics
import subprocess
import threading

COMMAND = "nvidia-smi"
QUERY = ("--query-gpu=utilization.gpu,power.draw", "--format=csv,noheader,nounits")


@contextlib.contextmanager
def watched(gpus):
    """Look at the first GPU each second.

    Args:
        gpus: TensorFlow's physical devices; without one, or without `nvidia-smi`,
            nothing is looked at.

    Yields:
        A function that gives `{"busy": percent, "watts": mean}` of the time so far:
        the mean share of it in which a kernel ran, and the power; empty where nothing
        was seen.
    """
    process = _process() if gpus else None
    if process is None:
        yield dict
        return
    looks = []
    with process:
        reader = threading.Thread(
            target=_read, args=(process.stdout, looks), daemon=True
        )
        reader.start()
        try:
            yield lambda: _means(list(looks))
        finally:
            process.terminate()
            reader.join()


def _process():
    """The driver's own program, or `None` where it cannot be started."""
    # TensorFlow numbers the devices that this variable names.
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    with contextlib.suppress(OSError):
        return subprocess.Popen(
            [COMMAND, *QUERY, f"--id={visible}", "--loop=1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    return None


def _read(lines, looks):
    for line in lines:
        # A part that a card does not tell is "[N/A]": then nothing is said.
        with contextlib.suppress(ValueError):
            busy, watts = map(float, line.split(","))
            looks.append((busy, watts))


def _means(looks):
    if not looks:
        return {}
    busy, watts = (statistics.fmean(values) for values in zip(*looks, strict=True))
    return {"busy": busy, "watts": watts}
