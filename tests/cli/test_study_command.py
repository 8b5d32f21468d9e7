"""tfmi study as a user types it, with stand-ins for training and scoring."""

import json
import pathlib

import pytest
import stand_ins
import tiny
from click.testing import CliRunner

from tfmi.cli import cli
from tfmi.cli import experiment

pytestmark = pytest.mark.any_versions

STUDY = {
    "recipe": "colored-mnist",
    "settings": tiny.SETTINGS,
    "seeds": [0, 1],
    "shared": {"normalize_codes": [False]},
    "exclusive": {"discriminator_steps": [2]},
}
ROWS = ["baseline", "normalize-codes-false", "discriminator-steps-2"]


@pytest.fixture
def counts(monkeypatch):
    return install(monkeypatch)


def install(monkeypatch):
    counts = stand_ins.install(monkeypatch)
    counts.bits = [0.5] * 20
    return counts


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tiny.write_mnist(tmp_path / "mnist", train=20, test=20)
    (tmp_path / "knobs.json").write_text(json.dumps(STUDY))
    return tmp_path / "runs" / "study-knobs"


def call(*options):
    args = ["study", "knobs.json", "--data-dir", "mnist", *options]
    return CliRunner().invoke(cli, args)


@pytest.mark.long
def test_whole_seeds_come_first_and_nothing_is_repeated(study, counts):
    result = call()
    assert result.exit_code == 0, result.output
    done = [
        line.split("/")[-1] for line in result.output.splitlines() if "row " in line
    ]
    assert done == [f"{row}-seed{seed}" for seed in (0, 1) for row in ROWS]
    # Of a seed: both stages of the baseline, one of either knob.
    assert counts.steps == 2 * 4 * stand_ins.STAGE
    assert call().exit_code == 0
    assert (counts.steps, len(counts.scores)) == (2 * 4 * stand_ins.STAGE, 6)


def test_tables_and_pictures(study, counts):
    call("--seeds", "3", "--protocol", "both")
    names = {path.name for path in study.iterdir() if path.name[0] != "."}
    assert names == {
        *(f"{row}-seed3" for row in ROWS),
        *("study.md", "study.json", "study.csv"),
        *("study_shared.png", "study_exclusive.png"),
    }
    lines = (study / "study.md").read_text().splitlines()
    cells = [line.split("|") for line in lines if line.startswith("| discr")]
    # Of E of x and of E of y: bits, the seconds of stage 2, the number of seeds.
    ends = [[cell.strip() for cell in line[-4:-1]] for line in cells]
    assert ends == [["0.5000", "60", "1"]] * 2


@pytest.mark.long
def test_a_stopped_study_shows_what_is_done_and_goes_on(study, counts, monkeypatch):
    monkeypatch.setattr(experiment, "Interrupt", lambda: lambda: counts.steps == 7)
    result = call()
    assert result.exit_code == 130
    assert "the same command goes on" in result.output
    assert "baseline" in (study / "study.md").read_text()
    monkeypatch.undo()
    counts = install(monkeypatch)
    monkeypatch.chdir(study.parents[1])
    assert call().exit_code == 0
    assert counts.steps == 2 * 4 * stand_ins.STAGE - 7


def test_tables_are_written_while_it_runs(study, counts, monkeypatch):
    monkeypatch.setattr(experiment, "EVERY", -1)
    counts.fail = 2
    assert call().exit_code != 0
    assert (study / "study_shared.png").is_file()


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "a study must be a JSON file"),
        ({**STUDY, "recipe": "mnist"}, "the recipe must be one of"),
        ({**STUDY, "shared": {"l1_weight": [-1]}}, "l1_weight must be >= 0"),
    ],
)
def test_bad_studies_are_one_line(study, content, message):
    path = pathlib.Path("knobs.json")
    path.write_text(json.dumps(content)) if content else path.unlink()
    result = call()
    assert (result.exit_code, message in result.output) == (2, True), result.output
    assert not study.exists()
