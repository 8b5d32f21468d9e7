"""Scores of groups that training never saw, from a dataset to tables."""

import numpy as np
import own_images
import pytest

from tfmi import pipelines
from tfmi.evaluation import evaluate as evaluation
from tfmi.evaluation.measure import unseen
from tfmi.evaluation.results import CHANCE
from tfmi.evaluation.results import UNTRAINED
from tfmi.evaluation.tables import unseen as tables
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED


def stripes(images):
    """What a writer of `own_images` shows: which lines are black."""
    return (np.asarray(images)[:, :, 12:, 0] == 0).mean(axis=2)


def nothing(images):
    return np.asarray(images, float)[:, 0, :2, 0] * 0 + 1


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    manifest = str(own_images.write_manifest(tmp_path_factory.mktemp("images")))
    options = {"share": "writer", "evaluate": "writer,word", "unseen_groups": 2.0}
    dataset = pipelines.open_dataset("pairs", {"manifest": manifest, **options})
    rows = {
        "Mine": {(SHARED, "x"): stripes, (EXCLUSIVE, "x"): nothing},
        UNTRAINED: {(SHARED, "x"): nothing},
    }
    with pytest.MonkeyPatch.context() as patch:
        # Nothing here is read by a probe.
        patch.setattr(evaluation, "probe_records", lambda *arguments: [])
        return evaluation.evaluate(rows, dataset, metrics=False, progress=str)


def test_what_tells_groups_is_right_and_what_does_not_at_chance(results):
    def scores(row, representation, protocol="unseen l2"):
        where = {"row": row, "representation": representation, "protocol": protocol}
        records = results.select(**where)
        assert {record.factor for record in records} == {"writer"}
        return {record.score: record.value for record in records}

    perfect = {"top_1": 1, "mean_average_precision": 1, "equal_error_rate": 0}
    assert scores("Mine", "shared") == perfect
    assert scores("Mine", "shared", "unseen cosine") == perfect
    for row, representation in (("Mine", "exclusive"), (UNTRAINED, "shared")):
        assert scores(row, representation)["equal_error_rate"] == pytest.approx(0.5)
    chance = scores(CHANCE, "shared")
    assert chance["top_1"] == pytest.approx(29 / 59)


def test_the_table_has_the_control_and_chance_beside_s(results):
    (text,) = tables.texts(results)
    heading, columns, *lines = text.splitlines()
    assert heading.startswith("writer of x that training never saw")
    assert columns.split()[:6] == ["top-1,", "l2", "mAP,", "l2", "EER,", "l2"]
    labels = [line.split("  ")[1] for line in lines]
    assert labels == [
        "S, Mine",
        "S, Untrained encoder",
        "S, Chance",
        "E, Mine",
        "E, Chance",
    ]
    assert lines[0].split()[2:5] == ["100.00%", "100.00%", "0.00%"]


def test_other_scores_are_of_the_groups_that_were_trained_on(results):
    assert results.factors("x")["writer"]["values"] == 2
    assert set(unseen.PROTOCOLS) <= set(results.about["protocols"])
    assert not set(unseen.PROTOCOLS) & set(results.probes)


def test_without_unseen_groups_there_is_no_table():
    dataset = type("Plain", (), {"splits": ("train", "test")})()
    assert unseen.records({}, dataset, 10, None) == []
