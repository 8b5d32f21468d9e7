"""Nearest neighbours on vectors whose order is known."""

import numpy as np
import pytest

from tfmi.evaluation.measure.neighbours import nearest
from tfmi.evaluation.measure.neighbours import neighbour_accuracy
from tfmi.evaluation.measure.neighbours import neighbours

METRICS = pytest.mark.parametrize("metric", ["l2", "cosine"])


def test_neighbours_leave_the_query_out():
    vectors = np.array([[0.0], [0.0], [1.0], [5.0]])
    found = neighbours(vectors, [0, 3], 2)
    assert found.tolist() == [[1, 2], [2, found[1, 1]]]
    assert neighbours(vectors, [1], 9).shape == (1, 3)


def test_neighbour_accuracy_votes_and_breaks_ties_by_nearness():
    vectors, labels = np.array([[0.0], [1.0], [1.1], [9.0]]), [0, 1, 1, 2]
    queries, wanted = np.array([[0.1], [8.0]]), [0, 2]
    assert neighbour_accuracy(vectors, labels, queries, wanted, n=1) == 1.0
    assert neighbour_accuracy(vectors, labels, queries, wanted, n=2) == 1.0
    assert neighbour_accuracy(vectors, labels, queries, wanted, n=3) == 0.0


def test_cosine_ranks_by_angle_and_l2_by_distance():
    vectors = np.array([[100.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    query = np.array([[1.0, 0.0]])
    assert nearest(vectors, query, 3, "cosine").tolist() == [[0, 2, 1]]
    assert nearest(vectors, query, 3, "l2").tolist() == [[2, 1, 0]]


def test_zeros_are_at_a_right_angle_to_all():
    vectors = np.array([[0.0, 0.0], [-1.0, 0.0], [1.0, 2.0]])
    queries = np.array([[1.0, 0.0], [0.0, 0.0]])
    found = nearest(vectors, queries, 3, "cosine")
    assert found[0].tolist() == [2, 0, 1]
    assert sorted(found[1]) == [0, 1, 2]


def _plain_distances(vectors, queries, metric):
    if metric == "cosine":
        vectors, queries = (
            v / np.linalg.norm(v, axis=1, keepdims=True) for v in (vectors, queries)
        )
    return np.linalg.norm(queries[:, None] - vectors[None], axis=-1)


@METRICS
def test_blocks_in_memory_give_the_exact_neighbours(metric):
    generator = np.random.default_rng(0)
    vectors = generator.normal(size=(5000, 8)).astype(np.float32)
    queries = generator.normal(size=(300, 8)).astype(np.float32)
    found = nearest(vectors, queries, 5, metric)
    wanted = np.argsort(_plain_distances(vectors, queries, metric), axis=1)[:, :5]
    assert (found == wanted).mean() > 0.999
