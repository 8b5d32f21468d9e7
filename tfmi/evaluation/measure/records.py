"""From vectors to records: what probes and nearest neighbours read in them."""

import dataclasses
import functools

import numpy as np

from tfmi.evaluation.measure import neighbours
from tfmi.evaluation.measure import probes
from tfmi.evaluation.measure.features import labelled_only
from tfmi.evaluation.measure.reference_levels import reference_levels
from tfmi.evaluation.results import Record
from tfmi.pipelines.base import Domain
from tfmi.representation import Representation

SPLITS = ("train", "test")


@dataclasses.dataclass(frozen=True)
class Features:
    """The vectors of one representation of one domain, by every row's encoder.

    Attributes:
        representation: the `Representation`.
        domain: the `Domain`, with the values of its factors that occur.
        vectors: `{row: {split: float32 (n, size)}}`, the encoder's own row first.
        labels: `{split: {factor: int (n,)}}`, negative where an image does not
            count for a factor.
    """

    representation: Representation
    domain: Domain
    vectors: dict
    labels: dict

    @property
    def row(self):
        """Name of the encoder's own row."""
        return next(iter(self.vectors))

    @property
    def title(self):
        return f"{self.representation.name} {self.domain.name}"

    def splits(self, row, factor):
        """`(vectors, labels)` of the training and of the test images that count for
        a factor (its name)."""
        vectors = self.vectors[row]
        return [labelled_only(vectors[s], self.labels[s][factor]) for s in SPLITS]

    def records(self, row, protocol, seed, factor, scores):
        """A `Record` for each of `{score: value}`."""
        where = (row, self.representation.name, self.domain.name)
        where += (protocol, seed, factor)
        return [Record(*where, score, value) for score, value in scores.items()]

    def reference_records(self, protocol):
        """What labels alone score (`reference_levels`), beside a protocol's scores."""
        return [
            record
            for row, by_factor in self._references.items()
            for name, scores in by_factor.items()
            for record in self.records(row, protocol, None, name, scores)
        ]

    @functools.cached_property
    def _references(self):
        return reference_levels(self.representation, self.domain, self.labels)


def probe_records(every, protocols, seeds, progress=print):
    """Fit and score all probes side by side.

    Args:
        every: list of `Features`. The first row of each is probed with every seed,
            the others with the first.
        protocols: names in `probes.PROTOCOLS`.
        seeds: of the probes.
        progress: called with a line of text as each vector's probes are done.

    Returns:
        A list of `Record`.
    """
    plan = [
        (features, protocol, row, seed, factor.name)
        for features in every
        for protocol in protocols
        for row in features.vectors
        for seed in (seeds if row == features.row else seeds[:1])
        for factor in features.domain.factors
    ]
    jobs = [
        (probes.PROTOCOLS[protocol], *train, *test, seed)
        for features, protocol, row, seed, factor in plan
        for train, test in [features.splits(row, factor)]
    ]
    records, begun = [], set()
    for part, scores in zip(plan, probes.probe_accuracies(jobs), strict=True):
        features, protocol, row, seed, factor = part
        if (features.title, protocol) not in begun:
            begun.add((features.title, protocol))
            progress(f"probe {protocol} on {features.title}")
        records += features.records(row, protocol, seed, factor, scores)
    for features in every:
        for protocol in protocols:
            records += features.reference_records(protocol)
    return records


def neighbour_records(features, progress=print):
    """How well the nearest training images name the factors of test images (Table
    5): a list of `Record` for each distance and number of neighbours."""
    progress(f"neighbours in {features.title}")
    records = []
    for metric in neighbours.METRICS:
        for row in features.vectors:
            for factor, by_count in _neighbour_scores(features, row, metric).items():
                for count, scores in by_count.items():
                    protocol = neighbours.protocol(count, metric)
                    records += features.records(row, protocol, None, factor, scores)
        for count in neighbours.COUNTS:
            records += features.reference_records(neighbours.protocol(count, metric))
    return records


def _neighbour_scores(features, row, metric):
    """`{factor: {number of neighbours: scores}}`; factors for which the same images
    count share one search."""
    searches, scores = {}, {}
    for factor in (factor.name for factor in features.domain.factors):
        train, test = features.splits(row, factor)
        counted = tuple((features.labels[s][factor] >= 0).tobytes() for s in SPLITS)
        if counted not in searches:
            count = min(max(neighbours.COUNTS), len(train[0]))
            searches[counted] = neighbours.nearest(train[0], test[0], count, metric)
        labels = np.asarray(train[1])[searches[counted]]
        scores[factor] = {
            count: probes.scores(test[1], neighbours.most_frequent(labels[:, :count]))
            for count in neighbours.COUNTS
        }
    return scores
