"""Tables 6 and 7 from results, beside the paper's."""

import csv
import json

import matplotlib.image
import pytest
from made_results import results

from tfmi import recipes
from tfmi.errors import UsageError
from tfmi.evaluation.tables import paper
from tfmi.experiments import ablation
from tfmi.experiments.variants import Outcome
from tfmi.experiments.variants import Variant
from tfmi.experiments.variants import ablation_variants
from tfmi.experiments.variants import open_ablations

BASELINE = Variant("baseline", "Baseline", {}, ("shared", "exclusive"))
BETA = Variant("beta-0", "beta = 0", {}, ("shared",))
LAMBDA = Variant("lambda-0", "lambda = 0", {}, ("exclusive",))
OUTCOMES = [
    Outcome(BASELINE, 0, results((0.95, 0.08), (0.12, 0.99), baselines=True)),
    Outcome(BETA, 0, results((0.80, 0.09))),
    Outcome(LAMBDA, 0, results(exclusive=(0.50, 1.0))),
    Outcome(BASELINE, 1, results((0.97, 0.10), (0.14, 0.97), baselines=True)),
    Outcome(BETA, 1, results((0.82, 0.09))),
]


def tables():
    return ablation.ablation_tables(OUTCOMES)


def test_rows_are_means_over_seeds_beside_the_paper():
    shared, exclusive = tables()
    assert [row["row"] for row in shared["rows"]] == [
        "Baseline",
        "beta = 0",
        "Untrained encoder",
        "Majority class",
    ]
    baseline = shared["rows"][0]
    assert baseline["accuracies"]["digit"] == pytest.approx(0.96)
    assert baseline["deviations"]["digit"] == pytest.approx(0.02 / 2**0.5)
    assert baseline["by_seed"]["1"]["accuracies"]["digit"] == 0.97
    assert baseline["distance"] == pytest.approx((0.05 + 0.08 - 0.16 / 2) / 1, abs=0.02)
    assert (baseline["paper_accuracies"]["digit"], baseline["paper_distance"]) == (
        0.9448,
        0.0563,
    )
    assert shared["paper"] == "Table 6"
    assert exclusive["paper"] is None
    assert [row["row"] for row in exclusive["rows"]][:2] == ["Baseline", "lambda = 0"]
    assert exclusive["rows"][1]["deviations"]["digit"] is None


def test_text_has_both_columns_aligned():
    shared, exclusive = map(ablation.render, tables())
    assert "96.00 +- 1.41%" in shared
    assert "80.59%" in shared and "0.1958" in shared
    assert "probe paper: 2 layers" in shared
    assert "Table 6" not in exclusive
    assert "50.00%" in exclusive
    lines = shared.splitlines()[2:]
    assert len({line.index("%") for line in lines if line.startswith("  Maj")}) == 1
    ends = {line.index("Table 6") + len("Table 6") for line in lines[:1]}
    assert {line.index("94.48%") + 6 for line in lines if "94.48%" in line} == ends


def test_files(tmp_path):
    ablation.write(tmp_path, OUTCOMES)
    assert len(json.loads((tmp_path / "ablation.json").read_text())) == 2
    with open(tmp_path / "ablation.csv", newline="") as file:
        records = list(csv.DictReader(file))
    beta = [r for r in records if r["row"] == "beta = 0" and r["factor"] == "digit"]
    assert [(r["seed"], r["accuracy"], r["paper_accuracy"]) for r in beta] == [
        ("0", "0.8", "0.8059"),
        ("1", "0.82", "0.8059"),
    ]
    assert matplotlib.image.imread(tmp_path / "ablation_paper.png").std() > 0
    assert "beta = 0" in (tmp_path / "ablation.txt").read_text()


def test_what_is_not_there_yet_is_left_out():
    (table,) = ablation.ablation_tables([OUTCOMES[1]])
    assert [row["row"] for row in table["rows"]] == ["beta = 0", "Majority class"]


def test_a_dataset_without_a_table_of_the_paper():
    pairs = Outcome(BASELINE, 0, results((0.9, 0.1), (0.1, 0.9), dataset="pairs"))
    assert {t["paper"] for t in ablation.ablation_tables([pairs])} == {None}


@pytest.mark.parametrize(
    "pipeline, ideal",
    [
        ("colored-mnist", {"digit": 1.0, "background_color": 1 / 12}),
        ("iam", {"writer": 1.0, "word": 0.01}),
    ],
)
def test_the_paper_s_numbers_agree_with_its_distances(pipeline, ideal):
    _, rows = paper.ablation(pipeline, "shared", "x")
    assert list(rows) == ["baseline", "non-ssr", "gamma-0", "alpha-0", "beta-0"]
    for accuracies, distance in rows.values():
        found = sum(abs(accuracies[factor] - ideal[factor]) for factor in ideal)
        assert found == pytest.approx(distance, abs=2e-4)


def scored(keys=None, every_stage=False):
    rows = ablation_variants(recipes.find("colored-mnist"), keys, every_stage)
    return {row.key: row.scored for row in rows}


def test_a_row_is_judged_by_what_its_stage_learns():
    assert scored() == {
        "baseline": ("shared", "exclusive"),
        **dict.fromkeys(["non-ssr", "gamma-0", "alpha-0", "beta-0"], ("shared",)),
        **dict.fromkeys(["alpha-ex-0", "beta-ex-0", "lambda-0"], ("exclusive",)),
    }
    assert scored(["beta-0", "baseline"]) == {
        "baseline": ("shared",),
        "beta-0": ("shared",),
    }
    assert scored(["baseline"]) == {"baseline": ("shared",)}
    assert scored(["baseline", "lambda-0"])["baseline"] == ("shared", "exclusive")
    assert scored(["baseline"], True) == {"baseline": ("shared", "exclusive")}
    assert scored(["beta-0", "lambda-0"], True) == {
        "beta-0": ("shared", "exclusive"),
        "lambda-0": ("exclusive",),
    }


def test_what_a_recipe_has_not_is_not_left_out_of_it():
    left = {"gamma-0", "alpha-ex-0", "beta-ex-0"}
    for name in ("iam", "pairs"):
        assert set(open_ablations(recipes.find(name))) == left
        adversary = recipes.find(f"{name}-cross-mi")
        assert set(open_ablations(adversary)) == left | {"lambda-0"}
    both = recipes.find("iam").replace(global_weight=0.5)
    assert set(open_ablations(both)) == left | {"non-ssr", "alpha-0"}
    rows = ablation_variants(recipes.find("iam"))
    assert {row.key for row in rows} == left | {"baseline"}


def test_what_others_have_in_the_place_of_a_term_is_asked_for_by_name():
    assert scored(["kl", "info-nce", "club", "contrast"]) == {
        **dict.fromkeys(["kl", "info-nce", "contrast"], ("shared",)),
        "club": ("exclusive",),
    }
    paper_recipe = recipes.find("colored-mnist-paper")
    for row in ablation_variants(paper_recipe, ["kl", "info-nce", "club"]):
        paper_recipe.replace(**row.changes)


def test_an_unknown_row():
    with pytest.raises(UsageError, match="a row must be one of baseline, .*: delta-0"):
        scored(["delta-0"])
