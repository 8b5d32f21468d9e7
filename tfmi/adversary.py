"""The discriminator's game of stage 2 on the pairs of a batch (Eq. 9)."""

from tfmi import objectives


def adversarial_terms(discriminators, pairs, seeds, side):
    """`side` of Eq. 9 for each domain, on joint and shuffled pairs.

    Args:
        discriminators: one model a domain.
        pairs: one `(S, E)` a domain, each `(batch, size)`.
        seeds: one a domain, of the shuffle of E.
        side: function of `marginal_logits` and `joint_logits`.

    Returns:
        A list of float32 scalars.
    """
    terms = []
    for discriminator, (shared, exclusive), seed in zip(
        discriminators, pairs, seeds, strict=True
    ):
        logits = discriminator(
            {
                "shared": shared,
                "exclusive": exclusive,
                "marginal_exclusive": objectives.shuffled(exclusive, seed),
            }
        )
        terms.append(
            side(marginal_logits=logits["marginal"], joint_logits=logits["joint"])
        )
    return terms


def trainable_variables(*networks):
    """Trainable variables of the networks that are there."""
    present = [network for network in networks if network is not None]
    return [v for network in present for v in network.trainable_variables]
