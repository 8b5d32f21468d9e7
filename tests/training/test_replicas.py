"""Training on replicas: two devices of one process, two processes, and what is
said where it cannot be done."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import tiny
from click.testing import CliRunner

from tfmi import recipes
from tfmi import runs
from tfmi.cli import cli
from tfmi.errors import UsageError
from tfmi.training import distribute

PEER = pathlib.Path(__file__).parents[1] / "replica_peer.py"
TRAIN = [sys.executable, "-c", "from tfmi.cli import main; main()", "train"]
SECONDS = 900


def start(command, worker=None, ports=()):
    """A process, worker number `worker` of those on the ports."""
    environment = {**os.environ, "TF_NUM_INTRAOP_THREADS": "1"}
    environment.pop("TF_CONFIG", None)
    if worker is not None:
        environment["TF_CONFIG"] = config([f"localhost:{p}" for p in ports], worker)
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True
    )


def config(workers, index):
    return json.dumps(
        {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
    )


def free_ports():
    sockets = [socket.socket() for _ in range(2)]
    for each in sockets:
        each.bind(("localhost", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def finish(processes):
    outputs = [process.communicate(timeout=SECONDS)[0] for process in processes]
    codes = [process.returncode for process in processes]
    assert codes == [0] * len(codes), outputs


def assert_same(left, right):
    left, right = np.load(left), np.load(right)
    assert left.files == right.files
    for name in left.files:
        np.testing.assert_allclose(left[name], right[name], atol=2e-5)


@pytest.mark.replicas
def test_two_replicas_follow_one_that_draws_within_each_half(tmp_path):
    one, two, chief, other = (tmp_path / f"{i}.npz" for i in range(4))
    ports = free_ports()
    peer = [sys.executable, str(PEER)]
    finish(
        [
            start([*peer, "one", str(one)]),
            start([*peer, "mirrored", str(two)]),
            start([*peer, "multi-worker", str(chief)], 0, ports),
            start([*peer, "multi-worker", str(other)], 1, ports),
        ]
    )
    for path in (two, chief, other):
        assert_same(path, one)


@pytest.mark.replicas
@pytest.mark.parametrize("strategy", ["mirrored", "multi-worker"])
@pytest.mark.parametrize(
    "method",
    [
        "cross-mi-flow",
        "deep-infomax",
        "vae",
        "cross-domain",
        "disentangled-ssl",
        "iiae",
    ],
)
def test_every_method_trains_on_two_replicas(tmp_path, method, strategy):
    tiny.write_mnist(tmp_path / "mnist")
    name = f"colored-mnist-{method}"
    peer = PEER.parent / "method_replicas.py"
    command = [sys.executable, str(peer), str(tmp_path), name, strategy]
    ports = free_ports()
    workers = range(2) if strategy == "multi-worker" else [None]
    finish([start(command, worker, ports) for worker in workers])
    (path,) = (tmp_path / "runs").iterdir()
    run = runs.load(path)
    assert run.finished and run.recipe.method == method
    images = run.sample_images("x", 5)
    for each in run.representations:
        vectors = run.represent(each.name, "x")(images)
        assert np.isfinite(vectors).all() and vectors.std() > 0


def wait_for(pattern, root, process):
    for _ in range(10 * SECONDS):
        found = list(root.glob(pattern))
        if found:
            return found[0]
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)
    raise AssertionError(f"no {pattern}")


@pytest.mark.replicas
def test_a_worker_is_killed_and_the_run_resumed(tmp_path):
    root = tmp_path / "runs"
    options = [*tiny.OPTIONS, "--shared-epochs", "100", "--runs", str(root)]
    options += ["--data-dir", str(tiny.write_mnist(tmp_path / "mnist"))]
    options += ["--strategy", "multi-worker"]
    ports = free_ports()
    command = [*TRAIN, "colored-mnist", *options]
    chief, other = (start(command, worker, ports) for worker in (0, 1))
    wait_for("*/shared/checkpoint.keras", root, chief)
    other.send_signal(signal.SIGKILL)
    output = chief.communicate(timeout=SECONDS)[0]
    assert chief.returncode == 1, output
    assert "on      2 replicas, each with 4 of the 8 pairs of a batch" in output
    assert "Error: every worker must go on to the end" in output
    assert "Traceback" not in output
    other.communicate()
    # One folder: the other worker has written nothing that stays.
    (path,) = root.iterdir()
    before = runs.load(path)
    assert not before.finished
    resumed = [*TRAIN, "--resume", str(path), "--strategy", "multi-worker"]
    ports = free_ports()
    finish([start(resumed, worker, ports) for worker in (0, 1)])
    run = runs.load(path)
    assert run.finished
    epochs = (path / "shared" / "history.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in epochs] == [str(n) for n in range(100)]
    assert np.isfinite(run.represent("exclusive", "x")(run.sample_images("x", 5))).all()


def said(*arguments, **environment):
    result = CliRunner().invoke(cli, ["train", *arguments], env=environment)
    assert result.exit_code == 2
    return result.output


def test_one_device_is_no_strategy():
    output = said("colored-mnist", "--strategy", "mirrored")
    assert "--strategy mirrored must have 2 devices at least. Received: " in output


@pytest.mark.parametrize(
    "given",
    [
        "",
        "{",
        "[]",
        "{}",
        config(["localhost:1"], 0),
        config(["localhost:1", "localhost:2"], 2),
        json.dumps({"cluster": {"worker": ["a:1", "b:1"], "ps": ["c:1"]}}),
    ],
)
def test_tf_config_is_checked(given):
    output = said("colored-mnist", "--strategy", "multi-worker", TF_CONFIG=given)
    assert "TF_CONFIG must be" in output
    assert f"Received: {given or 'none'}" in " ".join(output.split())


@pytest.mark.parametrize("size, fits", [(12, True), (16, False), (3, False)])
def test_the_batch_is_divided_evenly(size, fits, monkeypatch):
    class Three:
        num_replicas_in_sync = 3

    monkeypatch.setattr(distribute.tf.distribute, "get_strategy", Three)
    recipe = recipes.find("colored-mnist").replace(batch_size=size)
    if fits:
        distribute.check(recipe, "float32", "off")
        told = distribute.describe(recipe)
        assert told == "3 replicas, each with 4 of the 12 pairs of a batch"
        return
    with pytest.raises(UsageError, match=rf"replicas \(3\), .* Received: {size}"):
        distribute.check(recipe, "float32", "off")


@pytest.mark.parametrize(
    "precision, jit", [("mixed_float16", "off"), ("float32", "on")]
)
def test_what_does_not_go_with_replicas(precision, jit):
    recipe = recipes.find("colored-mnist")
    with pytest.raises(UsageError, match=f"Received: {precision}, XLA {jit}"):
        distribute.check(recipe, precision, jit)


def test_a_worker_takes_what_it_goes_on_from(tmp_path):
    run = tmp_path / "run"
    for name in ("config.json", "shared.keras", "shared/checkpoint.keras"):
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(name)
    (run / "shared" / "logs").mkdir()
    (run / "shared" / ".tmp-1-checkpoint.keras").write_text("half")
    (tmp_path / "spare").mkdir()
    copy = distribute.copy_run(run, tmp_path / "spare")
    found = {str(p.relative_to(copy)) for p in copy.rglob("*") if p.is_file()}
    assert found == {"config.json", "shared.keras", "shared/checkpoint.keras"}
