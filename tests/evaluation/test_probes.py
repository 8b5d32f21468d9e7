"""Probes on vectors whose content is known."""

import numpy as np
import pytest

from tfmi.errors import DataError
from tfmi.evaluation.measure import probes

VALUES = 4
TRAIN = 1200
BOTH = pytest.mark.parametrize(
    "protocol", probes.PROTOCOLS.values(), ids=lambda p: p.name
)


@pytest.fixture
def labels():
    generator = np.random.default_rng(0)
    return generator.integers(VALUES, size=TRAIN + 400)


def score(protocol, vectors, labels, seed=0):
    vectors = vectors.astype(np.float32)
    return probes.probe_accuracy(
        protocol, vectors[:TRAIN], labels[:TRAIN], vectors[TRAIN:], labels[TRAIN:], seed
    )


@BOTH
def test_ideal_representation_is_read(protocol, labels):
    # The paper's probe takes its 20 epochs as they come: well-scaled vectors.
    result = score(protocol, 3 * np.eye(VALUES)[labels], labels)
    assert result["accuracy"] > 0.99
    assert result["balanced_accuracy"] > 0.99


@BOTH
def test_loss_is_below_what_a_softmax_of_a_softmax_allows(protocol, labels):
    """With probabilities taken for logits it ends at log(1 + 3 / e)."""
    classifier = protocol.classifier(0, TRAIN)
    probes.fit(classifier, 3 * np.eye(VALUES)[labels[:TRAIN]], labels[:TRAIN])
    network = classifier[-1] if protocol.standardize else classifier
    assert network.loss_ < np.log(1 + (VALUES - 1) / np.e)


@BOTH
def test_constant_representation_gives_the_majority(protocol, labels):
    result = score(protocol, np.ones((len(labels), 3)), labels)
    level = probes.majority_level(labels[:TRAIN], labels[TRAIN:])
    assert result["accuracy"] == pytest.approx(level["accuracy"], abs=0.06)
    assert result["balanced_accuracy"] == pytest.approx(1 / VALUES, abs=0.01)


@BOTH
def test_random_labels_are_not_read(protocol, labels):
    vectors = np.random.default_rng(1).normal(size=(len(labels), 6))
    assert abs(score(protocol, vectors, labels)["accuracy"] - 1 / VALUES) < 0.08


def test_strong_probe_reads_leakage_of_small_scale(labels):
    generator = np.random.default_rng(2)
    loud = generator.normal(size=(len(labels), 6))
    faint = 0.01 * np.eye(VALUES)[labels] + 0.001 * generator.normal(
        size=(len(labels), VALUES)
    )
    vectors = np.concatenate([loud, faint], axis=1)
    assert score(probes.STRONG, vectors, labels)["accuracy"] > 0.95
    assert score(probes.PAPER, vectors, labels)["accuracy"] < 0.5


def test_seed_determines_the_score(labels):
    vectors = np.random.default_rng(3).normal(size=(len(labels), 4))
    vectors[:, 0] += labels
    first, second = (score(probes.PAPER, vectors, labels, seed=5) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(("images", "epochs"), [(10_000, 20), (1280, 150), (50, 1500)])
def test_paper_probe_runs_exactly_its_epochs(images, epochs):
    """20, and on few images as many as 1500 steps are, even where none helps."""
    classifier = probes.PAPER.classifier(0, images)
    probes.fit(classifier, np.ones((images, 2)), np.arange(images) % 3)
    assert classifier.n_iter_ == epochs


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_vectors_must_be_finite(labels, bad):
    vectors = np.zeros((len(labels), 2))
    vectors[-1, 0] = bad
    with pytest.raises(DataError, match="must be finite. Received"):
        score(probes.PAPER, vectors, labels)


@pytest.mark.parametrize("counts", [[30, 1], [9, 9]])
def test_strong_probe_needs_images_to_hold_out(counts):
    labels = np.repeat([0, 1], counts)
    vectors = np.zeros((len(labels), 2))
    with pytest.raises(DataError, match="must have 10 training images"):
        probes.probe_accuracy(probes.STRONG, vectors, labels, vectors, labels)


def test_probes_side_by_side_score_as_one_by_one(labels):
    vectors = np.random.default_rng(4).normal(size=(len(labels), 4))
    vectors[:, 0] += labels
    split = vectors[:TRAIN], labels[:TRAIN], vectors[TRAIN:], labels[TRAIN:]
    jobs = [(probes.PAPER, *split, seed) for seed in (0, 1, 2)]
    found = list(probes.probe_accuracies(jobs))
    assert found == [probes.probe_accuracy(*job) for job in jobs]
    assert len({score["accuracy"] for score in found}) > 1


def test_an_error_of_a_probe_beside_others_is_its_own(labels):
    vectors = np.zeros((len(labels), 2))
    good = probes.PAPER, vectors, labels, vectors, labels, 0
    bad = probes.PAPER, vectors, labels, vectors + np.nan, labels, 0
    with pytest.raises(DataError, match="must be finite. Received"):
        list(probes.probe_accuracies([good, bad]))


def test_majority_level():
    level = probes.majority_level([0, 1, 1, -1], [1, 0, 0, 0, -1])
    assert level == {"accuracy": 0.25, "balanced_accuracy": 0.5, "information": 0.0}


def test_information_is_a_share_of_the_entropy():
    generator = np.random.default_rng(0)
    labels = generator.integers(VALUES, size=2000)
    other = generator.integers(VALUES, size=2000)
    assert probes.information(labels, labels) == pytest.approx(1)
    assert probes.information(labels, labels // 2) == pytest.approx(0.5, abs=0.01)
    assert probes.information(labels, other) < 0.003
    assert probes.information(0 * labels, labels) == 0
    # 100 classes of 300 images: chance alone would give much of the entropy.
    labels, other = generator.integers(100, size=(2, 300))
    assert probes.information(labels, other) < 0.1
