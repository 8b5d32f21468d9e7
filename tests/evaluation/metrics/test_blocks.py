"""Block metrics on blocks whose content is known."""

import dataclasses

import numpy as np
import pytest

from tfmi.evaluation.measure import probes
from tfmi.evaluation.measure.metrics.blocks import block_matrices
from tfmi.evaluation.measure.metrics.blocks import block_scores

VALUES = (3, 4)
TRAIN = 600
PROTOCOL = dataclasses.replace(
    probes.PAPER, units=(16,), standardize=True, max_epochs=60, patience=60
)
CHANCE = np.mean([1 / v for v in VALUES])


@pytest.fixture(scope="module")
def factors():
    generator = np.random.default_rng(0)
    return np.stack([generator.integers(v, size=TRAIN + 400) for v in VALUES], axis=1)


def scores(blocks, factors):
    matrices = block_matrices(
        [b[:TRAIN] for b in blocks],
        factors[:TRAIN],
        [b[TRAIN:] for b in blocks],
        factors[TRAIN:],
        PROTOCOL,
    )
    kinds = ("information", "balanced_accuracy")
    return block_scores(*(matrices[kind] for kind in kinds)), matrices


def onehot(factors, index):
    """A factor spread over all dimensions of its block."""
    turn = np.linalg.qr(np.random.default_rng(index).normal(size=(4, 4)))[0]
    return np.eye(4)[factors[:, index]] @ turn


def test_a_block_a_factor_is_ideal(factors):
    found, matrices = scores([onehot(factors, 0), onehot(factors, 1)], factors)
    for name in ("mig", "disentanglement", "completeness"):
        assert found[name] == pytest.approx(1, abs=0.06), name
    assert found["informativeness"] == 1
    assert found["sap"] == pytest.approx(1 - CHANCE, abs=0.06)
    np.testing.assert_allclose(matrices["information"], np.eye(2), atol=0.03)


def test_constant_blocks_score_nothing(factors):
    found, _ = scores([np.ones((len(factors), 3))] * 2, factors)
    assert found["mig"] == found["disentanglement"] == found["completeness"] == 0
    assert found["informativeness"] == pytest.approx(CHANCE)
    assert found["sap"] == 0


def test_duplicated_blocks_are_told_apart_in_nothing(factors):
    both = np.concatenate([onehot(factors, 0), onehot(factors, 1)], axis=1)
    found, _ = scores([both, both], factors)
    assert found["informativeness"] > 0.95
    for name in ("mig", "disentanglement", "completeness", "sap"):
        assert found[name] == pytest.approx(0, abs=0.02), name


def test_scores_of_known_matrices():
    found = block_scores([[1.0, 0.5], [0.2, 0.5]], [[0.9, 0.6], [0.3, 0.8]])
    assert found["mig"] == pytest.approx(0.4)
    assert found["sap"] == pytest.approx(0.4)
    assert found["informativeness"] == pytest.approx(0.85)
