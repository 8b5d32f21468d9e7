"""What killed processes leave beside a file goes when the next one writes there."""

import pathlib
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tfmi import files
from tfmi import locks
from tfmi import recipes
from tfmi import runs
from tfmi.cli import cli
from tfmi.errors import DataError

pytestmark = pytest.mark.any_versions

HELD = """
import pathlib, sys
from tfmi import files, runs
with {what} as path:
    if path:
        path = path if path.suffix else path / "part"
        path.write_bytes(bytes(1000))
    print(path, flush=True)
    sys.stdin.read()
"""


class Writer:
    """A process amid the writing of a file or a folder, or one that has a lock.

    Args:
        what: the context that it is in.
    """

    def __init__(self, what):
        self._process = subprocess.Popen(
            [sys.executable, "-c", HELD.format(what=what)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.path = pathlib.Path(self._process.stdout.readline().strip())

    def kill(self):
        self._process.kill()
        self._process.communicate()
        assert self._process.returncode == -signal.SIGKILL


def replacing(path):
    return f"files.replacing(pathlib.Path({str(path)!r}))"


def aside(path):
    return f"files.aside(pathlib.Path({str(path.parent)!r}))"


@pytest.mark.parametrize("name", ["checkpoint.keras", "a name.npy", "x" * 255])
@pytest.mark.parametrize("what", [replacing, aside])
def test_what_a_killed_process_left_is_removed(tmp_path, name, what):
    path = tmp_path / name[:-4]
    path = path.with_name(path.name + ".bin")
    writer = Writer(what(path))
    assert writer.path.stat().st_size == 1000 and not path.exists()
    writer.kill()
    assert writer.path.exists()
    # Another file of that folder is enough.
    files.write_text(tmp_path / "other.txt", "whole")
    assert [each.name for each in tmp_path.iterdir()] == ["other.txt"]


@pytest.mark.parametrize("what", [replacing, aside])
def test_what_a_living_process_writes_stays(tmp_path, what):
    writer = Writer(what(tmp_path / "file.bin"))
    with files.replacing(tmp_path / "file.bin") as temporary:
        temporary.write_bytes(b"whole")
        files.write_text(tmp_path / "within.txt", "of this process, too")
    assert writer.path.exists()
    writer.kill()
    files.remove_leftovers(tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "file.bin",
        "within.txt",
    ]


def test_what_others_call_temporary_stays(tmp_path):
    for name in (".tmp-theirs", f"{files.ASIDE}theirs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("theirs")
    (tmp_path / f"{files.ASIDE}file").write_text("theirs")
    files.write_text(tmp_path / "other.txt", "whole")
    assert len(list(tmp_path.iterdir())) == 4


def test_one_killed_before_its_lock(tmp_path):
    (tmp_path / f"{files.ASIDE}abc").mkdir()
    files.write_text(tmp_path / "other.txt", "whole")
    assert [each.name for each in tmp_path.iterdir()] == ["other.txt"]


def test_where_files_cannot_be_locked_nothing_is_removed(tmp_path, monkeypatch):
    writer = Writer(replacing(tmp_path / "file.bin"))
    monkeypatch.setattr(locks, "fcntl", None)
    writer.kill()
    files.write_text(tmp_path / "other.txt", "whole")
    assert writer.path.exists()
    with runs.locked(tmp_path), runs.locked(tmp_path):
        pass


def test_a_folder_that_cannot_be_written(tmp_path):
    for path in (tmp_path / "none" / "file", tmp_path / "file" / "file"):
        (tmp_path / "file").write_text("a file")
        with pytest.raises(DataError, match="must be a folder that can be written"):
            files.write_text(path, "text")


def test_a_run_removes_what_is_left_anywhere_in_it(tmp_path):
    folder = tmp_path / "shared" / "logs" / "watch"
    folder.mkdir(parents=True)
    writer = Writer(replacing(folder / "vectors.tsv"))
    with runs.locked(tmp_path):
        assert writer.path.exists()
    writer.kill()
    with runs.locked(tmp_path):
        assert list(folder.iterdir()) == []


def test_one_process_at_a_time(tmp_path):
    with runs.locked(tmp_path):
        with pytest.raises(DataError, match="one process at a time. Received: "):
            with runs.locked(tmp_path):
                pass
    with runs.locked(tmp_path):
        pass


def test_a_lock_ends_with_its_process(tmp_path):
    writer = Writer(f"runs.locked(pathlib.Path({str(tmp_path)!r}))")
    with pytest.raises(DataError, match="one process at a time"):
        with runs.locked(tmp_path):
            pass
    writer.kill()
    with runs.locked(tmp_path):
        pass


def test_a_resume_of_a_finished_run_removes_what_its_end_left(tmp_path):
    """As a process that is killed between the last rename and the removal leaves it."""
    run = runs.begin(tmp_path, recipes.find("colored-mnist"), {})
    run.save_progress(stage="exclusive", finished=True)
    writer = Writer(replacing(tmp_path / "progress.json"))
    writer.kill()
    assert list(tmp_path.glob(f"{files.ASIDE}*"))
    result = CliRunner().invoke(cli, ["train", "--resume", str(tmp_path)])
    assert result.exit_code == 0 and "is finished already" in result.output
    assert not list(tmp_path.glob(f"{files.ASIDE}*"))
