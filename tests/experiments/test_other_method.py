"""Experiments with a method of one vector, whose stages have other names."""

import json

import made_method
import pytest
from made_results import results

from tfmi.errors import UsageError
from tfmi.experiments import ablation
from tfmi.experiments import compare
from tfmi.experiments import sensitivity
from tfmi.experiments import study
from tfmi.experiments import sweep
from tfmi.experiments.variants import Outcome
from tfmi.experiments.variants import ablation_variants
from tfmi.experiments.variants import stages_until


@pytest.fixture(autouse=True)
def method(monkeypatch):
    made_method.install(monkeypatch)
    return made_method.METHOD


def outcomes(variants):
    return [
        Outcome(
            variant,
            0,
            results(latent=(0.7, 0.6 - number / 10), baselines=variant.untrained),
            seconds={"latent": 4.0},
        )
        for number, variant in enumerate(variants)
    ]


def test_each_row_is_judged_by_the_one_vector(method):
    rows = ablation_variants(made_method.RECIPE)
    assert {row.key: row.scored for row in rows} == {
        "baseline": ("latent",),
        "pressure-0": ("latent",),
        "depth-1": ("latent",),
    }
    assert stages_until(method, rows[0].scored) == ("warm", "squeeze")


def test_ablation(tmp_path):
    rows = ablation_variants(made_method.RECIPE, ["baseline", "pressure-0"])
    (text,) = ablation.write(tmp_path, outcomes(rows))
    assert "latent representation of x" in text
    assert [line.split("  ")[1] for line in text.splitlines()[3:]] == [
        "Ideal",
        "Baseline",
        "pressure = 0",
        "Untrained encoder",
        "Majority class",
    ]
    (table,) = json.loads((tmp_path / "ablation.json").read_text())
    assert table["ideal"] == {"digit": 1.0, "background_color": 1.0}
    assert table["rows"][1]["distance"] == pytest.approx(0.3 + 0.5)


def test_sweep(tmp_path, method):
    knob = sweep.Knob("pressure", (0.0, 0.5))
    rows = sweep.variants([knob], made_method.RECIPE)
    texts = sensitivity.write(tmp_path, "sweep", [knob], outcomes(rows), method)
    assert "| pressure 0.5 " in texts[0]
    assert "bits" not in "".join(texts)
    assert (tmp_path / "sweep_latent.png").is_file()


def test_a_study_names_the_stages_of_its_method(tmp_path):
    path = tmp_path / "study.json"
    path.write_text('{"recipe": "squeezed", "squeeze": {"pressure": [0]}}')
    content = study.read(path)
    (knob,) = content.knobs(made_method.RECIPE)
    assert (knob.setting, knob.values) == ("pressure", (0, 0.5))
    path.write_text('{"recipe": "squeezed", "shared": {"pressure": [0]}}')
    with pytest.raises(UsageError, match="must be .*, warm, squeeze. Received: shared"):
        study.read(path)


def test_comparison(tmp_path):
    every = {"vae": results(latent=(0.7, 0.6), baselines=True, row="compression")}
    texts = compare.write(tmp_path, every)
    assert "  vae " in texts[0] and "Untrained, vae" in texts[0]
