"""Estimates of mutual information on vectors where it is known."""

import numpy as np
import pytest

from tfmi.evaluation.measure.metrics.jsd import jsd_information
from tfmi.evaluation.measure.metrics.ksg import ksg_information
from tfmi.evaluation.measure.metrics.ksg import principal


def gaussians(correlation, count, size=1, seed=0):
    generator = np.random.default_rng(seed)
    first, noise = generator.normal(size=(2, count, size))
    return first, correlation * first + np.sqrt(1 - correlation**2) * noise


def clusters(values, count, size, seed):
    generator = np.random.default_rng(seed)
    labels = generator.integers(values, size=count)
    centres = np.random.default_rng(99).normal(size=(values, size))
    return centres[labels], labels


@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_ksg_of_gaussians(correlation, size):
    first, second = gaussians(correlation, 2000, size)
    wanted = -size / 2 * np.log(1 - correlation**2)
    # The scale of a block is of no account.
    found = ksg_information(first, 100 * second)
    assert found == pytest.approx(wanted, abs=0.08 * size)


def test_ksg_of_clusters_is_what_they_have_in_common():
    first, labels = clusters(8, 2000, 4, seed=0)
    second = np.stack([labels // 2, 0 * labels], axis=1)
    assert ksg_information(first, second) == pytest.approx(np.log(4), abs=0.1)


def test_ksg_of_constant_and_of_copied_codes():
    first, _ = gaussians(0.0, 2000, 3)
    assert abs(ksg_information(first, np.ones((2000, 2)))) < 0.1
    copied = ksg_information(first, first)
    assert 3 < copied < np.log(2000)


def test_principal_components_keep_what_varies():
    vectors = np.random.default_rng(0).normal(size=(100, 5)) * [9, 0.1, 8, 0.1, 7]
    found = principal(vectors, 3)
    assert found.shape == (100, 3)
    assert found.var(axis=0).sum() > 0.99 * vectors.var(axis=0).sum()
    assert principal(vectors, 9).shape == (100, 5)


def divergence(correlation):
    """Of two such Gaussians from independent ones, in bits, from their densities."""
    x, y = np.random.default_rng(1).normal(size=(2, 200_000))
    z = correlation * x + np.sqrt(1 - correlation**2) * y

    def ratio(a, b):
        inner = correlation**2 * (a**2 + b**2) - 2 * correlation * a * b
        rest = 1 - correlation**2
        return -inner / (2 * rest) - np.log(rest) / 2

    softplus = np.logaddexp(0, -ratio(x, z)).mean(), np.logaddexp(0, ratio(x, y)).mean()
    return 1 - sum(softplus) / (2 * np.log(2))


def estimated(first, second, steps=300):
    half = len(first) // 2
    return jsd_information(
        first[:half], second[:half], first[half:], second[half:], steps
    )


def test_critic_finds_the_divergence_of_gaussians():
    found = estimated(*gaussians(0.9, 20_000))
    assert found == pytest.approx(divergence(0.9), abs=0.03)
    assert found > 0.25


def test_critic_finds_nothing_in_independent_or_constant_codes():
    first, second = gaussians(0.0, 4000, 8)
    assert estimated(first, second, 200) == pytest.approx(0, abs=0.01)
    assert estimated(first, np.ones((4000, 3)), 100) == pytest.approx(0, abs=0.001)


def test_critic_finds_copied_codes():
    first, _ = gaussians(0.0, 8000, 4)
    assert estimated(first, first, 300) > 0.8
    # Of c clusters a share 1 / c of the products looks like the joint.
    first, _ = clusters(4, 8000, 4, seed=0)
    p, q = 1 / 4, 1.0
    wanted = 1 + (np.log2(q / (q + p)) + p * np.log2(p / (q + p))) / 2
    assert estimated(first, first, 200) == pytest.approx(wanted, abs=0.03)


def test_an_estimate_does_not_depend_on_those_before_it():
    """Vectors of the same sizes share programs, but neither weights nor moments."""
    vectors = gaussians(0.9, 2000, 2)
    first = estimated(*vectors, steps=100)
    estimated(*gaussians(0.5, 600, 2, seed=1), steps=100)
    assert estimated(*vectors, steps=100) == first
