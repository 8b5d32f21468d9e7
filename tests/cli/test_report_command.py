"""tfmi report as a user types it, of a run whose data is gone."""

import shutil

import pytest
import tensorflow as tf
import tiny
from click.testing import CliRunner

from tfmi import runs
from tfmi.cli import cli

pytestmark = [
    pytest.mark.any_versions,
    pytest.mark.filterwarnings("ignore:Even though the"),
]


@pytest.fixture
def eager():
    """Two steps cost less than the graph of one."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def call(*args):
    return CliRunner().invoke(cli, [str(arg) for arg in args])


def test_a_run_without_its_data(tmp_path, monkeypatch, eager):
    monkeypatch.chdir(tmp_path)
    data = tiny.write_mnist(tmp_path / "mnist", train=20, test=20)
    options = [*tiny.OPTIONS, "--shared-epochs", 1, "--exclusive-epochs", 1]
    result = call("train", "colored-mnist", "--data-dir", data, *options)
    assert result.exit_code == 0, result.output
    shutil.rmtree(data)
    result = call("report")
    assert result.exit_code == 0, result.output
    page = runs.newest().report_file.read_text(encoding="utf-8")
    assert "20 to train on, 20 to test" in page
    assert "This run is not evaluated yet" in page
    assert "This run has no exports yet" in page
