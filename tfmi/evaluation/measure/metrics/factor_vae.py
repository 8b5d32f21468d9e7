"""The FactorVAE score."""

import numpy as np

VOTES = 800
GROUP = 64


def factor_vae_score(codes, factors, votes=VOTES, group=GROUP, seed=0):
    """Metric of Kim and Mnih, *Disentangling by Factorising* (2018), section 4.

    A vote takes a factor, images that agree on its value, and the dimension of
    the code that varies least among them, relative to its variance over all. A
    dimension names the factor that most votes met it with.

    Args:
        codes: `(n, d)`.
        factors: `(n, k)` integer labels; a value with a single image is not
            voted on.
        votes: number of votes to fit with, and as many to score with.
        group: images a vote, drawn with replacement.

    Returns:
        Accuracy of the second half of the votes, a fraction; 1 / k where the
        code does not vary.
    """
    codes, factors = np.asarray(codes, np.float64), np.asarray(factors)
    variances = codes.var(axis=0)
    active = variances > 1e-12 * max(variances.max(), 1)
    if not active.any():
        return 1 / factors.shape[1]
    scaled = codes[:, active] / np.sqrt(variances[active])
    members = [_members(factor) for factor in factors.T]
    generator = np.random.default_rng(seed)
    cast = np.array(
        [_vote(scaled, members, group, generator) for _ in range(2 * votes)]
    )
    counts = np.zeros((scaled.shape[1], factors.shape[1]), int)
    np.add.at(counts, tuple(cast[:votes].T), 1)
    named = counts.argmax(axis=1)
    return float(np.mean(named[cast[votes:, 0]] == cast[votes:, 1]))


def _members(factor):
    """The images of each value that two images or more have."""
    values, counts = np.unique(factor, return_counts=True)
    return [np.flatnonzero(factor == value) for value in values[counts > 1]]


def _vote(scaled, members, group, generator):
    """`(dimension, factor)`."""
    factor = generator.integers(len(members))
    images = members[factor][generator.integers(len(members[factor]))]
    drawn = scaled[generator.choice(images, group)]
    return drawn.var(axis=0).argmin(), factor
