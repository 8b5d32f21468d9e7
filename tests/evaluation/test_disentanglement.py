"""How S and E are told apart, on codes of which it is known."""

import importlib.metadata

import numpy as np
import pytest

from tfmi.evaluation.measure import disentanglement
from tfmi.evaluation.measure.records import Features
from tfmi.evaluation.measure.records import probe_records
from tfmi.evaluation.results import Results
from tfmi.evaluation.tables import disentanglement as tables
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED
from tfmi.representation import Representation

DIGIT = Factor("digit", ("0", "1", "2", "3"))
COLOR = Factor("color", ("red", "green", "blue"))
JOINT = "shared+exclusive"
DOMAIN = Domain("x", "first", (DIGIT,), (COLOR,))


def rows_of(count, seed):
    """Ideal codes (a factor each, in two dimensions) and some that hold both."""
    generator = np.random.default_rng(seed)
    digit, color = (generator.integers(n, size=count) for n in (4, 3))
    digits, colors = (
        (3 * np.eye(n)[v] @ np.random.default_rng(n).normal(size=(n, 2)))
        for n, v in ((4, digit), (3, color))
    )
    noise = 0.1 * generator.normal(size=(2, count, 2))
    labels = {"digit": digit, "color": color}
    both = np.concatenate([digits, colors], axis=1)
    return {
        "shared": {"Ours": digits + noise[0], "Untrained encoder": both},
        "exclusive": {"Ours": colors + noise[1], "Untrained encoder": both},
    }, labels


ABOUT = {
    "row": "Ours",
    "probes": ["strong"],
    "protocols": disentanglement.PROTOCOLS,
    "representations": {
        r.name: {"symbol": r.symbol, "holds": r.holds} for r in (SHARED, EXCLUSIVE)
    },
    "domains": {
        "x": {
            "title": "first",
            "factors": {
                "digit": {"values": 4, "kind": "shared"},
                "color": {"values": 3, "kind": "exclusive"},
            },
        }
    },
}


@pytest.fixture(scope="module")
def features():
    splits = {"train": rows_of(900, 0), "test": rows_of(600, 1)}
    labels = {split: labels for split, (_, labels) in splits.items()}
    return [
        Features(
            r,
            DOMAIN,
            {
                row: {s: np.float32(codes[r.name][row]) for s, (codes, _) in parts}
                for row in ("Ours", "Untrained encoder")
            },
            labels,
        )
        for r in (SHARED, EXCLUSIVE)
        for parts in [splits.items()]
    ]


@pytest.fixture(scope="module")
def results(features):
    records = probe_records(features, ["strong"], [0], str)
    (group,) = disentanglement.groups(features)
    probed = Results(ABOUT, list(records))
    return Results(
        ABOUT, records + disentanglement.metric_records(group, probed, 0, str)
    )


def test_block_metrics_beside_ideal_untrained_and_majority(results):
    rows = {row["row"]: row for row in tables.block_rows(results, JOINT, "x")}
    assert list(rows) == ["Ideal", "Ours", "Untrained encoder", "Majority class"]
    ideal, ours = rows["Ideal"], rows["Ours"]
    assert (ideal["mig"], ideal["disentanglement"], ideal["completeness"]) == (1, 1, 1)
    assert (ideal["informativeness"], ideal["distance"]) == (1, 0)
    assert ideal["sap"] == pytest.approx(1 - (1 / 4 + 1 / 3) / 2)
    for name in ("mig", "disentanglement", "completeness", "informativeness", "sap"):
        assert ours[name] == pytest.approx(ideal[name], abs=0.07), name
        assert rows["Majority class"][name] <= 1 / 2
    assert ours["information"]["shared"]["digit"] > 0.95
    assert ours["information"]["exclusive"]["digit"] < 0.05
    # Blocks that hold both factors, each: all is told, nothing told apart.
    assert rows["Untrained encoder"]["informativeness"] > 0.95
    for name in ("mig", "disentanglement", "completeness", "sap"):
        assert rows["Untrained encoder"][name] < 0.05


def values(results, protocol):
    records = results.select(representation=JOINT, domain="x", protocol=protocol)
    assert {record.row for record in records} == {"Ours"}
    return {record.score: record.value for record in records}


def test_mutual_information_beside_its_references(results):
    for estimator in ("jsd", "ksg"):
        estimate = values(results, estimator)
        assert abs(estimate["measured"]) < 0.08
        assert abs(estimate["independent"]) < 0.08
        assert estimate["copied"] > 0.4
    # Three colours: the copy tells log 3 and, by the noise, more.
    assert values(results, "ksg")["copied"] > np.log(3)


def test_single_dimensions_are_scored(results):
    scores = values(results, "dimensions")
    assert set(scores) == {
        *("mig", "sap", "factor_vae"),
        *("disentanglement", "completeness", "informativeness"),
    }
    assert scores["disentanglement"] > 0.9
    assert scores["factor_vae"] > 0.95
    # A factor is in two dimensions.
    assert scores["completeness"] < 0.9


def test_text_holds_all(results):
    (text,) = tables.texts(results)
    for part in (
        "S and E of x, first",
        "DCI compl.",
        "Ours, E",
        "Majority class, S",
        "JSD (bits)",
        "KSG (nats)",
        "E and E",
        "FactorVAE",
    ):
        assert part in text
    assert max(map(len, text.splitlines())) < 140


def test_no_image_counts_for_all_factors():
    labels = {"digit": np.array([0, 1, -1] * 9), "color": np.array([-1, -1, 2] * 9)}
    codes = np.zeros((27, 2), np.float32)
    latent = Representation("latent", "z", "all")
    splits = ("train", "test")
    features = Features(
        latent,
        DOMAIN,
        {"Ours": dict.fromkeys(splits, codes)},
        dict.fromkeys(splits, labels),
    )
    assert disentanglement.metric_records((features,), None, 0, str) == []


class Entry:
    """An entry point of another package."""

    name = "spread"

    @staticmethod
    def load():
        def spread(codes, factors, test_codes, test_factors, seed):
            assert codes.shape[1] == test_codes.shape[1] == 4
            assert factors.shape[1] == test_factors.shape[1] == 2
            return {"spread": np.float32(0.625)}

        return spread


def test_a_metric_of_another_package_is_a_record_and_a_column(
    results, features, monkeypatch, tmp_path
):
    entry_points = importlib.metadata.entry_points

    def with_another(group=None, **other):
        if group == "tfmi.metrics":
            return [Entry]
        return entry_points(group=group, **other)

    monkeypatch.setattr(importlib.metadata, "entry_points", with_another)
    records = disentanglement.metric_records(tuple(features), results, 0, str)
    others = [record for record in records if record.score == "spread"]
    assert [(r.protocol, r.value) for r in others] == [("dimensions", 0.625)]
    (text,) = tables.texts(Results(ABOUT, [*results.records, *others]))
    heading, row = text.splitlines()[-2:]
    assert heading.split()[-1] == "spread" and row.split()[-1] == "0.625"
    Results({**ABOUT, "dataset": "mine"}, others).save(tmp_path)
    assert "spread,0.625" in (tmp_path / "results.csv").read_text()
