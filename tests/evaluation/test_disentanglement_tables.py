"""How S and E are told apart, on codes of which it is known."""

import json

import numpy as np
import pytest

from tfmi.evaluation.tables import disentanglement_tables
from tfmi.evaluation.tables.disentanglement_tables import disentanglement_table
from tfmi.evaluation.tables.probe_tables import probe_tables
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor

DIGIT = Factor("digit", ("0", "1", "2", "3"))
COLOR = Factor("color", ("red", "green", "blue"))
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


@pytest.fixture(scope="module")
def features():
    splits = {"train": rows_of(900, 0), "test": rows_of(600, 1)}
    return {
        block: {
            row: {
                split: (np.float32(codes[block][row]), labels)
                for split, (codes, labels) in splits.items()
            }
            for row in ("Ours", "Untrained encoder")
        }
        for block in ("shared", "exclusive")
    }


@pytest.fixture(scope="module")
def table(features):
    by_key = {(block, "x"): rows for block, rows in features.items()}
    probed = probe_tables(by_key, {"x": DOMAIN}, "mine", ["strong"], [0], str)
    probed = {table["representation"]: table for table in probed}
    return disentanglement_table(features, probed, DOMAIN, "strong", seed=0)


def test_block_metrics_beside_ideal_untrained_and_majority(table):
    rows = {row["row"]: row for row in table["rows"]}
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


def test_mutual_information_beside_its_references(table):
    estimates = {e["estimator"]: e for e in table["mutual_information"]}
    assert list(estimates) == ["jsd", "ksg"]
    for estimate in estimates.values():
        assert abs(estimate["measured"]) < 0.08
        assert abs(estimate["independent"]) < 0.08
        assert estimate["copied"] > 0.4
    # Three colours: the copy tells log 3 and, by the noise, more.
    assert estimates["ksg"]["copied"] > np.log(3)


def test_single_dimensions_are_scored(table):
    scores = table["dimensions"]
    assert set(scores) == {
        *("mig", "sap", "factor_vae"),
        *("disentanglement", "completeness", "informativeness"),
    }
    assert scores["disentanglement"] > 0.9
    assert scores["factor_vae"] > 0.95
    # A factor is in two dimensions.
    assert scores["completeness"] < 0.9


def test_text_and_json_hold_all(table):
    assert json.loads(json.dumps(table)) == table
    text = table["text"]
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


def test_no_image_counts_for_all_factors(features):
    labels = {"digit": np.array([0, 1, -1]), "color": np.array([-1, -1, 2])}
    codes = np.zeros((3, 2), np.float32)
    ours = {
        block: {split: (codes, labels) for split in ("train", "test")}
        for block in ("shared", "exclusive")
    }
    assert disentanglement_tables._dimensions(ours, seed=0) is None
