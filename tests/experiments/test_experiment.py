"""Experiments: killed and started again, what is there is neither trained nor
scored again; stages are shared where their settings agree."""

import dataclasses
import functools
import types

import numpy as np
import pytest
import stand_ins
import tiny
from stand_ins import STAGE

from tfmi import pipelines
from tfmi import recipes
from tfmi import runs
from tfmi.errors import DataError
from tfmi.evaluation import scoring
from tfmi.evaluation.measure.metrics import jsd
from tfmi.experiments.experiment import Experiment
from tfmi.experiments.variants import Variant
from tfmi.methods.cross_mi import METHOD
from tfmi.models import from_recipe
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED

pytestmark = pytest.mark.any_versions

BASELINE = Variant("baseline", "Baseline", {}, ("shared", "exclusive"), True)
BETA = Variant("beta-0", "beta = 0", {"local_weight": 0.0}, ("shared",))
LAMBDA = Variant("lambda-0", "lambda = 0", {"adversarial_weight": 0.0}, ("exclusive",))
ROWS = [BASELINE, BETA, LAMBDA]
ALL_STEPS = 4 * STAGE


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tiny.write_mnist(tmp_path_factory.mktemp("data"), train=20)
    return {"data_dir": str(folder)}


@pytest.fixture
def counts(monkeypatch):
    return stand_ins.install(monkeypatch)


@functools.cache
def dataset_in(folder):
    return pipelines.open_dataset("colored-mnist", {"data_dir": folder})


def experiment(path, data, reuse=(), protocols=("paper",), **changes):
    recipe = recipes.find("colored-mnist").replace(**{**tiny.SETTINGS, **changes})
    dataset = dataset_in(data["data_dir"])
    return Experiment(path, recipe, data, dataset, list(protocols), reuse=reuse)


def carry_out(experiment, variants=ROWS, seeds=(0,), stop=lambda: False):
    lines = []
    outcomes = list(experiment.outcomes(variants, seeds, stop, lines.append))
    return [(each.variant.key, each.seed) for each in outcomes], lines


def test_rows_share_stages_and_are_done_once(tmp_path, data, counts):
    tried = experiment(tmp_path, data)
    done, lines = carry_out(tried)
    assert done == [("baseline", 0), ("beta-0", 0), ("lambda-0", 0)]
    assert counts.steps == ALL_STEPS
    assert counts.scores == [["exclusive", "shared"], ["shared"], ["exclusive"]]
    baseline = tmp_path / "baseline-seed0"
    assert f"reused  shared stage of {baseline}" in lines
    taken = tmp_path / "lambda-0-seed0" / "shared.keras"
    assert taken.read_bytes() == (baseline / "shared.keras").read_bytes()
    assert not (tmp_path / "beta-0-seed0" / "exclusive.keras").exists()
    assert carry_out(tried)[0] == done
    assert (counts.steps, len(counts.scores)) == (ALL_STEPS, 3)


@pytest.mark.parametrize("last", [1, STAGE, STAGE + 1, 2 * STAGE + 2, ALL_STEPS - 1])
def test_stopped_anywhere_no_step_is_repeated(tmp_path, data, counts, last):
    tried = experiment(tmp_path, data)
    carry_out(tried, stop=lambda: counts.steps == last)
    assert counts.steps == last
    assert len(carry_out(tried)[0]) == 3
    assert (counts.steps, len(counts.scores)) == (ALL_STEPS, 3)


def test_killed_in_a_row_only_that_row_is_repeated(tmp_path, data, counts):
    def kill():
        if counts.steps == 3 * STAGE + 1:
            raise KeyboardInterrupt
        return False

    tried = experiment(tmp_path, data)
    with pytest.raises(KeyboardInterrupt):
        carry_out(tried, stop=kill)
    assert counts.scores == [["exclusive", "shared"], ["shared"]]
    carry_out(tried)
    # The step before the kill was in no checkpoint.
    assert counts.steps == ALL_STEPS + 1
    assert counts.scores[2:] == [["exclusive"]]


def test_killed_while_scoring_training_is_not_repeated(tmp_path, data, counts):
    counts.fail = 1
    tried = experiment(tmp_path, data)
    with pytest.raises(KeyboardInterrupt):
        carry_out(tried)
    carry_out(tried)
    assert (counts.steps, len(counts.scores)) == (ALL_STEPS, 3)


def test_more_seeds_and_another_probe_add_to_what_is_there(tmp_path, data, counts):
    carry_out(experiment(tmp_path, data), [BETA])
    carry_out(experiment(tmp_path, data), [BETA], seeds=(0, 1))
    assert (counts.steps, len(counts.scores)) == (2 * STAGE, 2)
    carry_out(experiment(tmp_path, data, protocols=["paper", "strong"]), [BETA])
    assert (counts.steps, len(counts.scores)) == (2 * STAGE, 3)
    first, second = (runs.load(tmp_path / f"beta-0-seed{seed}") for seed in (0, 1))
    assert (first.recipe.seed, second.recipe.seed) == (0, 1)


def test_other_settings_in_the_folder_are_refused(tmp_path, data, counts):
    carry_out(experiment(tmp_path, data), [BETA])
    with pytest.raises(DataError, match="code_noise 0.5 there, 0.1 now"):
        carry_out(experiment(tmp_path, data, code_noise=0.1), [BETA])
    with pytest.raises(DataError, match="stages"):
        carry_out(
            experiment(tmp_path, data),
            [Variant("beta-0", "", BETA.changes, ("exclusive",))],
        )


def test_stages_of_a_run_elsewhere(tmp_path, data, counts):
    carry_out(experiment(tmp_path / "a", data), [BASELINE])
    donor = runs.load(tmp_path / "a" / "baseline-seed0")
    steps = counts.steps
    carry_out(experiment(tmp_path / "b", data, reuse=(donor,)), [BASELINE])
    assert counts.steps == steps
    carry_out(experiment(tmp_path / "c", data, reuse=(donor,), code_noise=0.1), [BETA])
    assert counts.steps == steps + STAGE


def test_what_S_and_E_have_in_common_is_estimated_once(tmp_path, data, counts):
    measured = dataclasses.replace(experiment(tmp_path, data), information=True)
    counts.bits = [0.1, 0.2, 0.3, 0.4]
    for _ in range(2):
        outcomes = list(measured.outcomes(ROWS, [0], lambda: False, id))
        assert {each.variant.key: each.information for each in outcomes} == {
            "baseline": {"x": 0.4, "y": 0.3},
            "beta-0": {},
            "lambda-0": {"x": 0.2, "y": 0.1},
        }
        assert outcomes[1].seconds == {"shared": 60.0}
        assert outcomes[2].seconds == {"exclusive": 60.0}
    (outcome,) = experiment(tmp_path, data).outcomes([LAMBDA], [0], lambda: False, id)
    assert outcome.information == {}


def test_information_is_of_vectors_that_are_kept(tmp_path, data, monkeypatch):
    """S and E are the same in one domain, in the other E is constant."""
    quick = functools.partial(jsd.jsd_information, steps=200)
    monkeypatch.setattr(jsd, "jsd_information", quick)
    dataset = dataset_in(data["data_dir"])
    folder = tmp_path / "run" / "evaluation"
    run = types.SimpleNamespace(evaluation_folder=folder, domains=["x", "y"])
    run.representations = (SHARED, EXCLUSIVE)
    calls = []

    def represent(name, domain):
        def vectors(images):
            calls.append(name)
            ink = images.reshape(len(images), -1)[:, :8].astype("f")
            return ink if name == "shared" or domain == "x" else np.zeros_like(ink)

        return vectors

    run.represent = represent
    folder.mkdir(parents=True)
    folder = tmp_path / "features"
    bits = scoring.shared_information(run, dataset, 20, folder)
    assert bits["x"] > bits["y"] == pytest.approx(0, abs=1e-6)
    count = len(calls)
    assert scoring.shared_information(run, dataset, 20, folder) == bits
    assert len(calls) == count
    scoring.shared_information(run, dataset, 10, folder)
    assert len(calls) > count


def test_results_of_an_earlier_version_are_scored_anew(tmp_path, data, counts):
    tried = experiment(tmp_path, data)
    carry_out(tried, [BETA])
    path = tmp_path / "beta-0-seed0" / "evaluation" / "results.json"
    path.write_text('{"tables": []}')
    done, lines = carry_out(tried, [BETA])
    assert done == [("beta-0", 0)]
    assert [line for line in lines if "must be of this version" in line]
    assert (counts.steps, len(counts.scores)) == (STAGE, 2)


def test_stage_1_depends_on_no_setting_of_stage_2():
    recipe, read = recipes.find("colored-mnist").replace(**tiny.SETTINGS), set()

    class Recording:
        def __getattr__(self, name):
            read.add(name)
            return getattr(recipe, name)

    from_recipe.build_shared_model(Recording(), (12, 12, 3))
    later = {
        field.name
        for field in recipe.settings()
        if METHOD.stage_of(recipe, field.name) == "exclusive"
    }
    assert read and later
    assert read.isdisjoint(later)
