"""The discriminators' games on the pairs of a batch: Eq. 9, and that of stage 1."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

from tfmi.errors import UsageError
from tfmi.models import club
from tfmi.models import objectives
from tfmi.models.pair_step import add_noise

ENCODER_LOSSES = {
    "saddle_point": objectives.adversarial_value,
    "non_saturating": objectives.non_saturating_loss,
}


INDEPENDENCE = ("discriminator", "club")


@dataclasses.dataclass(frozen=True)
class Game:
    """What keeps S out of E: two players, by the same `marginal_logits` and
    `joint_logits` of the second one's networks.

    Attributes:
        encoder_side: function of them that the encoder minimises.
        opponent_side: function of them that the second player maximises.
        terms: names of the encoder's side and of the second player's loss in logs.
    """

    encoder_side: Callable
    opponent_side: Callable
    terms: tuple[str, str]

    def encoder_terms(self, logits):
        """What the encoder minimises, a float32 scalar for each domain.

        Args:
            logits: as `game_logits` gives them.
        """
        return _sides(logits, self.encoder_side)

    def opponent_loss(self, logits):
        """What the second player minimises, a float32 scalar."""
        return -tf.add_n(_sides(logits, self.opponent_side))


def find_game(independence, adversarial_loss):
    """The game of Eq. 9, or of CLUB.

    Args:
        independence: "discriminator" or "club".
        adversarial_loss: the encoder's side of Eq. 9, "saddle_point" or
            "non_saturating".

    Raises:
        UsageError: for an unknown name, and for another side of a game that has none.
    """
    for name, value, allowed in (
        ("independence", independence, INDEPENDENCE),
        ("adversarial_loss", adversarial_loss, ENCODER_LOSSES),
    ):
        if value not in allowed:
            raise UsageError(
                f"{name} must be one of {', '.join(allowed)}. Received: {value}"
            )
    if independence == "discriminator":
        sides = ENCODER_LOSSES[adversarial_loss], objectives.adversarial_value
        return Game(*sides, ("adversarial", "discriminator"))
    if adversarial_loss != "saddle_point":
        raise UsageError(
            "adversarial_loss must be saddle_point with the independence club, which "
            f"has no discriminator. Received: {adversarial_loss}"
        )
    return Game(club.upper_bound, club.log_likelihood, ("club", "likelihood"))


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


def _sides(logits, side):
    """`side` of a game for each domain: a list of float32 scalars."""
    return [
        side(marginal_logits=each["marginal"], joint_logits=each["joint"])
        for each in logits
    ]


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
