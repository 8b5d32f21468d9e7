"""tfmi ablate and tfmi sweep as a user types them."""

import os

import pytest
import tensorflow as tf
import tiny
from click.testing import CliRunner

from tfmi.cli import cli

pytestmark = [
    pytest.mark.any_versions,
    pytest.mark.filterwarnings("ignore:Even though the"),
]


@pytest.fixture(scope="module", autouse=True)
def eager():
    """Two steps cost less than the graph of one."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("experiments")
    tiny.write_mnist(path / "mnist", train=20, test=20)
    return path


def call(folder, command, *options):
    schedule = ["--shared-epochs", "1", "--exclusive-epochs", "1"]
    data = ["--data-dir", folder / "mnist", "--output", folder / command]
    args = [command, "colored-mnist", *data, *tiny.OPTIONS, *schedule, *options]
    # Each digit has two training images: none can be held out.
    args += ["--split", "test"]
    return CliRunner().invoke(cli, [str(arg) for arg in args])


@pytest.mark.long
def test_ablate_then_sweep_with_its_stage_1(folder):
    options = ["--rows", "alpha-0,baseline"]
    result = call(folder, "ablate", *options)
    assert result.exit_code == 0, result.output
    assert "94.48%" in result.output
    for name in ("ablation.txt", "ablation.csv", "ablation.json", "ablation_paper.png"):
        assert (folder / "ablate" / name).is_file()
    again = call(folder, "ablate", *options)
    assert again.exit_code == 0
    assert "probe paper on" not in again.output
    assert "94.48%" in again.output
    options = ["--global-weight", "0,0.5"]
    for run in ("baseline-seed0", "alpha-0-seed0"):
        options += ["--reuse", folder / "ablate" / run]
    result = call(folder, "sweep", *options)
    assert result.exit_code == 0, result.output
    assert result.output.count("reused  shared stage of") == 2
    assert "step/s" not in result.output
    for name in ("sweep.md", "sweep.csv", "sweep.json", "sweep_shared.png"):
        assert (folder / "sweep" / name).is_file()
    runs = [folder / "ablate" / name for name in ("baseline-seed0", "alpha-0-seed0")]
    args = ["compare", *map(str, runs), "--output", str(folder / "both")]
    result = CliRunner().invoke(cli, args)
    assert result.exit_code == 0, result.output
    assert "alpha-0-seed0" in (folder / "both" / "compare.txt").read_text()
    (runs[0] / "evaluation" / "results.json").unlink()
    result = CliRunner().invoke(cli, args)
    assert (result.exit_code, "a run must be scored" in result.output) == (1, True)


@pytest.mark.parametrize(
    "args, code, message",
    [
        (["ablate"], 2, "RECIPE"),
        (["ablate", "colored-mnist", "--rows", "delta-0"], 2, "a row must be one of"),
        (["ablate", "colored-mnist", "--seeds", "a"], 2, "not a valid integer"),
        (["ablate", "colored-mnist", "--data-dir", "none"], 1, "must be a folder"),
        (["ablate", "colored-mnist", "--reuse", "none"], 1, "a run must be a folder"),
        (["compare"], 2, "RUNS"),
        (["compare", "none"], 1, "a run must be a folder"),
        (["sweep", "colored-mnist"], 2, "Received: none"),
        (
            ["sweep", "colored-mnist", "--code-noise", "0,1", "--l1-weight", "0,1"],
            2,
            "Received: code_noise, l1_weight",
        ),
        (["sweep", "colored-mnist", "--code-noise", "0,-1"], 2, "must be >= 0"),
    ],
)
def test_bad_input_is_one_line(tmp_path, monkeypatch, folder, args, code, message):
    monkeypatch.chdir(tmp_path)
    if args[1:2] == ["colored-mnist"] and "--data-dir" not in args:
        args = [*args, "--data-dir", str(folder / "mnist"), "--batch-size", "8"]
    result = CliRunner().invoke(cli, args)
    assert result.exit_code == code, result.output
    assert message in result.output
    assert "Traceback" not in result.output
    assert not os.path.exists("runs")
