"""Full and read-only targets, on file systems that are: one line, nothing lost."""

import shutil
import subprocess

import numpy as np
import pytest
import tiny
from click.testing import CliRunner
from PIL import Image

from tfmi import recipes
from tfmi import runs
from tfmi.cli import cli
from tfmi.training import stages

SETTINGS = {**tiny.SETTINGS, "shared_epochs": 1, "exclusive_epochs": 1}

# Keras does not close the zip file that it could not write.
pytestmark = [
    pytest.mark.any_versions,
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <function ZipFile.__del__:"
        "pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A trained run, to be copied."""
    folder = tmp_path_factory.mktemp("finished")
    data = {"data_dir": str(tiny.write_mnist(folder / "m"))}
    recipe = recipes.find("colored-mnist").replace(**SETTINGS)
    run = runs.create(recipe, data, folder / "runs")
    assert stages.train(run, run.open_dataset(), lambda: False)
    return run.path


class Disk:
    """A file system of 8 MB in memory."""

    def __init__(self, path):
        self.path = path
        path.mkdir()
        self._mount("-t", "tmpfs", "-o", "size=8m", "tmpfs")

    def _mount(self, *options):
        command = ["mount", *options, str(self.path)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("only root can mount a file system")

    def fill(self, but=0):
        """Leave `but` bytes."""
        filler = self.path / "filler"
        try:
            with open(filler, "wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        except OSError:
            with open(filler, "ab") as file:
                file.truncate(filler.stat().st_size - but)

    def make_read_only(self):
        self._mount("-o", "remount,ro")

    def release(self):
        subprocess.run(["umount", "-l", str(self.path)], check=False)


@pytest.fixture
def disk(tmp_path):
    disk = Disk(tmp_path / "disk")
    yield disk
    disk.release()


def call(*args):
    return CliRunner().invoke(cli, [str(arg) for arg in args])


def fails(*args):
    """The command ends with one line, which says what could not be written."""
    result = call(*args)
    lines = [line for line in result.output.splitlines() if "Error: " in line]
    assert result.exit_code == 1, (result.output, result.exception)
    assert isinstance(result.exception, SystemExit)
    assert [result.output.splitlines()[-1]] == lines
    assert lines[0].startswith("Error: ") and "writ" in lines[0]
    assert "Read-only" in lines[0] or "No space" in lines[0], lines


def tree(folder):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def start(finished, root):
    settings = [f"--{n.replace('_', '-')}={v}" for n, v in SETTINGS.items()]
    data = finished.parents[1] / "m"
    return ["train", "colored-mnist", "--data-dir", data, "--runs", root, *settings]


def pictures(folder):
    folder.mkdir()
    for index, image in enumerate(np.zeros((3, 12, 12, 3), np.uint8)):
        Image.fromarray(image).save(folder / f"{index}.png")
    return folder


def commands(finished, run, disk, tmp_path):
    images = pictures(tmp_path / "images")
    return {
        "train": start(finished, disk.path / "runs"),
        "evaluate": ["evaluate", run, "--protocol", "paper"],
        "export": ["export", run, "--output", disk.path / "exported"],
        "embed": ["embed", run, images, "--output", disk.path / "vectors.npz"],
    }


def test_read_only_target(finished, disk, tmp_path):
    run = disk.path / "run"
    shutil.copytree(finished, run)
    before = tree(disk.path)
    disk.make_read_only()
    for command in commands(finished, run, disk, tmp_path).values():
        fails(*command)
    assert tree(disk.path) == before


@pytest.mark.long
@pytest.mark.parametrize("left", [0, 16384])
def test_full_target_keeps_what_was_there(finished, disk, tmp_path, left):
    run = disk.path / "run"
    shutil.copytree(finished, run)
    todo = commands(finished, run, disk, tmp_path)
    (run / "evaluation").mkdir()
    (run / "evaluation" / "results.json").write_text("{}")
    (disk.path / "vectors.npz").write_text("old vectors")
    export = call(*todo["export"], "--format", "onnx")
    assert export.exit_code == 0, export.output
    before = tree(disk.path)
    disk.fill(but=left)
    # The vectors of three images fit into what is left of the second disk.
    for name in ("export", "evaluate") if left else ("export", "embed", "evaluate"):
        fails(*todo[name])
    after = tree(disk.path)
    assert {name: after[name] for name in before} == before
    result = call("verify", disk.path / "exported" / "colored-mnist")
    assert result.exit_code == 0, result.output


@pytest.mark.long
@pytest.mark.parametrize("left", [0, 8192, 40_000, 900_000, 1_550_000, 3_000_000])
def test_training_on_a_full_disk_keeps_its_checkpoint(finished, disk, tmp_path, left):
    disk.fill(but=left)
    fails(*start(finished, disk.path / "runs"))
    if left < 1_550_000:
        return
    # On a disk with space it goes on, not from the start.
    shutil.copytree(disk.path / "runs", tmp_path / "runs")
    (run,) = (tmp_path / "runs").iterdir()
    assert any(path.suffix == ".keras" for path in run.rglob("*"))
    result = call("train", "--resume", run)
    assert result.exit_code == 0, result.output
    assert runs.load(run).finished


def all_but_finished(finished, disk):
    """A run on the disk, of which the samples are missing; their size."""
    run = disk.path / "run"
    shutil.copytree(finished, run)
    size = (run / "samples.npz").stat().st_size
    (run / "samples.npz").unlink()
    runs.load(run).save_progress(stage="exclusive", finished=False)
    return run, size


def test_full_disk_at_the_end_of_training(finished, disk):
    run, size = all_but_finished(finished, disk)
    before = tree(run)
    disk.fill(but=size // 2)
    fails("train", "--resume", run)
    after = tree(run)
    changed = {name for name in after if before.get(name) != after[name]}
    assert changed <= {".lock", "config.json"} and set(before) <= set(after)
    (disk.path / "filler").unlink()
    result = call("train", "--resume", run)
    assert result.exit_code == 0, result.output
    assert runs.load(run).finished
    assert tree(run)["exclusive.keras"] == before["exclusive.keras"]


def test_a_run_that_cannot_be_locked(finished, disk):
    run, _ = all_but_finished(finished, disk)
    before = tree(run)
    disk.make_read_only()
    fails("train", "--resume", run)
    assert tree(run) == before
