"""Warnings of what goes wrong in training, each given once."""

import numpy as np

# Mean standard deviation of a representation's dimensions over images.
COLLAPSED = 0.01
# Of the loss of a discriminator at chance: from here on it counts as there.
NEAR_CHANCE = 0.97
# What a representation that is not empty adds to the local terms of both domains, in
# nats. On full colored-MNIST E adds 6; on words that an adversary of weight 1 took from
# it, 0.05 to 0.1.
LEAST_ADDED = 0.2
# How far above the most frequent value a probe has to read a factor.
LEAK = 0.1


class Alarms:
    """The warnings of one stage.

    Args:
        stage: the `methods.Stage`.
        say: called with a line.
    """

    def __init__(self, stage, say):
        self._stage = stage
        self._say = say
        self._warned = set()
        self._leaked = set()

    def check_collapse(self, representation, domain, vectors):
        """Warn where vectors `(n, size)` of n images are nearly one vector.

        Args:
            representation: the `Representation` that they are of.
            domain: name of the images' domain.
        """
        deviation = float(np.std(vectors, axis=0).mean())
        if deviation < COLLAPSED:
            remedy = f"; {self._stage.remedy}" if self._stage.remedy else ""
            self._warn(
                f"{representation.symbol} of {domain} hardly differs between images "
                f"(mean deviation {deviation:.4f}): it has collapsed{remedy}",
                key=(representation.name, domain),
            )

    def check_empty(self, representation, local_terms):
        """Warn where a representation adds next to nothing to what the statistics
        networks tell of an image by the others: a probe that reads nothing unwanted
        from it says nothing then.

        Args:
            representation: the `Representation` that the stage learns.
            local_terms: `(with it, without it)`, in nats.
        """
        with_it, without = local_terms
        if with_it - without < LEAST_ADDED:
            remedy = f"; {self._stage.remedy}" if self._stage.remedy else ""
            self._warn(
                f"{representation.symbol} is nearly empty: the local term is "
                f"{with_it:.3f} with it and {without:.3f} without{remedy}",
                key=(representation.name, "empty"),
            )

    def check_discriminator(self, logs, representation, domain, scores):
        """Warn where the discriminator sees no dependence that a probe does.

        One such moment may pass: the warning comes at the second in a row.

        Args:
            logs: of the stage's model; "discriminator" is the loss of its
                discriminators, x and y together.
            representation: the `Representation` that was probed.
            domain: the `Domain` of the images.
            scores: as `online_scores` gives them.
        """
        chance, loss = self._stage.chance_loss, logs.get("discriminator")
        # The stage's model may have none, as its settings are.
        if chance is None or loss is None:
            return
        unwanted = [f.name for f in representation.unwanted(domain)]
        leaking = {
            (domain.name, name)
            for name in unwanted
            if name in scores and loss > NEAR_CHANCE * chance and _leaks(scores[name])
        }
        for key in sorted(leaking & self._leaked):
            self._warn(
                f"the discriminator is at chance (loss {loss:.3f}, chance "
                f"{chance:.3f}) but a probe reads {key[1]} from "
                f"{representation.symbol} of {key[0]} {_read(scores[key[1]])}; codes "
                "of a few levels (--exclusive-levels 3) or a higher "
                "--adversarial-weight may help",
                key=key,
            )
        self._leaked = {k for k in self._leaked if k[0] != domain.name} | leaking

    def _warn(self, line, key):
        if key not in self._warned:
            self._warned.add(key)
            self._say(f"warning: {line}")


def _leaks(score):
    return score["accuracy"] > score["majority"] + LEAK


def _read(score):
    return (
        f"({100 * score['accuracy']:.1f}%, most frequent value "
        f"{100 * score['majority']:.1f}%)"
    )
