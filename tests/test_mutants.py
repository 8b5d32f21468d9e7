"""The list of changes that tests must notice is of the code as it is."""

import pathlib
import subprocess
import sys

import pytest

pytestmark = pytest.mark.any_versions

MUTATION = pathlib.Path(__file__).parents[1] / "benchmarks" / "mutation.py"


def test_every_mutant_can_be_made():
    result = subprocess.run(
        [sys.executable, MUTATION, "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    made, _, listed, *_ = result.stdout.split()
    assert int(made) == int(listed) >= 100
