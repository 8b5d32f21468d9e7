"""What is scored of a run, and what was scored already."""

import types

import pytest

from tfmi.errors import DataError
from tfmi.evaluation import scoring
from tfmi.evaluation.results import UNTRAINED
from tfmi.evaluation.results import Record
from tfmi.evaluation.results import Results
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED
from tfmi.representation import Representation

LATENT = Representation("latent", "z", "all")


class Run:
    """A run whose functions say what they are of."""

    def __init__(self, path, method, representations):
        self.method, self.representations = method, representations
        self.domains, self.evaluation_folder = ["x", "y"], path

    def represent(self, name, domain):
        return "trained", name, domain

    def represent_untrained(self, name, domain):
        return "untrained", name, domain


OURS = types.SimpleNamespace(title="cross mutual information", ours=True)
VAE = types.SimpleNamespace(title="VAE", ours=False)


@pytest.fixture
def evaluated(monkeypatch):
    """The arguments of the evaluation."""
    calls = []
    monkeypatch.setattr(scoring, "evaluate", lambda *a, **o: calls.append((a, o)))
    return calls


def test_a_run_is_scored_into_its_own_folder(tmp_path, evaluated):
    run = Run(tmp_path, OURS, (SHARED, EXCLUSIVE))
    scoring.score(run, "dataset", limit=9)
    ((rows, dataset, output), options) = evaluated[0]
    assert (dataset, output, options) == ("dataset", tmp_path, {"limit": 9})
    assert list(rows) == ["Ours", UNTRAINED]
    keys = [(r, d) for d in "xy" for r in (SHARED, EXCLUSIVE)]
    assert list(rows["Ours"]) == list(rows[UNTRAINED]) == keys
    assert rows["Ours"][EXCLUSIVE, "y"] == ("trained", "exclusive", "y")
    assert rows[UNTRAINED][SHARED, "x"] == ("untrained", "shared", "x")


def test_validation_has_a_folder_of_its_own(tmp_path, evaluated):
    run = Run(tmp_path, OURS, (SHARED, EXCLUSIVE))
    scoring.score(run, "dataset", split="validation")
    ((_, _, output), options) = evaluated[0]
    assert (output, options) == (tmp_path / "validation", {"split": "validation"})
    assert scoring.results_folder(run) == tmp_path


def test_some_representations_of_a_run_without_untrained_encoders(tmp_path, evaluated):
    run = Run(tmp_path, OURS, (SHARED, EXCLUSIVE))
    scoring.score(run, "dataset", ["exclusive"], untrained=False)
    rows = evaluated[0][0][0]
    assert list(rows) == ["Ours"]
    assert list(rows["Ours"]) == [(EXCLUSIVE, "x"), (EXCLUSIVE, "y")]


def test_another_methods_row_has_its_title(tmp_path, evaluated):
    scoring.score(Run(tmp_path, VAE, (LATENT,)), "dataset")
    rows = evaluated[0][0][0]
    assert list(rows) == ["VAE", UNTRAINED]
    assert list(rows["VAE"]) == [(LATENT, "x"), (LATENT, "y")]


def test_what_was_scored_is_used_where_it_holds_all_that_is_asked_for(tmp_path):
    run = Run(tmp_path, OURS, (SHARED,))
    wanted = {"representations": ["shared"], "protocols": ["paper"], "limit": None}
    assert scoring.results_of(run) is None
    assert scoring.scored_already(run, **wanted, untrained=False) is None
    records = [
        Record("Ours", "shared", domain, "paper", 0, "digit", "accuracy", 0.5)
        for domain in "xy"
    ]
    about = {"dataset": "mine", "row": "Ours", "limit": None, "probes": ["paper"]}
    Results(about, records).save(tmp_path)
    scores = scoring.scored_already(run, **wanted, untrained=False)
    assert scores == scoring.results_of(run) == Results(about, records)
    for change in (
        {"untrained": True},
        {"limit": 100},
        {"protocols": ["paper", "strong"]},
        {"representations": ["shared", "exclusive"]},
    ):
        asked = {**wanted, "untrained": False, **change}
        assert scoring.scored_already(run, **asked) is None


def test_results_of_an_earlier_version_are_one_line(tmp_path):
    (tmp_path / "results.json").write_text('{"tables": [], "neighbours": []}')
    with pytest.raises(DataError, match="must be of this version of tfmi"):
        scoring.results_of(Run(tmp_path, OURS, (SHARED,)))


def test_common_information_is_estimated_once(tmp_path, monkeypatch):
    run = Run(tmp_path, OURS, (EXCLUSIVE, SHARED))
    asked = []

    def bits(run, dataset, limit, domain, folders):
        asked.append((domain, list(folders)))
        return 0.25

    monkeypatch.setattr(scoring, "_bits", bits)
    for _ in range(2):
        found = scoring.shared_information(run, None, 100, tmp_path / "features")
        assert found == {"x": 0.25, "y": 0.25}
    assert asked == [(domain, ["shared", "exclusive"]) for domain in "xy"]
    scoring.shared_information(run, None, None, tmp_path / "features")
    assert len(asked) == 4
