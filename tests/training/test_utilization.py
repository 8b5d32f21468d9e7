"""How busy a GPU was, told by a driver's program that is made up here."""

import time

import pytest

from tfmi.training import utilization

SAYS = """#!/bin/sh
echo "$@" > "{folder}/asked"
echo "[N/A], [N/A]"
echo "10, 100.0"
echo "30, 200.5"
exec sleep 60
"""


@pytest.fixture
def driver(tmp_path, monkeypatch):
    program = tmp_path / utilization.COMMAND
    program.write_text(SAYS.format(folder=tmp_path))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


@pytest.mark.usefixtures("driver")
def test_means_of_what_was_seen(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,4")
    with utilization.watched(["gpu"]) as used:
        while used().get("busy") != 20:
            time.sleep(0.01)
        assert used() == {"busy": 20, "watts": 150.25}
    # The program has ended: nothing waits for its minute.
    assert "--id=3" in (tmp_path / "asked").read_text()


@pytest.mark.usefixtures("driver")
def test_an_error_in_training_stays_what_it_is():
    with pytest.raises(OSError, match="disk full"):
        with utilization.watched(["gpu"]):
            raise OSError("disk full")


def test_nothing_is_said_without_a_gpu_or_a_driver(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for gpus in ([], ["gpu"]):
        with utilization.watched(gpus) as used:
            assert used() == {}
