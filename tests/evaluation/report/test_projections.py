"""Vectors laid out in a plane."""

import numpy as np
import pytest

from tfmi.evaluation.report.projections import project

pytestmark = pytest.mark.any_versions


def _clusters():
    generator = np.random.default_rng(0)
    centres = np.repeat(8 * np.eye(3, 10), 15, axis=0)
    return (centres + generator.normal(size=(45, 10))).astype(np.float32)


def test_the_same_vectors_give_the_same_maps():
    first, again = project(_clusters())[0], project(_clusters())[0]
    for method in ("PCA", "t-SNE"):
        np.testing.assert_array_equal(first[method], again[method])


@pytest.mark.parametrize("method", ["PCA", "t-SNE"])
def test_clusters_stay_apart(method):
    points = project(_clusters())[0][method].reshape(3, 15, 2)
    assert points.shape == (3, 15, 2)
    assert np.abs(points).max() == pytest.approx(1.0)
    centres = points.mean(axis=1)
    within = np.linalg.norm(points - centres[:, None], axis=-1).max()
    between = min(np.linalg.norm(centres[i] - centres[i - 1]) for i in range(3))
    assert between > within


def test_pca_says_how_much_it_holds():
    line = np.arange(20.0)[:, None] * np.array([[3.0, 4.0, 0.0]])
    maps, explained = project(line.astype(np.float32))
    assert explained == pytest.approx(1.0)
    np.testing.assert_allclose(np.abs(maps["PCA"][:, 1]), 0, atol=1e-6)
    assert project(_clusters())[1] < 1


@pytest.mark.parametrize("vectors", [np.ones((12, 4)), np.arange(12.0)[:, None]])
def test_constant_and_one_number_vectors(vectors):
    for points in project(vectors.astype(np.float32))[0].values():
        assert points.shape == (12, 2)
        assert np.isfinite(points).all()


def test_two_images():
    maps, _ = project(np.array([[0.0, 1.0], [2.0, 3.0]], np.float32))
    assert {points.shape for points in maps.values()} == {(2, 2)}


def test_images_of_one_vector_do_not_hide_one_another():
    generator = np.random.default_rng(0)
    codes = np.array([[1, 0, -1], [-1, 1, 0], [0, -1, 1]], np.float32)
    group = generator.integers(3, size=60)
    for points in project(codes[group])[0].values():
        gaps = np.linalg.norm(points[:, None] - points[None], axis=-1)
        assert gaps[~np.eye(60, dtype=bool)].min() > 0.005
        centres = [points[group == g].mean(axis=0) for g in range(3)]
        for g in range(3):
            own = np.linalg.norm(points[group == g] - centres[g], axis=1).max()
            other = np.linalg.norm(centres[g] - centres[g - 1])
            assert own < other / 2
