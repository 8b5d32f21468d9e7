"""What labels alone score, without an encoder: rows to hold others against."""

import numpy as np

from tfmi.evaluation.measure import probes
from tfmi.evaluation.results import ACCURACY
from tfmi.evaluation.results import INDEPENDENT
from tfmi.evaluation.results import KNOWN
from tfmi.evaluation.results import MAJORITY

# How much better than by the most frequent value a factor must be told by others for
# the row `KNOWN` to be shown, as a fraction and in standard errors.
DEPENDENCE, ERRORS = 0.05, 3
# Shuffles of the labels that say how much of `_independent_level` is chance.
SHUFFLES = 5


def reference_levels(representation, domain, labels):
    """Scores of naming each factor's most frequent value; where factors depend on each
    other, also those of two perfect representations.

    One holds the true values of its own factors and nothing else: what it tells of the
    others is no leak (`KNOWN`). The other tells nothing of the others: what it tells of
    its own has a limit (`INDEPENDENT`).

    Args:
        representation: the `Representation`.
        domain: the `Domain`.
        labels: `{split: {factor: int (n,)}}`, negative where an image does not count.

    Returns:
        `{row: {factor: scores}}` of `MAJORITY`; of `KNOWN` where a factor that the
        representation should not hold is told by those that it should; of one that
        should hold what is exclusive, of `INDEPENDENT`, accuracies alone, where that
        limit is felt.
    """
    train, test = labels["train"], labels["test"]
    names = [factor.name for factor in domain.factors]
    majority = {n: probes.majority_level(train[n], test[n]) for n in names}
    wanted = [factor.name for factor in representation.wanted(domain)]
    unwanted = [factor.name for factor in representation.unwanted(domain)]
    if not (wanted and unwanted):
        return {MAJORITY: majority}
    known = {name: _known_level(labels, wanted, name) for name in names}
    gains = {n: known[n][ACCURACY] - majority[n][ACCURACY] for n in unwanted}
    levels = {MAJORITY: majority}
    if any(gain > _chance_gain(test[name]) for name, gain in gains.items()):
        levels[KNOWN] = known
    if representation.holds != "exclusive":
        return levels
    limits = {n: _independent_level(labels, unwanted, n) for n in wanted}
    if any(limit < 1 - DEPENDENCE for limit in limits.values()):
        free = {n: {ACCURACY: majority[n][ACCURACY]} for n in unwanted}
        levels[INDEPENDENT] = {n: {ACCURACY: v} for n, v in limits.items()} | free
    return levels


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


def _independent_level(labels, others, factor):
    """How much of a factor's values a code can name, at most, that is independent of
    other factors, as a fraction.

    What the code names has the same distribution q whatever the others are, so that
    among images with the same ones, where value k has the share p_k, it is right for
    `sum_k min(p_k, q_k)` at most; a code that reaches it for the best q exists. Few
    images of a group make shares differ by chance alone: by how much the same sum falls
    short of 1 for shuffled values is added, so that the limit is not too low.
    """
    own, *others = (
        np.concatenate([of_split[name] for of_split in labels.values()])
        for name in (factor, *others)
    )
    groups = np.stack(others, axis=1)
    counted = own >= 0
    values = np.unique(own[counted], return_inverse=True)[1].ravel()
    groups = np.unique(groups[counted], axis=0, return_inverse=True)[1].ravel()
    random = np.random.default_rng(0)
    shuffled = [_overlap(groups, random.permutation(values)) for _ in range(SHUFFLES)]
    return float(min(_overlap(groups, values) + 1 - np.mean(shuffled), 1.0))


def _overlap(groups, values):
    """The greatest mean over groups, by their sizes, of `sum_k min(p_k, q_k)` over
    distributions q, p being the shares of the values in a group.

    The sum over the groups of each value is concave in its q_k, with a slope, between
    two neighbouring shares, of the weight of the groups whose share is greater; q is
    filled by the steepest pieces.
    """
    counts = np.zeros((groups.max() + 1, values.max() + 1))
    np.add.at(counts, (groups, values), 1)
    sizes = counts.sum(axis=1)
    shares = counts / sizes[:, None]
    order = np.argsort(shares, axis=0)
    lengths = np.diff(np.take_along_axis(shares, order, axis=0), axis=0, prepend=0)
    weights = (sizes / sizes.sum())[order]
    slopes = np.cumsum(weights[::-1], axis=0)[::-1]
    steepest = np.argsort(-slopes, axis=None, kind="stable")
    lengths, slopes = lengths.ravel()[steepest], slopes.ravel()[steepest]
    before = np.cumsum(lengths) - lengths
    return float(np.sum(np.clip(1 - before, 0, lengths) * slopes))
