"""Which precision and which way to compile a step is the fastest on this GPU: measured
once for a device, a version of TensorFlow and a recipe, and remembered."""

import contextlib
import dataclasses
import hashlib
import json
import statistics
import time

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import first_line
from tfmi.files import read_json
from tfmi.files import write_json
from tfmi.pipelines.rows import cache_folder

FILE = "fastest.json"


@dataclasses.dataclass(frozen=True)
class Fastest:
    """What was chosen.

    Attributes:
        precision: name of the dtype policy.
        jit: whether XLA compiles the steps.
        reason: what was measured.
    """

    precision: str
    jit: bool
    reason: str


def choose(run, image_shape, precisions, jits, device):
    """The fastest of some ways to make a step, in the first stage of a run.

    Args:
        run: a `runs.Run` that is not trained yet.
        image_shape: of its data.
        precisions: names of dtype policies.
        jits: of True and False. Without XLA is measured where XLA fails alone: on an
            H100 it made a step 3.6 to 4 times as fast.
        device: name of the GPU.

    Returns:
        A `Fastest`.
    """
    key = _key(run.recipe, image_shape, precisions, jits, device)
    with contextlib.suppress(TypeError):
        return Fastest(**_remembered().get(key))
    chosen = _measured(run, image_shape, precisions, jits)
    _remember(key, chosen)
    return chosen


def _measured(run, image_shape, precisions, jits):
    import tensorflow as tf

    milliseconds, failed = {}, ""
    for precision in precisions:
        for jit in sorted(jits, reverse=True):
            try:
                seconds = step_seconds(run, image_shape, precision, jit)
            except tf.errors.OpError as error:
                if not jit:
                    raise
                failed = f"XLA cannot compile a step: {first_line(error)}"
            else:
                milliseconds[precision, jit] = 1000 * seconds
                break
    if not milliseconds:
        # Training says it where XLA must compile.
        return Fastest(precisions[0], True, failed)
    precision, jit = min(milliseconds, key=milliseconds.get)
    times = [f"{each:.2f} ms in {p}" for (p, _), each in milliseconds.items()]
    reason = f"a step takes {', '.join(times)}"
    return Fastest(precision, jit, f"{reason}; {failed}" if failed else reason)


def step_seconds(run, image_shape, precision, jit, rounds=5, steps=16):
    """Seconds of a step of the first stage on a batch of noise, as training makes it:
    the median of rounds."""
    import tensorflow as tf

    from tfmi.training import loop

    model = run.method.build(
        run.stages[0],
        run.recipe,
        image_shape,
        precision=precision,
        jit=jit,
        encoder=run.own_encoder,
    )
    shape = (run.recipe.batch_size, *image_shape)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    batches = tf.data.Dataset.from_tensors({"x": images, "y": images}).repeat()
    run_steps = loop.executor(model, batches, jit)
    seconds = []
    for _ in range(1 + rounds):
        start = time.perf_counter()
        # Read, so that it is waited for.
        float(run_steps(steps)["loss"])
        seconds.append((time.perf_counter() - start) / steps)
    return statistics.median(seconds[1:])


def _key(recipe, image_shape, precisions, jits, device):
    import tensorflow as tf

    settings = {
        name: value
        for name, value in recipe.to_dict().items()
        if name != "seed" and not name.endswith("_epochs")
    }
    about = [tf.__version__, device, settings, image_shape, precisions, sorted(jits)]
    return hashlib.sha256(json.dumps(about, default=str).encode()).hexdigest()


def _remembered():
    """`{key: fields of a Fastest}`; empty where nothing can be read."""
    with contextlib.suppress(DataError, OSError):
        content = read_json(cache_folder() / FILE)
        return content if isinstance(content, dict) else {}
    return {}


def _remember(key, chosen):
    # What cannot be kept is measured again.
    with contextlib.suppress(DataError, OSError):
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / FILE, {**_remembered(), key: dataclasses.asdict(chosen)})
