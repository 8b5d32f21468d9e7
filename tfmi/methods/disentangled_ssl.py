"""DisentangledSSL: contrastive, in two steps, S and E without an adversary."""

from tfmi.methods.base import Method
from tfmi.methods.base import Stage
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED


class DisentangledSSL(Method):
    """After DisentangledSSL (2025), with this package's encoders."""

    name = "disentangled-ssl"
    title = "DisentangledSSL"
    stages = (
        Stage(
            "shared",
            "Step 1: a compact shared representation",
            (SHARED,),
            remedy="a lower --compactness-weight may help",
        ),
        Stage(
            "exclusive",
            "Step 2: an exclusive representation orthogonal to it",
            (EXCLUSIVE,),
            remedy="a lower --orthogonality-weight may help",
        ),
    )
    terms = {
        "loss": "The step's loss: minus its objective. Falls.",
        "information": "InfoNCE, of both S of a pair in step 1, of copies of an image "
        "in step 2. Rises, at most to the logarithm of the batch (twice it in step 2).",
        "compactness": "KL divergence of the distributions of both S.",
        "orthogonality": "Mean squared correlation of the dimensions of S and E.",
    }
    ablations = {
        "beta-0": ("beta = 0", {"compactness_weight": 0.0}),
        "lambda-0": ("lambda = 0", {"orthogonality_weight": 0.0}),
    }

    def register(self):
        import tfmi.models.disentangled_ssl  # noqa: F401

    def build(self, stage, recipe, image_shape, before=None, **options):
        from tfmi.models import disentangled_ssl

        if stage == "shared":
            return disentangled_ssl.build_compact_shared(recipe, image_shape, **options)
        return disentangled_ssl.build_orthogonal_exclusive(
            recipe, image_shape, before, **options
        )


METHOD = DisentangledSSL()
