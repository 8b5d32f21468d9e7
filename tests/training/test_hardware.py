"""What a run uses of the machine, and that half precision trains."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny

from tfmi import pipelines
from tfmi import recipes
from tfmi import runs
from tfmi.models import from_recipe
from tfmi.training import fastest
from tfmi.training import hardware
from tfmi.training import stages

SHAPE = (12, 12, 3)
MIXED = ("mixed_bfloat16", "mixed_float16")


def recipe(**changes):
    return recipes.find("colored-mnist").replace(**{**tiny.SETTINGS, **changes})


def pair():
    generator = np.random.default_rng(0)
    return {
        domain: tf.constant(generator.normal(size=(8, *SHAPE)), tf.float32)
        for domain in "xy"
    }


def models(precision, **changes):
    chosen = recipe(**changes)
    shared = from_recipe.build_shared_model(chosen, SHAPE, precision=precision)
    return shared, from_recipe.build_exclusive_model(
        chosen, SHAPE, shared, precision=precision
    )


@pytest.mark.parametrize(
    "flags, precision",
    [
        (["avx2"], "float32"),
        (["avx512_bf16"], "mixed_bfloat16"),
        (["amx_bf16", "avx512_bf16"], "mixed_bfloat16"),
    ],
)
def test_processor_decides(flags, precision, monkeypatch):
    monkeypatch.setattr(hardware, "_processor_flags", lambda: flags)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    chosen, reason = hardware.choose_precision()
    assert chosen == precision
    assert "processor" in reason


@pytest.mark.parametrize(
    "capability, precision",
    [
        ((6, 1), "float32"),
        ((7, 5), "mixed_float16"),
        ((8, 0), "mixed_bfloat16"),
        ((9, 0), "mixed_bfloat16"),
    ],
)
def test_gpu_decides(capability, precision, monkeypatch):
    details = {"device_name": "Card", "compute_capability": capability}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"])
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda gpu: details
    )
    chosen, reason = hardware.choose_precision()
    assert chosen == precision
    assert reason.startswith("Card")


@pytest.fixture
def gpu(monkeypatch):
    """What a machine with a GPU of bfloat16 units says."""
    details = {"device_name": "Card", "compute_capability": (9, 0)}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["gpu"])
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda gpu: details
    )


def test_xla_is_for_gpus(monkeypatch):
    assert not hardware.choose_jit("auto")[0]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"])
    assert hardware.choose_jit("auto")[0]


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize("faster", ["float32", "mixed_bfloat16"])
def test_a_gpu_is_measured_once(tmp_path, monkeypatch, faster):
    measured = []

    def step_seconds(run, shape, precision, jit):
        measured.append((precision, jit))
        return 0.001 if precision == faster else 0.002

    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(fastest, "step_seconds", step_seconds)

    def choose(seed=0, **changes):
        run = runs.create(recipe(seed=seed, **changes), {}, tmp_path)
        return hardware.choose_execution(run, SHAPE), run.config

    line, config = choose()
    assert (config["precision"], config["jit"]) == (faster, True)
    assert measured == [("float32", True), ("mixed_bfloat16", True)]
    assert "1.00 ms in " in line and "2.00 ms in " in line
    # Another seed trains the same step; another width is another step.
    assert choose(seed=1)[0] == line
    assert len(measured) == 2
    choose(encoder_width=3)
    assert len(measured) == 4
    # What cannot be read is measured again.
    (tmp_path / "cache" / fastest.FILE).write_text('{"a": ')
    assert choose()[0] == line
    assert len(measured) == 6


@pytest.mark.usefixtures("gpu")
def test_without_xla_is_measured_where_it_fails(tmp_path, monkeypatch):
    def step_seconds(run, shape, precision, jit):
        if jit:
            raise tf.errors.InvalidArgumentError(None, None, "no kernel")
        return 0.003

    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(fastest, "step_seconds", step_seconds)
    run = runs.create(recipe(), {}, tmp_path)
    line = hardware.choose_execution(run, SHAPE)
    assert "XLA cannot compile a step: no kernel" in line
    assert run.config["jit"] is False
    # Where it must compile, training says that it does not.
    run = runs.create(recipe(), {}, tmp_path)
    hardware.choose_execution(run, SHAPE, jit="on")
    assert run.config["jit"] and run.config["jit_required"]


@pytest.mark.usefixtures("gpu")
def test_what_is_asked_for_is_not_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(fastest, "step_seconds", None)
    run = runs.create(recipe(), {}, tmp_path)
    line = hardware.choose_execution(run, SHAPE, "float32", "auto")
    assert line.startswith("float32 (as asked), XLA (")


@pytest.mark.parametrize("jit", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_step_is_timed(tmp_path, jit):
    run = runs.create(recipe(), {}, tmp_path)
    assert fastest.step_seconds(run, SHAPE, "float32", jit, 1, 1) > 0


def test_chosen_once(tmp_path):
    run = runs.create(recipe(), {}, tmp_path)
    assert "float32 (as asked), no XLA" in hardware.choose_execution(
        run, SHAPE, "float32", "off"
    )
    again = runs.load(run.path)
    line = hardware.choose_execution(again, SHAPE, "mixed_float16", "on")
    assert line.startswith("float32 (as it began), no XLA (as it began)")


@pytest.mark.parametrize("precision", MIXED)
def test_networks_are_half_codes_and_losses_are_not(precision):
    shared, exclusive = models(precision)
    half = precision.removeprefix("mixed_")
    for model in (shared, exclusive):
        outputs = model.encoder_x(pair()["x"])
        assert outputs["feature_map"].dtype == half
        assert outputs["vector"].dtype == "float32"
        assert all(v.dtype == "float32" for v in model.trainable_variables)
        logs = model.train_step(pair())
        assert all(np.isfinite(value) for value in logs.values())


@pytest.mark.parametrize("critic", ["dot", "concat"])
@pytest.mark.parametrize("precision", MIXED)
def test_half_precision_gives_about_the_same_terms(precision, critic):
    settings = {"critic": critic, "shared_levels": 0, "exclusive_levels": 0}
    full = models("float32", **settings)
    for model, half in zip(full, models(precision, **settings), strict=True):
        half.set_weights(model.get_weights())
        expected, received = (m.test_step(pair()) for m in (model, half))
        for name, value in expected.items():
            assert float(received[name]) == pytest.approx(float(value), rel=0.02)


@pytest.mark.parametrize("stage", [0, 1])
def test_scaled_losses_give_unscaled_updates(stage):
    """By SGD, as Adam divides the scale out again."""
    moved = []
    for precision in ("float32", "mixed_float16"):
        keras.utils.set_random_seed(0)
        model = models(precision, shared_levels=0, exclusive_levels=0)[stage]
        optimizers = [keras.optimizers.SGD(0.1) for _ in range(1 + stage)]
        if precision == "mixed_float16":
            scaled = keras.optimizers.LossScaleOptimizer
            optimizers = [scaled(o, initial_scale=256.0) for o in optimizers]
        model.compile(*optimizers)
        before = [np.array(v) for v in model.trainable_variables]
        model.train_step(pair())
        after = [np.array(v) for v in model.trainable_variables]
        moved.append([a - b for a, b in zip(after, before, strict=True)])
    for full, half in zip(*moved, strict=True):
        np.testing.assert_allclose(half, full, atol=0.2 * np.abs(full).max() + 1e-5)


def test_overflow_skips_the_update_and_counts_the_step():
    model = models("mixed_float16")[0]
    model.optimizer.dynamic_scale.assign(1e38)
    before = [np.array(v) for v in model.trainable_variables]
    model.train_step(pair())
    for variable, value in zip(model.trainable_variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert int(model.steps_done) == 1
    assert int(model.optimizer.iterations) == 0


@pytest.mark.long
@pytest.mark.parametrize("precision", MIXED)
def test_a_run_in_half_precision_keeps_float32_models(tmp_path, precision):
    data = {"data_dir": str(tiny.write_mnist(tmp_path / "mnist"))}
    run = runs.create(recipe(), data, tmp_path / "runs")
    hardware.choose_execution(run, SHAPE, precision, "off")
    dataset = pipelines.find("colored-mnist")(**data)
    assert stages.train(run, dataset, lambda: False)
    for name in ("shared", "exclusive"):
        model = keras.saving.load_model(run.path / f"{name}.keras")
        policies = {layer.dtype_policy.name for layer in model._flatten_layers()}
        assert policies == {"float32"}
        assert int(model.steps_done) == 10
    images = run.sample_images("x", 5)
    assert np.isfinite(run.represent("exclusive", "x")(images)).all()


@pytest.fixture
def threads(monkeypatch):
    """What `prepare` sets, on a machine of 2 cores without a GPU."""
    chosen = []
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    monkeypatch.setenv("XLA_FLAGS", "")
    monkeypatch.setattr(hardware, "_cores", lambda: 2)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    threading = tf.config.threading
    monkeypatch.setattr(threading, "set_intra_op_parallelism_threads", chosen.append)
    return chosen


def test_two_cores_make_an_operation_each(threads):
    hardware.prepare()
    assert threads == [1]


def test_threads_stay_as_asked(threads, monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")
    hardware.prepare()
    assert threads == []
    assert not hardware.one_core()


@pytest.mark.parametrize("cores, gpus", [(1, []), (4, []), (2, ["GPU"])])
def test_threads_stay_on_other_machines(threads, monkeypatch, cores, gpus):
    monkeypatch.setattr(hardware, "_cores", lambda: cores)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    hardware.prepare()
    assert threads == []


ONE_CORE = """
import tensorflow as tf
from tfmi.training import fastest
from tfmi.training import hardware
hardware._cores = lambda: 2
hardware.prepare()
print(tf.config.threading.get_intra_op_parallelism_threads(), hardware.one_core())
tf.constant(1.0)
hardware.prepare()
print("still there")
"""


def test_threads_are_set_before_tensorflow_runs():
    environment = {k: v for k, v in os.environ.items() if k != "TF_NUM_INTRAOP_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", ONE_CORE],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[:2] == ["1 True", "still there"]
