"""Commands that are killed at any file that they touch, and started again.

What is visible after a kill is whole, what comes at last is what an unbroken command
gives, bit for bit, and nothing of the killed processes is left. `pytest -m kill` makes
50 kills, or as many as KILLS in the environment says.
"""

import functools
import io
import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import zipfile

import h5py
import pytest
import tiny

from tfmi.exporting import manifest
from tfmi.files import ASIDE

pytestmark = pytest.mark.any_versions

KILLED = pathlib.Path(__file__).parent / "killed.py"
KILLS = int(os.environ.get("KILLS", 50))
# Tables that training adds rows to.
GROWING = ("history.csv", "probes.csv")
OPTIONS = [*tiny.OPTIONS, "--precision", "float32", "--jit", "off"]


class Place:
    """A folder in which commands run.

    Args:
        path: of the folder.
        data: folder of the images.
    """

    def __init__(self, path, data):
        self.path, self.data = path, data
        self.path.mkdir(exist_ok=True)

    def call(self, words, number=0, delay=0.0):
        """Run a command to its end, or to the kill at its n-th file."""
        command = [sys.executable, KILLED, self.path, number, delay, *words]
        return subprocess.run(
            [str(word) for word in command],
            check=False,
            capture_output=True,
            text=True,
            cwd=self.path,
        )

    def count(self, words):
        """The number of times that a command touches files, run to its end."""
        result = self.call(words)
        assert result.returncode == 0, result.stderr
        return int(pathlib.Path(f"{self.path}.count").read_text())

    @property
    def runs(self):
        return sorted((self.path / "runs").glob("[!.]*"))

    def train(self):
        if not self.runs:
            return ["train", "colored-mnist", "--data-dir", self.data, *OPTIONS]
        return ["train", "--resume", self.runs[0]]

    def evaluate(self):
        return ["evaluate", self.runs[0], "--protocol", "paper"]

    def export(self):
        return ["export", self.runs[0]]

    def verify(self):
        return ["verify", self.path / "exported" / "colored-mnist"]

    def leftovers(self):
        return list(self.path.rglob(f"{ASIDE}*"))


class Killer:
    """Kills a command of a place, and starts it again, until it has ended."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._places = itertools.count()
        self.kills = 0

    def folder(self, parent):
        """A folder of no place before."""
        return parent / f"{next(self._places)}"

    def carry_out(self, place, name, most, check):
        while True:
            # A quarter end: what comes after several kills may touch more files.
            ends = self._random.random() < 0.25
            number = sys.maxsize if ends else self._random.randint(1, most)
            delay = self._random.choice([0.0, self._random.random() / 2])
            result = place.call(getattr(place, name)(), number, delay)
            about = name, number, delay, result.stdout[-500:], result.stderr[-2000:]
            check(place)
            if result.returncode == 0:
                return
            assert result.returncode == -signal.SIGKILL, about
            self.kills += 1


def weights(run):
    """`{name: bytes}` of each array of the models of a run."""
    arrays = {}
    for path in sorted(run.glob("*.keras")):
        content = zipfile.ZipFile(path).read("model.weights.h5")
        with h5py.File(io.BytesIO(content)) as file:
            file.visititems(functools.partial(_add, arrays, path.name))
    return arrays


def _add(arrays, file, name, item):
    if isinstance(item, h5py.Dataset):
        arrays[f"{file}/{name}"] = item[()].tobytes()


def texts(folder):
    """`{file: bytes}` of the tables in a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".csv", ".txt", ".json")
        and path.name not in ("config.json", "progress.json")
        and ASIDE not in str(path)
    }


def is_whole(place):
    """Whatever is visible can be read."""
    for run in place.runs:
        json.loads((run / "config.json").read_text())
        for path in run.rglob("*"):
            if ASIDE in str(path):
                continue
            if path.suffix == ".json":
                json.loads(path.read_text())
            elif path.suffix in (".keras", ".npz"):
                assert zipfile.ZipFile(path).testzip() is None
    exported = place.path / "exported" / "colored-mnist"
    if (exported / "manifest.json").exists():
        problems = manifest.problems(exported, manifest.read(exported))
        assert set(problems.values()) <= {"extra"}


def equals(whole):
    """A check that the visible tables, but for rows to come, are those of another
    place."""

    def check(place):
        is_whole(place)
        for run in place.runs:
            for name, content in texts(run).items():
                there = texts(whole.runs[0])[name]
                if name.endswith(GROWING):
                    there = there[: len(content)]
                assert content == there, name

    return check


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A place with an unbroken run, and `most` files of its training."""
    folder = tmp_path_factory.mktemp("kill")
    place = Place(folder / "whole", tiny.write_mnist(folder / "mnist"))
    place.most = place.count(place.train())
    return place


def assert_same(place, whole):
    (run,), (unbroken,) = place.runs, whole.runs
    assert weights(run) == weights(unbroken)
    assert texts(run) == texts(unbroken)
    assert not place.leftovers()


def train_killed(killer, whole, folder):
    place = Place(folder, whole.data)
    killer.carry_out(place, "train", whole.most, equals(whole))
    assert_same(place, whole)
    return place


@pytest.mark.long
def test_a_kill_of_a_training(whole, tmp_path):
    killer = Killer(seed=2)
    while killer.kills < 1:
        train_killed(killer, whole, killer.folder(tmp_path))


@pytest.mark.kill
def test_kills_of_a_training(whole, tmp_path):
    killer = Killer(seed=1)
    while killer.kills < KILLS // 2:
        train_killed(killer, whole, killer.folder(tmp_path))


@pytest.mark.kill
def test_kills_of_what_reads_a_run(whole, tmp_path):
    killer = Killer(seed=3)
    most = {
        name: whole.count(getattr(whole, name)())
        for name in ("evaluate", "export", "verify")
    }
    while killer.kills < KILLS - KILLS // 2:
        place = Place(killer.folder(tmp_path), whole.data)
        place.path.joinpath("runs").mkdir()
        shutil.copytree(whole.runs[0], place.path / "runs" / whole.runs[0].name)
        shutil.rmtree(place.runs[0] / "evaluation")
        for name, number in most.items():
            killer.carry_out(place, name, number, is_whole)
        assert_same(place, whole)
        exported = place.path / "exported" / "colored-mnist"
        assert not manifest.problems(exported, manifest.read(exported))


PROBES = """
import os, signal, sys, threading, numpy as np
from tfmi.evaluation.measure import probes
vectors, labels = np.random.default_rng(0).normal(size=(400, 8)), np.arange(400) % 4
job = probes.PAPER, vectors, labels, vectors, labels
kill = threading.Timer(float(sys.argv[1]), os.kill, [os.getpid(), signal.SIGKILL])
kill.start()
while True:
    list(probes.probe_accuracies([job] * 8))
"""


@pytest.mark.kill
@pytest.mark.parametrize("seconds", [n / 20 for n in range(30)] + [5])
def test_the_processes_of_probes_end_with_a_killed_command(seconds):
    """They hold its stderr: what reads that to its end would wait for them. They may be
    about to start."""
    command = [sys.executable, "-c", PROBES, str(seconds)]
    result = subprocess.run(command, capture_output=True, timeout=100, check=False)
    assert result.returncode == -signal.SIGKILL
