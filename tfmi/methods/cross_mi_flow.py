"""The paper's method with a flow, in a third stage, in the adversary's place."""

from tfmi.methods.base import Stage
from tfmi.methods.cross_mi import CrossMI
from tfmi.representation import EXCLUSIVE


class CrossMIFlow(CrossMI):
    """Both stages of the paper, the second without its adversary; then E is written
    anew by an invertible map that is given S."""

    name = "cross-mi-flow"
    title = "cross mutual information, then a flow"
    stages = (
        *CrossMI.stages,
        Stage(
            "independent",
            "Stage 3: the exclusive representation, made independent",
            (EXCLUSIVE,),
            remedy="a higher --flow-noise may help",
        ),
    )
    terms = {
        **CrossMI.terms,
        "loss": "The stage's loss: minus its objective; of stage 3 minus the "
        "log-likelihood of E given S of the other image. Falls.",
    }

    def build(self, stage, recipe, image_shape, before=None, **options):
        from tfmi.models import independent

        if stage != "independent":
            return super().build(stage, recipe, image_shape, before, **options)
        return independent.build_independent_model(
            recipe, image_shape, before, **options
        )


METHOD = CrossMIFlow()
