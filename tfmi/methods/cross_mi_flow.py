"""The paper's method with a flow, in a third stage, in the adversary's place."""

import dataclasses

from tfmi.methods.base import Stage
from tfmi.methods.cross_mi import CrossMI
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED


class CrossMIFlow(CrossMI):
    """Both stages of the paper, the second without its adversary; then S is written
    anew as what it tells of the other S, and E by an invertible map that is given it.
    """

    name = "cross-mi-flow"
    title = "cross mutual information, then a flow"
    stages = (
        CrossMI.stages[0],
        # Without an adversary only a short training leaves E empty.
        dataclasses.replace(
            CrossMI.stages[1], remedy="more --exclusive-epochs may help"
        ),
        Stage(
            "independent",
            "Stage 3: both representations, made independent",
            (SHARED, EXCLUSIVE),
            remedy="a higher --flow-noise may help",
            as_used=True,
        ),
    )
    terms = {
        **CrossMI.terms,
        "loss": "The stage's loss: minus its objective. Falls.",
        "likelihood": "Of stage 3, the log-likelihood of E given S of the other image. "
        "Rises.",
        "distance": "Mean square of S of the other image less what S tells of it. "
        "Falls.",
    }

    def build(self, stage, recipe, image_shape, before=None, **options):
        from tfmi.models import independent

        if stage != "independent":
            return super().build(stage, recipe, image_shape, before, **options)
        return independent.build_independent_model(
            recipe, image_shape, before, **options
        )


METHOD = CrossMIFlow()
