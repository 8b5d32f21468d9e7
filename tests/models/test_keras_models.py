"""Both stages as any Keras model: saving, exporting, callbacks, ways to run a step."""

import subprocess
import sys

import keras
import numpy as np
import own_models
import pytest
import tensorflow as tf
from own_models import SHAPE
from own_models import STAGES
from own_models import compiled
from own_models import pairs
from own_models import sequential
from tiny_models import equal
from tiny_models import values

from tfmi.models.saving import dtype_policy

LOAD = """
import sys
for module in sys.argv[3].split(","):
    __import__(module)
import keras
import numpy as np
model = keras.saving.load_model(sys.argv[1])
images = np.load(sys.argv[2])
codes = model.predict((images["x"], images["y"]), verbose=0)
np.testing.assert_allclose(codes["x"], images["codes"], atol=1e-6)
model.fit(images["x"], images["y"], batch_size=4, verbose=0)
"""


def finite(model, batches=None):
    history = model.fit(batches or pairs(), verbose=0).history
    return all(np.isfinite(numbers).all() for numbers in history.values())


@pytest.mark.parametrize(
    "stage, imports",
    [
        ("exclusive", "tfmi"),
        pytest.param("shared", "tfmi,keras", marks=pytest.mark.long),
        ("shared", "keras,tfmi"),
        pytest.param("shared", "tfmi,tensorflow", marks=pytest.mark.long),
    ],
)
def test_loads_in_a_new_process(stage, imports, tmp_path):
    model = STAGES[stage]()
    model.fit(pairs(), verbose=0)
    model.save(tmp_path / "model.keras")
    x, y = next(iter(pairs()))
    codes = model.predict((x, y), verbose=0)["x"]
    np.savez(tmp_path / "images.npz", x=x, y=y, codes=codes)
    files = [str(tmp_path / name) for name in ("model.keras", "images.npz")]
    command = [sys.executable, "-c", LOAD, *files, imports]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_loading_what_was_not_compiled(tmp_path):
    model = own_models.SharedModel.from_encoder(sequential(), **own_models.SMALL)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert equal(values(loaded.weights), values(model.weights))
    assert finite(compiled(loaded))


@pytest.mark.parametrize("stage", STAGES)
def test_exports_and_summary(stage, tmp_path):
    model = STAGES[stage]()
    model.export(tmp_path / "model", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "model")
    pair = {d: tf.random.uniform((3, *SHAPE), -1, 1) for d in "xy"}
    for domain, vectors in loaded.serve(pair).items():
        np.testing.assert_allclose(vectors, model(pair)[domain], atol=1e-6)
    lines = []
    model.summary(print_fn=lines.append)
    assert f"{stage}_encoder_x" in "".join(lines)


class Interrupted(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KeyboardInterrupt


@pytest.mark.long
@pytest.mark.parametrize("stage", STAGES)
def test_backup_restores_both_optimizers(stage, tmp_path):
    """An interrupted training ends where an unbroken one does."""
    options = {"adversarial_weight": 0.5}
    data, models = pairs(), []
    first = own_models.shared() if stage == "exclusive" else None
    for _ in range(3):
        keras.utils.set_random_seed(0)
        build = STAGES[stage]
        model = build(before=first, **options) if first else build(**options)
        model.compile("adam", discriminator_optimizer="adam")
        models.append(model)
    whole, broken, resumed = models
    whole.fit(data, epochs=4, verbose=0)

    def fit(model, *callbacks):
        backup = keras.callbacks.BackupAndRestore(str(tmp_path / "backup"))
        model.fit(data, epochs=4, verbose=0, callbacks=[backup, *callbacks])

    with pytest.raises(KeyboardInterrupt):
        fit(broken, Interrupted())
    fit(resumed)
    assert int(resumed.discriminator_optimizer.iterations) == 8
    for name in ("encoder_variables", "discriminator_variables"):
        assert equal(values(getattr(whole, name)), values(getattr(resumed, name)))
    for name in ("optimizer", "discriminator_optimizer"):
        optimizers = [getattr(model, name).variables for model in (whole, resumed)]
        assert equal(*map(values, optimizers))


@pytest.mark.parametrize("stage", STAGES)
def test_steps_per_execution(stage):
    model = compiled(STAGES[stage](), steps_per_execution=2)
    assert finite(model, pairs(24))
    assert int(model.steps_done) == int(model.optimizer.iterations) == 3


@pytest.mark.parametrize("stage", STAGES)
def test_jit_compile(stage):
    assert finite(compiled(STAGES[stage](), jit_compile=True))


@pytest.mark.parametrize("network", ["concat", "dot"])
@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(stage, precision, network):
    with dtype_policy(precision):
        model = STAGES[stage](statistics_network=network, adversarial_weight=0.5)
    half = precision.removeprefix("mixed_")
    assert model.encoder_x.output["feature_map"].dtype == half
    assert model.encoder_x.output["vector"].dtype == "float32"
    for optimizer in (model.optimizer, model.discriminator_optimizer):
        scaled = isinstance(optimizer, keras.optimizers.LossScaleOptimizer)
        assert scaled == (half == "float16")
    assert finite(model)


def test_loss_scaling_changes_no_gradient():
    """SGD, as Adam hides a scale."""
    batch, moves = next(iter(pairs())), []
    for precision in ("float32", "mixed_float16"):
        keras.utils.set_random_seed(0)
        with dtype_policy(precision):
            model = own_models.shared(adversarial_weight=0.5)
        before = values(model.trainable_variables)
        model.train_step(batch)
        after = values(model.trainable_variables)
        moves.append([a - b for a, b in zip(after, before, strict=True)])
    for exact, half in zip(*moves, strict=True):
        assert np.abs(half - exact).max() <= 0.5 * np.abs(exact).max() + 1e-5


MIRRORED = """
import sys
import keras, numpy as np, tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
import own_models
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    first = own_models.shared()
    second = own_models.exclusive(before=first)
for model in (first, second):
    history = model.fit(own_models.pairs(), epochs=2, verbose=0).history
    assert all(np.isfinite(v).all() for v in history.values()), history
    assert model.optimizer.iterations.numpy() == 4
    assert model.steps_done.numpy() == 4
    model.evaluate(own_models.pairs(), verbose=0)
    assert model.predict(own_models.pairs(), verbose=0)["x"].shape == (16, 4)
"""


@pytest.mark.long
def test_mirrored_strategy():
    command = [sys.executable, "-c", MIRRORED]
    folder = __file__.rsplit("/models/", 1)[0]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder
    )
    assert result.returncode == 0, result.stderr[-3000:]
