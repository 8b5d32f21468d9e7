"""Steps by XLA: one program, whatever the number of steps, equal to a step a launch."""

import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
import tiny_models

from tfmi.training import compiled_steps
from tfmi.training import loop

BATCHES = 7


def batches():
    pairs = [tiny_models.pair(seed=seed) for seed in range(BATCHES)]
    data = {d: tf.stack([pair[d] for pair in pairs]) for d in "xy"}
    return tf.data.Dataset.from_tensor_slices(data)


def seeded(build):
    """A model with the same weights each time."""
    tf.keras.utils.set_random_seed(0)
    return build()


@pytest.fixture
def many(monkeypatch):
    """Many steps a launch, as on a GPU."""
    monkeypatch.setattr(compiled_steps, "_each_step", compiled_steps._many_steps)


def trained(model, counts, monkeypatch, steps=3):
    """The values of a model, trained in executions of those numbers of steps."""
    monkeypatch.setattr(compiled_steps, "STEPS", steps)
    run = compiled_steps.CompiledSteps(model, batches())
    logs = [run(count) for count in counts][-1]
    return [*tiny_models.values(model.variables), *map(float, logs.values())], run


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    "build",
    ["shared_model", pytest.param("exclusive_model", marks=pytest.mark.long)],
)
def test_the_number_of_steps_changes_nothing(build, monkeypatch):
    build = getattr(tiny_models, build)
    one, whole = seeded(build), seeded(build)
    expected, _ = trained(one, [1] * BATCHES, monkeypatch)
    received, run = trained(whole, [2, 5], monkeypatch)
    # What fills the last block up is no batch.
    with pytest.raises(StopIteration):
        run(1)
    assert tiny_models.equal(map(np.asarray, expected), map(np.asarray, received))
    assert int(whole.steps_done) == BATCHES


@pytest.mark.long
@pytest.mark.usefixtures("many")
def test_they_are_the_steps_of_the_model(monkeypatch):
    own, expected = (seeded(tiny_models.shared_model) for _ in range(2))
    step = tf.function(expected.train_step, jit_compile=True)
    for batch in batches():
        logs = step(batch)
    trained(own, [BATCHES], monkeypatch)
    for a, b in zip(own.variables, expected.variables, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6, err_msg=a.path)
    assert float(own.trackers["loss"].result()) == pytest.approx(
        float(logs["loss"]), rel=1e-5
    )


def test_launches_of_large_images_hold_fewer_steps():
    def spec(side):
        return {d: tf.TensorSpec((64, side, side, 3), tf.uint8) for d in "xy"}

    assert compiled_steps.launch_steps(spec(28)) == compiled_steps.STEPS
    assert compiled_steps.launch_steps(spec(224)) == 13
    assert compiled_steps.launch_steps(spec(2048)) == 1


def test_the_loop_uses_it_for_a_compiled_model(monkeypatch):
    """Epochs that are no multiple of a launch end where they do."""
    monkeypatch.setattr(compiled_steps, "STEPS", 4)
    ends = []

    class Ends(tf.keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            ends.append((int(self.model.steps_done), sorted(logs)))

    model = tiny_models.shared_model()
    model.jit_compile = True
    loop.fit(model, batches(), loop.Span(0, 6, 3), [Ends()])
    names = sorted(metric.name for metric in model.metrics)
    assert ends == [(3, names), (6, names)]


SUMS = """
import os, sys
os.environ["TF_XLA_FLAGS"] = f"--tf_xla_persistent_cache_directory={sys.argv[1]}"
import tensorflow as tf
from tfmi.training import compiled_steps


class Model:
    metrics = [tf.keras.metrics.Mean(name="loss")]

    def train_step(self, data):
        return {"loss": tf.reduce_sum(data)}


if sys.argv[2] == "many":
    compiled_steps._each_step = compiled_steps._many_steps
compiled_steps.STEPS = 5
batches = tf.data.Dataset.range(1, 12).map(lambda n: tf.cast(n, tf.float32))
batches = batches.batch(1, drop_remainder=True)
run = compiled_steps.CompiledSteps(Model(), batches)
print([int(run(count)["loss"]) for count in (1, 2, 7, 1)])
"""


@pytest.mark.parametrize("launches", ["many", "each"])
def test_xla_compiles_one_program(launches, tmp_path):
    """Whatever the number of steps, and wherever in a block they are."""
    done = subprocess.run(
        [sys.executable, "-c", SUMS, tmp_path, launches],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "[1, 3, 10, 11]\n"
    assert len(list(tmp_path.iterdir())) == 1
