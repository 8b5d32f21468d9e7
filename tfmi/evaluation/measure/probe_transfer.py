"""What replacing an encoder by a smaller one costs the classifiers built on it."""

import itertools
import math

import numpy as np

from tfmi.evaluation.measure import online_probe
from tfmi.evaluation.measure import probes
from tfmi.evaluation.measure.features import extract
from tfmi.evaluation.measure.features import labelled_only

TRAIN_IMAGES = 3000
TEST_IMAGES = 2000
BATCH = 500


class ProbeTransfer:
    """Accuracy of one probe on the vectors of two encoders.

    A probe (`online_probe.PROTOCOL`) is fitted on the first encoder's vectors of
    training images and scores test images by both encoders, as where a
    classifier stays and its encoder is replaced.

    Args:
        dataset: a `PairDataset`.
        representations: the `Representation`s of the encoders.
    """

    def __init__(self, dataset, representations):
        self._domains = {domain.name: domain for domain in dataset.domains}
        self._representations = {r.name: r for r in representations}
        self._dataset = dataset
        self._batches = {}

    def __call__(self, domain, before, after):
        """Scores of the factors that each representation should hold.

        Args:
            domain: name of a domain.
            before, after: functions from raw images to `{representation: vectors}`.

        Returns:
            `{representation: {factor: {"before": accuracy, "after": accuracy}}}`, of
            the images that count for a factor (a label of 0 or more); without factors
            that none counts for.
        """
        train, train_labels = self._vectors(before, domain, "train", TRAIN_IMAGES)
        test, labels = self._vectors(before, domain, "test", TEST_IMAGES)
        replaced, _ = self._vectors(after, domain, "test", TEST_IMAGES)
        return {
            name: {
                factor.name: _scores(
                    labelled_only(train[name], train_labels[factor.name]),
                    labelled_only(test[name], labels[factor.name]),
                    labelled_only(replaced[name], labels[factor.name]),
                )
                for factor in self._representations[name].wanted(self._domains[domain])
                if (train_labels[factor.name] >= 0).any()
                and (labels[factor.name] >= 0).any()
            }
            for name in train
        }

    def _vectors(self, function, domain, split, limit):
        sizes = {}

        def represent(images):
            vectors = function(np.asarray(images))
            sizes.update({name: value.shape[1] for name, value in vectors.items()})
            return np.concatenate(list(vectors.values()), axis=1)

        batches = self._first_batches(domain, split, limit)
        joined, labels = extract(represent, batches, limit)
        ends = np.cumsum(list(sizes.values()))
        parts = np.split(joined, ends[:-1], axis=1)
        return dict(zip(sizes, parts, strict=True)), labels

    def _first_batches(self, domain, split, limit):
        """Kept, as each export of the domain asks for the same images."""
        if (domain, split) not in self._batches:
            batches = self._dataset.labelled(domain, split, BATCH)
            first = itertools.islice(batches, math.ceil(limit / BATCH))
            self._batches[domain, split] = list(first)
        return self._batches[domain, split]


def _scores(train, before, after):
    """Accuracies of one probe, each argument `(vectors, labels)`."""
    classifier = online_probe.PROTOCOL.classifier(0, len(train[0]))
    probes.fit(classifier, *train)
    return {
        name: probes.scores(labels, classifier.predict(vectors))["accuracy"]
        for name, (vectors, labels) in (("before", before), ("after", after))
    }
