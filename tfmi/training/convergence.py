"""When a stage of automatic epochs ends: a function of its losses on held-out pairs.

The losses are those of `held_out_step` on the same held-out pairs each time, with the
same noise and negatives, so that two of them differ by what was learnt in between and
not by what was drawn (module `held_out`). For the methods that maximise a mutual
information the loss is minus a Jensen-Shannon estimate of it (Eq. 2) on pairs that
neither encoders nor statistics networks were trained on, which, unlike that on training
pairs, stops to rise where they begin to learn these by heart.

A loss is flat where the straight line through its last values falls by no more than its
own standard error allows, or by less than a part of all that it has fallen. "Last" is
a share of the training, not a number of steps: what learns slowly is watched longer.

A stage with a discriminator is a game: what one player gains the other loses, and the
loss of the first rises while the second catches up. So neither loss need fall; both
have to stand still, in either direction. That is where the two are at their balance,
which is all that training such a stage can come to, and it is no estimate of how much
the two codes have in common: `tfmi evaluate` fits a critic of its own for that.
"""

import dataclasses
import math

import numpy as np

LOSS, DISCRIMINATOR = "loss", "discriminator"
# Steps between two looks at the held-out pairs.
EVERY = 50
# Of the training so far, the last part that must be flat, and looks in it at least.
SHARE, LOOKS = 1 / 3, 8
# A change counts from so many standard errors on, and from this part of all change.
ERRORS, PART = 2.0, 0.01
# Where the learning rate falls at the end: for how long, of the steps before.
FALL = 0.25


@dataclasses.dataclass(frozen=True)
class Ending:
    """How a stage ends.

    Attributes:
        falls_from: step from which the learning rate falls, where it does.
        step: number of steps of the stage, whole epochs.
        reason: a clause.
    """

    falls_from: int
    step: int
    reason: str


@dataclasses.dataclass(frozen=True)
class Schedule:
    """The rule for one stage.

    Attributes:
        budget: steps that it takes at most, whole epochs.
        per_epoch: steps of an epoch.
        decays: whether the learning rate is to fall (`learning_rate_decay`). It is
            constant until the losses are flat and then falls as a cosine over
            another `FALL` of the steps so far, so that the end of training is
            as quiet as with a fixed number of epochs.
        changing: first steps in which the objective itself changes: the rise of
            lambda_adv, which is a fraction of the budget. They say nothing.
        is_game: whether there is a discriminator.
    """

    budget: int
    per_epoch: int
    decays: bool
    changing: int = 0
    is_game: bool = False

    def ending(self, looks):
        """The `Ending` that the looks so far decide; that of the budget where they
        decide none.

        Args:
            looks: list of `(step, {LOSS: value, DISCRIMINATOR: value})`, the
                latter where there is such a loss.
        """
        latest = self.budget
        if self.decays:
            latest = math.floor(self.budget / (1 + FALL))
        for count in range(1, len(looks) + 1):
            step = looks[count - 1][0]
            if step < latest and self.is_flat(looks[:count]):
                reason = f"its losses on held-out pairs were flat at step {step:,}"
                return Ending(step, self._whole_epochs(step), reason)
        epochs = self.budget // self.per_epoch
        return Ending(latest, self.budget, f"its budget of {epochs:,} epochs was used")

    def _whole_epochs(self, step):
        steps = step * (1 + FALL) if self.decays else step
        return min(math.ceil(steps / self.per_epoch) * self.per_epoch, self.budget)

    def is_flat(self, looks):
        """Whether the losses did not change in the last share of the training."""
        begun = max(self.changing, (1 - SHARE) * looks[-1][0])
        first = sum(step < begun for step, _ in looks)
        if len(looks) - first < LOOKS:
            return False
        steps = [step for step, _ in looks]
        return all(
            abs(change) <= limit if self.is_game else -change <= limit
            for change, limit in (
                change_and_limit(steps, [losses[name] for _, losses in looks], first)
                for name in looks[-1][1]
            )
        )

    def rate(self, step, ending):
        """The part of the learning rate that a step is made with, 1 before it
        falls."""
        if not self.decays or step < ending.falls_from:
            return 1.0
        length = max(ending.step - ending.falls_from, 1)
        done = min((step - ending.falls_from) / length, 1.0)
        return 0.5 * (1 + math.cos(math.pi * done))


def change_and_limit(steps, values, first):
    """How much a curve changes from its value number `first` to the last, along the
    straight line that fits these best, and how much may be nothing.

    Args:
        steps, values: of the whole curve; 3 values at least from `first` on.

    Returns:
        `(change, limit)`: the larger of `ERRORS` standard errors of the change and
        `PART` of the range of the whole curve.
    """
    x, y = np.asarray(steps[first:], float), np.asarray(values[first:], float)
    x = x - x.mean()
    slope = (x @ y) / (x @ x)
    residuals = y - y.mean() - slope * x
    error = math.sqrt((residuals @ residuals) / (len(x) - 2) / (x @ x))
    length = x[-1] - x[0]
    return slope * length, max(ERRORS * error * length, PART * np.ptp(values))
