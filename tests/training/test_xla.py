"""Where XLA cannot compile a step: one line, and no end where it was not asked for."""

import json
import os

import numpy as np
import pytest
import tensorflow as tf
import tiny
from click.testing import CliRunner

from tfmi import runs
from tfmi.cli import cli
from tfmi.models import pair_model
from tfmi.training import compilation_cache
from tfmi.training import hardware


@pytest.fixture
def failing(monkeypatch):
    """Steps of every model hold an operation that XLA lacks; each counts on it."""
    steps = []
    real = pair_model.PairModel.train_step

    def count():
        steps.append(1)
        return np.int64(len(steps))

    def train_step(model, data):
        with tf.control_dependencies([tf.numpy_function(count, [], tf.int64)]):
            return real(model, data)

    monkeypatch.setattr(pair_model.PairModel, "train_step", train_step)
    return steps


def train(folder, *options):
    data = ["--data-dir", tiny.write_mnist(folder / "m"), "--runs", folder / "runs"]
    arguments = ["train", "colored-mnist", *data, *tiny.OPTIONS, *options]
    return CliRunner().invoke(cli, list(map(str, arguments)))


def test_training_goes_on_without_it(tmp_path, monkeypatch, failing):
    monkeypatch.setattr(hardware, "choose_jit", lambda asked: (True, "faster"))
    result = train(tmp_path)
    assert result.exit_code == 0, result.output
    said = [line for line in result.output.splitlines() if "on without XLA" in line]
    assert len(said) == 1 and "cannot compile a step: " in said[0]
    # 5 steps an epoch: none is left out, none is taken twice.
    assert len(failing) == 2 * 2 * 5
    (run,) = (tmp_path / "runs").glob("[!.]*")
    assert runs.load(run).finished
    assert json.loads((run / "config.json").read_text())["jit"] is False


def test_where_it_was_asked_for_it_is_one_line(tmp_path, failing):
    result = train(tmp_path, "--jit", "on")
    assert result.exit_code == 1
    (line,) = [line for line in result.output.splitlines() if "Error" in line]
    assert line.startswith("Error: XLA must compile the steps, or not be asked for")
    assert not failing


@pytest.mark.parametrize(
    "flags, gpus, expected",
    [
        ("", ["gpu"], "--xla_gpu_enable_triton_gemm=false"),
        ("--xla_a=1", ["gpu"], "--xla_a=1 --xla_gpu_enable_triton_gemm=false"),
        ("--xla_gpu_enable_triton_gemm=true", ["gpu"], None),
        ("", [], None),
    ],
)
def test_products_are_not_by_triton(monkeypatch, flags, gpus, expected):
    monkeypatch.setenv("XLA_FLAGS", flags)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    monkeypatch.setattr(hardware, "_choose_threads", lambda: None)
    monkeypatch.setattr(compilation_cache, "use", lambda: None)
    hardware.prepare()
    assert os.environ["XLA_FLAGS"] == (flags if expected is None else expected)
