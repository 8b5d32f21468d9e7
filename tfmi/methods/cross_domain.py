"""Cross-domain disentanglement by image translation, which the paper compares with."""

from tfmi.methods.base import Method
from tfmi.methods.base import Stage
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED
from tfmi.representation import Representation

# S is a map: all of it, and what is left of it without its places.
SHARED_POOLED = Representation(
    "shared_pooled", "pooled S", "shared", "S averaged over the places of its map"
)


class CrossDomain(Method):
    """Gonzalez-Garcia, van de Weijer, Bengio (2018)."""

    name = "cross-domain"
    title = "Cross-domain disentanglement"
    stages = (
        Stage(
            "training",
            "Training",
            (SHARED, SHARED_POOLED, EXCLUSIVE),
            remedy="a lower --shared-weight may help",
        ),
    )
    terms = {
        "loss": "The generators' loss, all terms below but the critics'.",
        "translation": "Minus the critics' score of translations.",
        "reconstruction": "L1 distance of images from those that are redrawn from "
        "their E and the other image's S. Falls.",
        "shared": "L1 distance of the two images' S. Falls.",
        "latent": "L1 distance of S and E of translations from those that they were "
        "drawn from. Falls.",
        "exclusive": "Minus the critics' score of what is drawn from E alone, which "
        "the encoder wants high.",
        "kl": "KL divergence of E from N(0, 1).",
        "discriminator": "The critics' loss: minus the distance that they see, and the "
        "gradient penalty. Near 0 where drawn images pass for real ones.",
    }
    ablations = {
        "translation-0": ("no translation game", {"translation_weight": 0.0}),
        "exclusive-0": ("no exclusive decoders", {"exclusive_weight": 0.0}),
        "reconstruction-0": ("no reconstruction", {"reconstruction_weight": 0.0}),
        "shared-0": ("no distance of S", {"shared_weight": 0.0}),
        "latent-0": ("no latent reconstruction", {"latent_weight": 0.0}),
    }

    def register(self):
        import tfmi.models.cross_domain_networks  # noqa: F401

    def build(self, stage, recipe, image_shape, before=None, **options):
        from tfmi.models.cross_domain_networks import build_cross_domain

        return build_cross_domain(recipe, image_shape, **options)

    def pictures(self, model, test_pairs):
        return model.pictures(test_pairs())


METHOD = CrossDomain()
