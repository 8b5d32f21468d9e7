"""Retrieval and verification, on cases whose answer is known."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tfmi.evaluation.measure.metrics.verification import DISTANCES
from tfmi.evaluation.measure.metrics.verification import equal_error_rate
from tfmi.evaluation.measure.metrics.verification import retrieval_scores

GROUPS = np.repeat(np.arange(5), 12)


def l2(vectors):
    return DISTANCES["l2"](np.asarray(vectors, float).reshape(len(vectors), -1))


@pytest.mark.parametrize("metric", DISTANCES)
def test_groups_that_lie_apart_are_told_without_an_error(metric):
    noise = np.random.default_rng(0).normal(0, 0.01, (60, 5))
    distances = DISTANCES[metric](np.eye(5)[GROUPS] + noise)
    scores = retrieval_scores(distances, GROUPS)
    assert scores == {"top_1": 1.0, "mean_average_precision": 1.0}
    assert equal_error_rate(distances, GROUPS) == 0.0


@pytest.mark.parametrize("metric", DISTANCES)
def test_vectors_of_nothing_are_at_chance(metric):
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(5), 60)
    distances = DISTANCES[metric](generator.normal(size=(300, 8)))
    scores = retrieval_scores(distances, groups)
    assert scores["top_1"] == pytest.approx(59 / 299, abs=0.05)
    assert scores["mean_average_precision"] == pytest.approx(59 / 299, abs=0.02)
    assert equal_error_rate(distances, groups) == pytest.approx(0.5, abs=0.02)
    # One vector for all.
    assert equal_error_rate(np.zeros((300, 300)), groups) == pytest.approx(0.5)


def test_a_case_by_hand():
    """a at 0, 1 and 5, b at 2 and 9: distances of a: 1, 5, 4, of b: 7; of both: 2, 9,
    1, 8, 3, 4."""
    distances, labels = l2([0, 1, 5, 2, 9]), [0, 0, 0, 1, 1]
    # a at 0: a b a b, a at 1: a (before b at the same distance) b a b, a at 5: b a (at
    # 1, of the distance 4, before b at 9) b a, b at 2: a a a b, b at 9: a b a a.
    precisions = [(1 + 2 / 3) / 2, (1 + 2 / 3) / 2, (1 / 2 + 2 / 4) / 2, 1 / 4, 1 / 2]
    scores = retrieval_scores(distances, labels)
    assert scores["top_1"] == pytest.approx(2 / 5)
    assert scores["mean_average_precision"] == pytest.approx(np.mean(precisions))
    # Up to 3, of 6 pairs of both groups 3 are accepted, of 4 of one group 3 are not;
    # up to 4: 4 of 6, and 2 of 4. The lines between cross where
    # 3/6 + t/6 = 3/4 - t/4.
    part = (3 / 4 - 3 / 6) / (1 / 6 + 1 / 4)
    assert equal_error_rate(distances, labels) == pytest.approx(3 / 6 + part / 6)


def test_the_precision_is_that_of_scikit_learn():
    generator = np.random.default_rng(1)
    distances = l2(generator.normal(size=(40, 3)))
    labels = generator.integers(0, 4, 40)
    expected = [
        average_precision_score(
            np.delete(labels == labels[n], n), -np.delete(distances[n], n)
        )
        for n in range(40)
    ]
    scores = retrieval_scores(distances, labels)
    assert scores["mean_average_precision"] == pytest.approx(np.mean(expected))


def test_one_that_is_alone_is_no_query():
    scores = retrieval_scores(l2([0, 1, 10]), [0, 0, 1])
    assert scores == {"top_1": 1.0, "mean_average_precision": 1.0}


def test_there_must_be_something_to_tell():
    with pytest.raises(ValueError, match="two vectors of one group"):
        retrieval_scores(l2([0, 1]), [0, 1])
    for labels in ([0, 0], [0, 1]):
        with pytest.raises(ValueError, match="pairs of one group, and of two"):
            equal_error_rate(l2([0, 1]), labels)
