"""Damaged files of exports and models: refused in one line, or read."""

import pathlib
import subprocess
import sys

import damage
import damaged_exports
import pytest

pytestmark = pytest.mark.any_versions

EXAMPLES = 40
# For each input, and for the process that reads all of them.
SECONDS, BYTES = 20, 2 * 2**30
CHILD = pathlib.Path(__file__).with_name("child.py")


@pytest.mark.parametrize("name", damaged_exports.READERS)
def test_some_damaged_files(name, tmp_path):
    damage.check(damaged_exports.READERS[name], tmp_path, EXAMPLES)


@pytest.mark.fuzz
@pytest.mark.parametrize("name", damaged_exports.READERS)
def test_many_damaged_files_in_time_and_memory(name, tmp_path):
    limits = [str(SECONDS), str(BYTES)]
    done = subprocess.run(
        [sys.executable, CHILD, name, tmp_path, "150", *limits, "damaged_exports"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
