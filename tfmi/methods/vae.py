"""Variational autoencoders: images alone, no pairs, one for each domain."""

from tfmi.methods.base import Method
from tfmi.methods.base import Stage
from tfmi.representation import Representation

MEAN = Representation("mean", "Z", "all", "the mean of the latent code of an image")


class VAE(Method):
    """Kingma, Welling (2014); beta-VAE and FactorVAE are settings of it."""

    name = "vae"
    title = "VAE"
    stages = (
        Stage(
            "training",
            "Training",
            (MEAN,),
            remedy="a lower --kl-weight may help",
        ),
    )
    terms = {
        "loss": "Minus the lower bound of the evidence, in nats an image of both "
        "domains. Falls.",
        "reconstruction": "Minus the images' log-likelihood, given their codes. Falls.",
        "kl": "KL divergence of the codes from the prior.",
        "total_correlation": "How far the dimensions of the codes depend on each "
        "other, by the discriminators.",
        "discriminator": "The discriminators' loss: high where the dimensions look "
        "independent.",
    }
    ablations = {
        "beta-4": ("beta = 4", {"kl_weight": 4.0}),
        "gamma-10": ("FactorVAE", {"total_correlation_weight": 10.0}),
    }

    def register(self):
        import tfmi.models.vae  # noqa: F401

    def build(self, stage, recipe, image_shape, before=None, **options):
        from tfmi.models.vae import build_vae

        return build_vae(recipe, image_shape, **options)

    def pictures(self, model, test_pairs):
        return model.pictures(test_pairs())


METHOD = VAE()
