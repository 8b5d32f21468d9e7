"""Interaction information autoencoder: variational, S and E without an adversary."""

from tfmi.methods.base import Method
from tfmi.methods.base import Stage
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED


class IIAE(Method):
    """Hwang et al. (2020), with this package's encoders."""

    name = "iiae"
    title = "IIAE"
    stages = (Stage("training", "Training", (SHARED, EXCLUSIVE)),)
    terms = {
        "loss": "The bound, negated, in nats a pair. Falls.",
        "reconstruction": "Minus the images' log-likelihood, given their codes. Falls.",
        "kl_exclusive": "KL divergence of both E from the prior.",
        "kl_shared": "KL divergence of the pair's S from the prior.",
        "interaction": "KL divergence of the pair's S from what each image alone says "
        "of it. Falls.",
    }
    ablations = {
        "lambda-0": ("lambda = 0", {"interaction_weight": 0.0}),
        "lambda-1": ("lambda = 1", {"interaction_weight": 1.0}),
    }

    def register(self):
        import tfmi.models.iiae  # noqa: F401

    def build(self, stage, recipe, image_shape, before=None, **options):
        from tfmi.models.iiae import build_iiae

        return build_iiae(recipe, image_shape, **options)

    def pictures(self, model, test_pairs):
        return model.pictures(test_pairs())


METHOD = IIAE()
