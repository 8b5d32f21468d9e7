"""MIG, DCI, SAP and FactorVAE on codes whose scores are known."""

import numpy as np
import pytest

from tfmi.evaluation.measure.metrics.dci import completeness
from tfmi.evaluation.measure.metrics.dci import dci
from tfmi.evaluation.measure.metrics.dci import disentanglement
from tfmi.evaluation.measure.metrics.factor_vae import factor_vae_score
from tfmi.evaluation.measure.metrics.mig import gap
from tfmi.evaluation.measure.metrics.mig import information_matrix
from tfmi.evaluation.measure.metrics.mig import mig
from tfmi.evaluation.measure.metrics.sap import sap

VALUES = (4, 5, 3)
TRAIN = 1000
CHANCE = np.mean([1 / v for v in VALUES])


@pytest.fixture(scope="module")
def factors():
    generator = np.random.default_rng(0)
    return np.stack([generator.integers(v, size=TRAIN + 500) for v in VALUES], axis=1)


def ideal(factors):
    """A dimension a factor, none in the others' order or scale."""
    return factors[:, ::-1] * [1.0, -10.0, 0.1]


def constant(factors):
    return np.ones((len(factors), 4))


def duplicated(factors):
    return np.concatenate([ideal(factors), 3 * ideal(factors)], axis=1)


def rotated(factors):
    """Each dimension holds a bit of all factors."""
    centred = (factors - factors.mean(axis=0)) / factors.std(axis=0)
    return centred @ np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]


def split(codes, factors):
    return codes[:TRAIN], factors[:TRAIN], codes[TRAIN:], factors[TRAIN:]


def test_mig(factors):
    assert mig(ideal(factors), factors)["mig"] == pytest.approx(1, abs=0.01)
    assert mig(constant(factors), factors)["mig"] == 0
    assert mig(duplicated(factors), factors)["mig"] == pytest.approx(0, abs=1e-9)
    assert mig(rotated(factors), factors)["mig"] < 0.4


def test_information_matrix_is_the_counted_one():
    factors = np.array([[0], [0], [1], [1]])
    codes = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 1.0], [3.0, 1.0]])
    np.testing.assert_allclose(information_matrix(codes, factors), [[1.0], [1.0]])
    # Cut in two at 1.5, then at 0.75: all of the bit, and what three of four say.
    codes = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 1.0], [3.0, 1.5]])
    left = 0.75 * (np.log(3) - 2 / 3 * np.log(2)) / np.log(2)
    found = information_matrix(codes, factors, bins=2)
    np.testing.assert_allclose(found, [[1.0], [1 - left]])
    assert information_matrix(codes, 0 * factors).tolist() == [[0.0], [0.0]]


def test_gap_of_one_dimension_is_its_score():
    assert gap([[0.25, 0.5]]).tolist() == [0.25, 0.5]
    assert gap([[0.25, 0.5], [1.0, 0.0], [0.5, 0.0]]).tolist() == [0.5, 0.5]


def test_dci_of_an_ideal_code(factors):
    scores = dci(*split(ideal(factors), factors))
    for name in ("disentanglement", "completeness", "informativeness"):
        assert scores[name] == pytest.approx(1, abs=0.01), name
    np.testing.assert_allclose(scores["importance"], np.eye(3)[::-1], atol=0.01)


def test_dci_of_a_constant_code(factors):
    scores = dci(*split(constant(factors), factors))
    assert scores["disentanglement"] == scores["completeness"] == 0
    assert scores["informativeness"] == pytest.approx(CHANCE, abs=0.05)


def test_dci_of_a_duplicated_code(factors):
    scores = dci(*split(duplicated(factors), factors))
    assert scores["disentanglement"] == pytest.approx(1, abs=0.01)
    # Halves of a factor's importance in two dimensions of six.
    assert scores["completeness"] == pytest.approx(1 - np.log(2) / np.log(6), abs=0.05)


def test_dci_of_a_rotated_code(factors):
    scores = dci(*split(rotated(factors), factors))
    assert scores["disentanglement"] < 0.6
    assert scores["completeness"] < 0.6


def test_scores_of_an_importance_matrix():
    assert disentanglement(np.eye(3)) == completeness(np.eye(3)) == 1
    assert disentanglement(np.ones((2, 4))) == pytest.approx(0)
    assert disentanglement(np.zeros((2, 2))) == completeness(np.zeros((2, 2))) == 0
    # The first row is of one factor and has three quarters of all importance.
    mixed = [[3.0, 0.0], [0.5, 0.5]]
    assert disentanglement(mixed) == pytest.approx(0.75)
    assert disentanglement([[0.2], [0.3]]) == 1


def test_sap(factors):
    assert sap(*split(ideal(factors), factors))["sap"] == pytest.approx(
        1 - CHANCE, abs=0.04
    )
    assert sap(*split(constant(factors), factors))["sap"] == 0
    found = sap(*split(duplicated(factors), factors))
    assert found["sap"] == 0
    assert found["accuracy"].max(axis=0).tolist() == [1, 1, 1]
    assert sap(*split(rotated(factors), factors))["sap"] < 0.4


def test_factor_vae_score(factors):
    assert factor_vae_score(ideal(factors), factors, votes=200) > 0.99
    assert factor_vae_score(constant(factors), factors) == 1 / 3
    assert factor_vae_score(duplicated(factors), factors, votes=200) > 0.99
    noise = np.random.default_rng(1).normal(size=(len(factors), 5))
    assert factor_vae_score(noise, factors, votes=200) < 0.5


def test_factor_vae_score_leaves_dead_dimensions_and_single_images_out(factors):
    codes = np.concatenate([constant(factors), ideal(factors)], axis=1)
    factors = factors.copy()
    factors[0] = 9
    assert factor_vae_score(codes, factors, votes=200) > 0.99
