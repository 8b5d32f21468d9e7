"""Damaged files of every kind: refused in one line, or read; never a traceback."""

import pathlib
import subprocess
import sys

import damage
import damaged_inputs
import pytest

pytestmark = pytest.mark.any_versions

EXAMPLES = 40
# For each input, and for the process that reads all of them.
SECONDS, BYTES = 20, 2 * 2**30
CHILD = pathlib.Path(__file__).with_name("child.py")


def reader(name):
    if name.startswith("parquet"):
        pytest.importorskip("pyarrow", exc_type=ImportError)
    return damaged_inputs.READERS[name]


@pytest.mark.filterwarnings("ignore::UserWarning:PIL.TiffImagePlugin")
@pytest.mark.parametrize("name", damaged_inputs.READERS)
def test_some_damaged_files(name, tmp_path, monkeypatch):
    monkeypatch.setenv("TFMI_CACHE_DIR", str(tmp_path / "cache"))
    damage.check(reader(name), tmp_path, EXAMPLES)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", damaged_inputs.READERS)
def test_many_damaged_files_in_time_and_memory(name, tmp_path):
    reader(name)
    limits = [str(SECONDS), str(BYTES)]
    done = subprocess.run(
        [sys.executable, CHILD, name, tmp_path, "150", *limits],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
