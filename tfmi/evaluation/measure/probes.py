"""Probes: small classifiers that read a factor from frozen vectors (section 5.2)."""

import dataclasses
import math
import os
import threading
import time
import warnings

import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score
from sklearn.metrics import balanced_accuracy_score
from sklearn.metrics import mutual_info_score
from sklearn.metrics.cluster import contingency_matrix
from sklearn.metrics.cluster import expected_mutual_information
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from tfmi.errors import DataError


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How a probe is built and fitted; `description` is printed with scores."""

    name: str
    description: str
    units: tuple[int, int]
    standardize: bool
    batch_size: int
    max_epochs: int
    early_stopping: bool = False
    patience: int = 0
    min_steps: int = 0

    def classifier(self, seed, images):
        """A new classifier, for that many training images."""
        steps = math.ceil(images / self.batch_size)
        epochs = max(self.max_epochs, math.ceil(self.min_steps / steps))
        network = MLPClassifier(
            self.units,
            batch_size=self.batch_size,
            max_iter=epochs,
            early_stopping=self.early_stopping,
            n_iter_no_change=self.patience if self.early_stopping else epochs,
            random_state=seed,
        )
        return make_pipeline(StandardScaler(), network) if self.standardize else network


PAPER = Protocol(
    "paper",
    "2 hidden layers of 16 units on the raw vectors, Adam 1e-3, batches of 128, "
    "20 epochs and at least 1500 steps",
    units=(16, 16),
    standardize=False,
    batch_size=128,
    max_epochs=20,
    # 20 epochs of 2,000 images would stop long before the probe reads what is there.
    min_steps=1500,
)
STRONG = Protocol(
    "strong",
    "2 hidden layers of 256 units on standardised vectors, Adam 1e-3, batches of "
    "256, until 15 epochs bring nothing on a tenth held out of the training split "
    "(at most 100)",
    units=(256, 256),
    standardize=True,
    batch_size=256,
    max_epochs=100,
    early_stopping=True,
    # A leak in fine differences is not read within the first epochs: a probe that
    # gives up early would call it chance.
    patience=15,
)
PROTOCOLS = {protocol.name: protocol for protocol in (PAPER, STRONG)}


def probe_accuracy(
    protocol, train_vectors, train_labels, test_vectors, test_labels, seed=0
):
    """Fit a probe on the training split and score it on the test split.

    Args:
        protocol: a `Protocol`.
        train_vectors, test_vectors: `(n, size)`.
        train_labels, test_labels: `(n,)`.

    Returns:
        As `scores`.

    Raises:
        DataError: for vectors that are no finite numbers, and for too few
            training images.
    """
    for vectors in (train_vectors, test_vectors):
        if not np.isfinite(vectors).all():
            raise DataError("representations must be finite. Received: NaN or infinity")
    if protocol.early_stopping:
        _check_can_hold_out(protocol, train_labels)
    classifier = protocol.classifier(seed, len(train_labels))
    fit(classifier, train_vectors, train_labels)
    return scores(test_labels, classifier.predict(test_vectors))


def probe_accuracies(jobs):
    """Probes side by side, a process a core and a thread a probe.

    So small are their matrices that more threads in one probe gain little,
    and a score does not depend on the number of cores.

    Args:
        jobs: list of argument tuples of `probe_accuracy`.

    Yields:
        What it returns, in the order of the jobs, as soon as it is there.

    Raises:
        DataError: as `probe_accuracy`.
    """
    run = joblib.Parallel(
        min(len(jobs), joblib.cpu_count()) or 1,
        return_as="generator",
        # Before their first job: a command may be killed while they start.
        initializer=_end_with,
        initargs=(os.getpid(),),
    )
    yield from run(joblib.delayed(_on_one_thread)(*job) for job in jobs)


def _on_one_thread(*job):
    with threadpool_limits(1):
        return probe_accuracy(*job)


def _end_with(parent):
    """End this process, at any time, once its parent has ended. What is left of a
    command that was killed would stay for minutes, or for good, and hold its
    stderr."""

    def watch():
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def fit(classifier, vectors, labels):
    """Fit a protocol's classifier, without scikit-learn's remarks on it."""
    with warnings.catch_warnings():
        # A fixed number of epochs is the protocol, not a failure to converge.
        warnings.simplefilter("ignore", ConvergenceWarning)
        # scikit-learn clips a batch that is larger than the data, and says so.
        warnings.filterwarnings("ignore", message="Got `batch_size`")
        classifier.fit(vectors, labels)


def _check_can_hold_out(protocol, labels):
    """The tenth held out is stratified: it holds an image of every value."""
    counts = np.unique(labels, return_counts=True)[1]
    if counts.min() < 2 or len(labels) < 10 * len(counts):
        raise DataError(
            f"the probe {protocol.name} must have 10 training images for each value "
            f"of a factor, and no value with one image. Received: {len(labels)} "
            f"images of {len(counts)} values, the rarest with {counts.min()}"
        )


def chance_level(factor):
    """Accuracy of a guess among the factor's values."""
    return 1 / len(factor.values)


def majority_level(train_labels, test_labels):
    """Scores of always naming the training split's most frequent value, of the
    images that count (labels of 0 and more)."""
    train_labels, test_labels = (
        part[part >= 0] for part in map(np.asarray, (train_labels, test_labels))
    )
    values, counts = np.unique(train_labels, return_counts=True)
    return scores(test_labels, np.full(len(test_labels), values[counts.argmax()]))


def scores(labels, predicted):
    """How well labels are named.

    Returns:
        `{"accuracy", "balanced_accuracy", "information"}`, fractions: the mean
        over the images, over the classes, and the mutual information of the
        two as a share of the labels' entropy (`information`).
    """
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "balanced_accuracy": balanced_accuracy(labels, predicted),
        "information": information(labels, predicted),
    }


def balanced_accuracy(labels, predicted):
    """Mean over the classes of the labels, whatever else is predicted."""
    with warnings.catch_warnings():
        # A small test split may lack a class that the probe names.
        warnings.filterwarnings("ignore", message="y_pred contains classes")
        return float(balanced_accuracy_score(labels, predicted))


def information(labels, predicted):
    """Mutual information of labels and predictions over the labels' entropy.

    A lower bound of what the vectors say of the factor, as a prediction is a
    function of them. What chance gives for as many images and classes is
    taken off both (Vinh, Epps, Bailey, 2010).

    Returns:
        A fraction, at least 0; 0 for labels that are all the same.
    """
    table = contingency_matrix(labels, predicted, sparse=True)
    chance = expected_mutual_information(table, len(labels))
    entropy = mutual_info_score(labels, labels)
    if entropy <= chance:
        return 0.0
    shared = mutual_info_score(None, None, contingency=table)
    return float(max(0.0, (shared - chance) / (entropy - chance)))
