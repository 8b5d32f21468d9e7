"""The discriminator's game of stage 2 on the pairs of a batch (Eq. 9)."""

import tensorflow as tf

from tfmi import objectives


def game_logits(discriminators, pairs, seeds):
    """The discriminators on joint and shuffled pairs.

    Args:
        discriminators: one model a domain.
        pairs: one `(S, E)` a domain, each `(batch, size)`.
        seeds: one a domain, of the shuffle of E.

    Returns:
        `{"joint", "marginal"}` for each domain.
    """
    return [
        discriminator(
            {
                "shared": shared,
                "exclusive": exclusive,
                "marginal_exclusive": objectives.shuffled(exclusive, seed),
            }
        )
        for discriminator, (shared, exclusive), seed in zip(
            discriminators, pairs, seeds, strict=True
        )
    ]


def adversarial_terms(logits, side):
    """`side` of Eq. 9 for each domain: a list of float32 scalars.

    Args:
        logits: as `game_logits` gives them.
        side: function of `marginal_logits` and `joint_logits`.
    """
    return [
        side(marginal_logits=each["marginal"], joint_logits=each["joint"])
        for each in logits
    ]


def discriminator_loss(logits):
    """What the discriminators minimise: the value of Eq. 9, negated."""
    return -tf.add_n(adversarial_terms(logits, objectives.adversarial_value))


def trainable_variables(*networks):
    """Trainable variables of the networks that are there."""
    present = [network for network in networks if network is not None]
    return [v for network in present for v in network.trainable_variables]
