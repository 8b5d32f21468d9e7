"""Lines on what goes wrong in training, each said once."""

import math

import numpy as np

# Mean standard deviation of a representation's dimensions over images.
COLLAPSED = 0.01
# Minus the value of Eq. 9, of x and y together, where D is 1/2 for every pair.
CHANCE = 4 * math.log(2)
AT_CHANCE = 0.97 * CHANCE
# How far above the most frequent value a probe reads a factor.
READ = 0.1
STAGES = {
    "shared": ("S", "a lower --l1-weight may help"),
    "exclusive": ("E", "a lower --adversarial-weight may help"),
}


class Alarms:
    """What was said already, of one stage.

    Args:
        stage: "shared" or "exclusive".
        say: called with a line.
    """

    def __init__(self, stage, say):
        self._symbol, self._remedy = STAGES[stage]
        self._say = say
        self._said = set()
        self._leaked = set()

    def check_collapse(self, domain, vectors):
        """Warn where vectors `(n, size)` of n images are nearly one vector."""
        deviation = float(np.std(vectors, axis=0).mean())
        if deviation < COLLAPSED:
            self._once(
                f"{self._symbol} of {domain} hardly differs between images (mean "
                f"deviation {deviation:.4f}): it has collapsed; {self._remedy}",
                key=domain,
            )

    def check_discriminator(self, loss, domain, shared_scores):
        """Warn where the discriminator sees no dependence that a probe does.

        One such moment may pass: it is said at the second in a row.

        Args:
            loss: of the discriminator, x and y together.
            shared_scores: `online_scores` of E, of the shared factors.
        """
        leaking = {
            name
            for name, score in shared_scores.items()
            if loss > AT_CHANCE and score["accuracy"] > score["majority"] + READ
        }
        for name in sorted(leaking):
            if (domain, name) not in self._leaked:
                continue
            score = shared_scores[name]
            self._once(
                f"the discriminator is at chance (loss {loss:.3f}, chance "
                f"{CHANCE:.3f}) but a probe reads {name} from E of {domain} "
                f"({100 * score['accuracy']:.1f}%, most frequent value "
                f"{100 * score['majority']:.1f}%); more --discriminator-steps or a "
                "higher --discriminator-learning-rate may help",
                key=(domain, name),
            )
        self._leaked = {k for k in self._leaked if k[0] != domain}
        self._leaked |= {(domain, name) for name in leaking}

    def _once(self, line, key):
        if key not in self._said:
            self._said.add(key)
            self._say(f"warning: {line}")
