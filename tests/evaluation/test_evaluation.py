import json

import numpy as np
import pytest
import tiny

from tfmi import pipelines
from tfmi.errors import DataError
from tfmi.evaluation import charts
from tfmi.evaluation import paper
from tfmi.evaluation import probes
from tfmi.evaluation import tables
from tfmi.evaluation.evaluate import evaluate
from tfmi.evaluation.features import extract
from tfmi.pipelines.colored_mnist import DOMAINS

RNG = np.random.default_rng(0)
LABELS = np.arange(1200) % 4


def accuracy(protocol, vectors, labels=LABELS):
    train, test = (vectors[:800], labels[:800]), (vectors[800:], labels[800:])
    return probes.probe_accuracy(protocol, train, test)["accuracy"]


@pytest.mark.parametrize("protocol", [probes.PAPER, probes.STRONG])
def test_ideal_constant_and_random_representations(protocol):
    assert accuracy(protocol, np.eye(4)[LABELS]) > 0.99
    assert accuracy(protocol, np.zeros((1200, 4))) < 0.3
    assert accuracy(protocol, RNG.normal(size=(1200, 4))) < 0.35


def test_strong_probe_reads_what_a_small_scale_hides():
    hidden = 1e-3 * np.eye(4)[LABELS] + 1e-4 * RNG.normal(size=(1200, 4))
    assert accuracy(probes.STRONG, hidden) > 0.95
    assert accuracy(probes.PAPER, hidden) < 0.9


def test_probes_are_scored_on_the_test_split():
    labels = RNG.integers(0, 4, 1200)
    codes = np.zeros((1200, 800))
    codes[np.arange(800), np.arange(800)] = 1
    assert accuracy(probes.STRONG, codes, labels) < 0.35


def test_nan_is_refused():
    with pytest.raises(DataError, match="must be finite"):
        accuracy(probes.PAPER, np.full((1200, 4), np.nan))


def test_majority_and_balanced():
    scores = probes.majority_accuracy(np.array([1, 1, 0]), np.array([1, 1, 1, 0]))
    assert scores == {"accuracy": 0.75, "balanced_accuracy": 0.5}


@pytest.mark.parametrize(
    "representation, index, distance",
    [
        ("shared", 0, 0.0563),
        ("exclusive", 0, 0.0321),
        ("shared", 1, 0.0623),
        ("exclusive", 1, 0.0383),
    ],
)
def test_distances_are_those_of_tables_1_and_2(representation, index, distance):
    domain = DOMAINS[index]
    published = paper.accuracies("colored-mnist", representation, domain.name)
    rows = tables.table_rows(
        {"Ours": published}, domain, representation, "colored-mnist"
    )
    found = {row["row"]: row["distance"] for row in rows}
    assert found["Ideal"] == 0
    assert found["Paper"] == found["Ours"] == pytest.approx(distance, abs=2e-4)


def test_neighbours_leave_the_query_out():
    vectors = np.array([[0.0], [0.0], [1.0], [5.0]])
    assert charts.neighbours(vectors, [0, 3], 2).tolist() == [[1, 2], [2, 0]] or (
        charts.neighbours(vectors, [0, 3], 2).tolist() == [[1, 2], [2, 1]]
    )


def test_extract_keeps_order_and_limit():
    batches = [(np.full((3, 2), i), {"a": np.full(3, i)}) for i in range(4)]
    vectors, labels = extract(lambda images: images * 2.0, batches, limit=5)
    assert vectors.tolist() == [[0, 0]] * 3 + [[2, 2]] * 2
    assert labels["a"].tolist() == [0, 0, 0, 1, 1]


def test_evaluate_writes_tables_and_pictures(tmp_path):
    folder = tiny.write_mnist(tmp_path / "mnist", train=200, test=60)
    dataset = pipelines.find("colored-mnist")(data_dir=folder)
    keys = [(r, d) for d in ("x", "y") for r in ("shared", "exclusive")]
    mean = {key: lambda images: np.mean(images, (1, 2)) / 255 for key in keys}
    results = evaluate(mean, mean, dataset, tmp_path / "out", ["paper", "strong"])
    assert len(results) == 8
    rows = {row["row"]: row["accuracies"] for row in results[1]["rows"]}
    assert set(rows) == {
        "Ideal", "Paper", "Ours", "Untrained encoder", "Majority class"
    }  # fmt: skip
    assert rows["Ours"]["background_color"] > 0.9
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"results.json", "results.csv", "tables.txt"} <= names
    assert sum(name.endswith(".png") for name in names) == 12
    assert json.loads((tmp_path / "out" / "results.json").read_text()) == results
    text = (tmp_path / "out" / "tables.txt").read_text()
    assert "chance 8.33%" in text
    assert "standardised" in text
