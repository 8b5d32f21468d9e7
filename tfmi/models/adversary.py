"""The discriminators' games on the pairs of a batch: Eq. 9, and that of stage 1."""

import tensorflow as tf

from tfmi.errors import UsageError
from tfmi.models import objectives
from tfmi.models.pair_step import add_noise

ENCODER_LOSSES = {
    "saddle_point": objectives.adversarial_value,
    "non_saturating": objectives.non_saturating_loss,
}


def encoder_loss(name):
    """The encoder's side of Eq. 9, a function of `marginal_logits` and
    `joint_logits`.

    Raises:
        UsageError: for an unknown name.
    """
    if name not in ENCODER_LOSSES:
        raise UsageError(
            f"adversarial_loss must be one of {', '.join(ENCODER_LOSSES)}. "
            f"Received: {name}"
        )
    return ENCODER_LOSSES[name]


def warmed_up(weight, step, warmup_steps):
    """A weight that rises linearly from 0 at step 0 to its value at step
    `warmup_steps`, and stays; the weight itself where that is 0."""
    if not warmup_steps:
        return weight
    return weight * tf.minimum(tf.cast(step, tf.float32) / warmup_steps, 1.0)


def game_logits(discriminators, pairs, seeds, training, noise=0.0):
    """The discriminators on joint and shuffled pairs.

    Args:
        discriminators: one model a domain.
        pairs: one `(S, E)` a domain, each `(batch, size)`.
        seeds: one a domain, of the shuffle of E.
        training: whether layers that keep a state move it.
        noise: standard deviation of the Gaussian noise on what they see of S and
            E (instance noise, Sonderby et al. 2017), 0 for none.

    Returns:
        `{"joint", "marginal"}` for each domain.
    """
    return [
        discriminator(_samples(*pair, seed, noise), training=training)
        for discriminator, pair, seed in zip(discriminators, pairs, seeds, strict=True)
    ]


def _samples(shared, exclusive, seed, noise):
    """What a discriminator sees of a batch."""
    if noise:
        fold_in = tf.random.experimental.stateless_fold_in
        shared = add_noise(shared, noise, fold_in(seed, 0))
        exclusive = add_noise(exclusive, noise, fold_in(seed, 1))
    return {
        "shared": shared,
        "exclusive": exclusive,
        "marginal_exclusive": objectives.shuffled(exclusive, seed),
    }


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


def domain_value(discriminator, shared_x, shared_y, training):
    """Value of a game on the domains of S, at most 0: the discriminator, which
    maximises it, calls S_Y real and S_X fake (Ganin et al. 2016; not the paper's).

    At its optimum the value is `2 * D_JS(p(S_X) || p(S_Y)) - 2 * log(2)`, lowest
    where no code tells which domain its image is of.

    Args:
        discriminator: model from codes to logits `(batch, 1)`.
        shared_x, shared_y: `(batch, size)`.
        training: whether layers that keep a state move it.
    """
    return objectives.adversarial_value(
        marginal_logits=discriminator(shared_y, training=training),
        joint_logits=discriminator(shared_x, training=training),
    )
