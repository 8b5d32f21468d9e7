"""Deep InfoMax, which the paper builds on: images alone, no pairs."""

import math

from tfmi.methods.base import Method
from tfmi.methods.base import Stage
from tfmi.representation import Representation

CODE = Representation("code", "Z", "all", "all that is kept of an image")


class DeepInfoMax(Method):
    """Hjelm et al. (2019), with this package's encoders and statistics networks."""

    name = "deep-infomax"
    title = "Deep InfoMax"
    stages = (Stage("training", "Training", (CODE,)),)
    terms = {
        "loss": "Minus the objective. Falls.",
        "global": "Mutual information of whole images and their codes. Rises.",
        "local": "Mutual information of places of the feature map and codes. Rises.",
        "prior": "Value of the game on the codes' distribution, least "
        f"({-4 * math.log(2):.2f}) where it is even.",
        "discriminator": "The prior's discriminators' loss: high where codes look "
        "evenly distributed.",
    }
    ablations = {
        "global-0": ("no global term", {"global_weight": 0.0}),
        "local-0": ("no local term", {"local_weight": 0.0}),
        "prior-0": ("no prior", {"prior_weight": 0.0}),
    }

    def register(self):
        import tfmi.models.deep_infomax  # noqa: F401

    def build(self, stage, recipe, image_shape, before=None, **options):
        from tfmi.models.deep_infomax import build_deep_infomax

        return build_deep_infomax(recipe, image_shape, **options)


METHOD = DeepInfoMax()
