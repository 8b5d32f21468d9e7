"""evaluate() from images to records and files, on 8x8 images."""

import csv

import numpy as np
import pytest
from half_images import HELD
from half_images import KEYS
from half_images import NAMES
from half_images import ROWS
from half_images import Halves
from half_images import lit_side
from half_images import noise
from half_images import nothing
from half_images import shade_level

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.evaluation import results
from tfmi.evaluation.evaluate import evaluate
from tfmi.evaluation.measure import cross_domain
from tfmi.evaluation.results import MAJORITY
from tfmi.evaluation.results import UNTRAINED
from tfmi.evaluation.tables import accuracy
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED
from tfmi.representation import Representation


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    output = tmp_path_factory.mktemp("run") / "evaluation"
    lines = []
    scores = evaluate(ROWS, Halves(), output, progress=lines.append, metrics=False)
    return scores, output, lines


def test_evaluate_writes_every_file(outcome):
    scores, output, lines = outcome
    names = {path.name for path in output.iterdir()}
    parts = [f"{r}_{d}" for r, d in NAMES]
    assert names == {
        "features",
        "results.json",
        "results.csv",
        "tables.txt",
        *(f"neighbours_{part}.png" for part in parts),
        *("neighbours_shared_x_to_y.png", "neighbours_shared_y_to_x.png"),
        *(f"accuracy_{part}_{p}.png" for part in parts for p in ("paper", "strong")),
    }
    assert all(path.stat().st_size for path in output.rglob("*"))
    for path in output.glob("*.png"):
        assert path.read_bytes().startswith(b"\x89PNG")
    assert results.load(output / "results.json") == scores
    assert "probe strong on exclusive y" in lines


def test_evaluate_scores_what_the_vectors_hold(outcome):
    scores = outcome[0]
    assert scores.probed == [(*key, p) for key in NAMES for p in ("paper", "strong")]
    for key in scores.probed:
        rows = {row["row"]: row for row in accuracy.probe_rows(scores, *key)}
        assert list(rows) == ["Ideal", "Ours", UNTRAINED, MAJORITY]
        held = HELD[key[0]]
        assert rows["Ours"]["accuracies"][held] > 0.99
        assert rows["Ours"]["distance"] < 0.3
        assert rows[UNTRAINED]["accuracies"][held] < 0.7
    text = (outcome[1] / "tables.txt").read_text()
    for table in accuracy.texts(scores):
        assert table in text


def test_csv_has_a_line_for_each_record(outcome):
    with open(outcome[1] / "results.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(outcome[0].records)
    accuracies = [line for line in lines if line["score"] == "accuracy"]
    probed = [line for line in accuracies if line["protocol"] in ("paper", "strong")]
    # Of each representation, domain and probe: three rows of two factors.
    assert len(probed) == 8 * 3 * 2
    across = [line for line in accuracies if line["protocol"] in cross_domain.PROTOCOLS]
    # Of each representation, direction and number of neighbours: two rows.
    assert len(across) == 4 * 2 * 2 * 2
    # Of each number of neighbours and distance as of a probe.
    assert len(accuracies) - len(probed) - len(across) == 4 * 2 * 2 * 3 * 2
    assert {line["protocol"] for line in lines} == {
        *("paper", "strong"),
        *("1-nn l2", "5-nn l2", "1-nn cosine", "5-nn cosine"),
        *("1-nn across l2", "5-nn across l2"),
    }
    for score in ("balanced_accuracy", "information"):
        rows = {line["row"] for line in lines if line["score"] == score}
        assert rows == {"Ours", UNTRAINED, MAJORITY}
    assert {line["dataset"] for line in lines} == {"half images"}


def test_neighbours_are_scored_in_tables_of_their_own(outcome):
    scores, output, _ = outcome
    text = (output / "tables.txt").read_text()
    for name, title in (("l2", "L2"), ("cosine", "cosine")):
        assert text.count(f"training images, by {title} distance") == len(KEYS)
        for representation, domain in NAMES:
            table = accuracy.neighbour_rows(scores, representation, domain, name)
            rows = {row["row"]: row["accuracies"] for row in table}
            assert list(rows) == [
                "Ideal",
                "Ours, N = 1",
                "Ours, N = 5",
                "Untrained encoder, N = 1",
                "Untrained encoder, N = 5",
                "Majority class",
            ]
            held = HELD[representation]
            assert rows["Ours, N = 5"][held] == 1.0
            assert rows["Untrained encoder, N = 5"][held] < 0.7


def test_levels_are_those_of_the_data(outcome):
    scores = outcome[0]
    test = [labels for _, labels in Halves().labelled("x", "test", 90)]
    for representation, domain in NAMES:
        ideal = scores.ideal(representation, domain)
        for factor, count in (("shape", 2), ("shade", 3)):
            held = HELD[representation] == factor
            assert scores.factors(domain)[factor]["values"] == count
            assert ideal[factor] == (1.0 if held else 1 / count)
    (majority,) = scores.select(
        row=MAJORITY,
        representation="shared",
        domain="x",
        protocol="paper",
        factor="shape",
        score="accuracy",
    )
    counts = np.bincount(np.asarray(test[0]["shape"]))
    assert majority.value in counts / counts.sum()
    assert majority.seed is None


class Counted:
    """A representer that counts the images it is given."""

    def __init__(self, represent):
        self.represent, self.images = represent, 0

    def __call__(self, images):
        self.images += len(images)
        return self.represent(images)


def test_seeds_repeat_the_probes_of_the_first_row_alone(outcome, tmp_path):
    key = (EXCLUSIVE, "x")
    ours, untrained = Counted(noise), Counted(nothing)
    rows = {"Mine": {key: ours}, UNTRAINED: {key: untrained}}
    options = {"protocols": ["paper"], "seed": 5, "progress": str}
    scores = evaluate(rows, Halves(), tmp_path, seeds=3, **options)
    # 600 training and 90 test images, and one of each batch to know them by.
    assert ours.images == untrained.images == 690 + 3
    assert scores.about["seeds"] == [5, 6, 7]
    assert scores.probed == [("exclusive", "x", "paper")]
    probed = {"protocol": "paper", "row": "Mine"}
    by_seed = scores.by_seed(**probed)
    assert list(by_seed) == [5, 6, 7]
    assert list(scores.by_seed(protocol="paper", row=UNTRAINED)) == [5]
    shapes = [factors["shape"] for factors in by_seed.values()]
    assert len(set(shapes)) > 1
    assert scores.by_factor(**probed)["shape"] == pytest.approx(np.mean(shapes))
    deviation = np.std(shapes, ddof=1)
    assert scores.deviations(**probed)["shape"] == pytest.approx(deviation)
    assert scores.deviations(protocol="paper", row=UNTRAINED)["shape"] is None
    text = (tmp_path / "tables.txt").read_text()
    assert f" +-{100 * deviation:.2f} [" in text
    assert "over 3 seeds" in text
    with open(tmp_path / "results.csv", newline="") as file:
        lines = [x for x in csv.DictReader(file) if x["row"] == "Mine"]
    seeds = [x["seed"] for x in lines if x["protocol"] == "paper"]
    assert seeds == [seed for seed in "567" for _ in range(2 * 3)]
    again = evaluate(rows, Halves(), tmp_path, seeds=1, **options)
    assert ours.images == 690 + 2 * 3
    assert again.by_seed(**probed) == {5: by_seed[5]}


def test_one_row_alone_needs_no_name_and_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scores = evaluate(
        {(SHARED, "x"): lit_side}, Halves(), protocols=["paper"], progress=str
    )
    rows = accuracy.probe_rows(scores, *scores.probed[0])
    assert [row["row"] for row in rows] == ["Ideal", "Ours", MAJORITY]
    assert list(tmp_path.iterdir()) == []


def test_a_representation_that_holds_all_is_scored_on_every_factor(tmp_path):
    latent = Representation("latent", "z", "all")

    def both(images):
        return np.concatenate([lit_side(images), shade_level(images)], axis=1)

    rows = {"VAE": {(latent, "x"): both}}
    scores = evaluate(rows, Halves(), tmp_path, protocols=["paper"], progress=str)
    assert scores.row == "VAE"
    assert scores.ideal("latent", "x") == {"shape": 1.0, "shade": 1.0}
    assert all(value > 0.99 for value in scores.by_factor(row="VAE").values())
    # Its single dimensions are scored, but nothing that needs two blocks.
    measured = {(r.representation, r.protocol) for r in scores.select(factor=None)}
    assert measured == {("latent", "dimensions")}
    text = (tmp_path / "tables.txt").read_text()
    assert "latent representation of x, first" in text
    assert "single dimensions of z, 3000 images" in text
    assert (tmp_path / "neighbours_latent_x.png").is_file()


@pytest.mark.long
def test_representations_may_have_other_names(tmp_path):
    content = Representation("content", "C", "shared")
    style = Representation("style", "Y", "exclusive")
    row = {(content, "x"): lit_side, (style, "x"): shade_level}
    scores = evaluate(row, Halves(), tmp_path, protocols=["paper"], progress=str)
    assert scores.distance("content", "x", protocol="paper", row="Ours")[0] < 0.3
    (mig,) = scores.select(
        representation="content+style", row="Ours", protocol="paper", score="mig"
    )
    assert mig.value > 0.95
    text = (tmp_path / "tables.txt").read_text()
    for part in ("C and Y of x, first", "Ours, Y", "C and Y of others", "of (C, Y)"):
        assert part in text


def test_a_file_in_place_of_the_folder_is_one_line(tmp_path):
    path = tmp_path / "evaluation"
    path.write_text("mine")
    with pytest.raises(DataError, match="must be a folder that can be written"):
        evaluate(ROWS, Halves(), path, progress=lambda line: None)
    assert path.read_text() == "mine"


def test_failed_write_keeps_what_was_there(tmp_path, monkeypatch):
    (tmp_path / "tables.txt").write_text("old")

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    row = {(SHARED, "x"): lit_side}
    with pytest.raises(DataError, match="No space left"):
        evaluate(row, Halves(), tmp_path, protocols=["paper"], progress=str)
    assert {path.name for path in tmp_path.iterdir()} == {"tables.txt", "features"}
    assert list((tmp_path / "features").iterdir()) == []
    assert (tmp_path / "tables.txt").read_text() == "old"


def test_wrong_options_and_rows(tmp_path):
    with pytest.raises(UsageError, match="must be one of paper, strong. Received: p"):
        evaluate(ROWS, Halves(), tmp_path, protocols=["p"])
    with pytest.raises(UsageError, match="seeds must be >= 1. Received: 0"):
        evaluate(ROWS, Halves(), tmp_path, seeds=0)
    with pytest.raises(UsageError, match="a domain must be one of x, y. Received: z"):
        evaluate({(SHARED, "z"): lit_side}, Halves(), tmp_path)
