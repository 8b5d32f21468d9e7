"""What labels alone score, without an encoder: rows to hold others against."""

import numpy as np

from tfmi.evaluation.measure import probes
from tfmi.evaluation.results import KNOWN
from tfmi.evaluation.results import MAJORITY

# How much better than by the most frequent value a factor must be told by others for
# the row `KNOWN` to be shown, as a fraction and in standard errors.
DEPENDENCE, ERRORS = 0.05, 3


def reference_levels(representation, domain, labels):
    """Scores of naming each factor's most frequent value; where factors depend on each
    other, that of the images with the same values of a representation's own factors
    too: what is read from one that holds these and nothing else.

    Args:
        representation: the `Representation`.
        domain: the `Domain`.
        labels: `{split: {factor: int (n,)}}`, negative where an image does not count.

    Returns:
        `{row: {factor: scores}}` of `MAJORITY`, and of `KNOWN` where a factor that the
        representation should not hold is told by those that it should.
    """
    train, test = labels["train"], labels["test"]
    names = [factor.name for factor in domain.factors]
    majority = {n: probes.majority_level(train[n], test[n]) for n in names}
    wanted = [factor.name for factor in representation.wanted(domain)]
    unwanted = [factor.name for factor in representation.unwanted(domain)]
    if not (wanted and unwanted):
        return {MAJORITY: majority}
    known = {name: _known_level(labels, wanted, name) for name in names}
    depend = any(
        known[name]["accuracy"] - majority[name]["accuracy"] > _chance_gain(test[name])
        for name in unwanted
    )
    return {MAJORITY: majority} | ({KNOWN: known} if depend else {})


def _chance_gain(labels):
    """The greatest difference of two accuracies that is taken for chance."""
    count = np.count_nonzero(np.asarray(labels) >= 0)
    return max(DEPENDENCE, ERRORS * np.sqrt(0.25 / count))


def _known_level(labels, known, factor):
    """Scores of naming a factor's most frequent value among the training images with
    the same values of other factors; of values that do not occur there, that of all."""
    values, counted = {}, {}
    for split, of_split in labels.items():
        own = np.asarray(of_split[factor])
        others = np.stack([of_split[name] for name in known], axis=1)[own >= 0]
        values[split] = list(map(tuple, others.tolist()))
        counted[split] = own[own >= 0]
    together = {}
    for key, value in zip(values["train"], counted["train"], strict=True):
        together.setdefault(key, []).append(value)
    named = {key: np.bincount(same).argmax() for key, same in together.items()}
    most_frequent = np.bincount(counted["train"]).argmax()
    predicted = [named.get(key, most_frequent) for key in values["test"]]
    return probes.scores(counted["test"], np.array(predicted))
