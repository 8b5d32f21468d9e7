"""The paper's method: S by cross mutual information, E against a discriminator."""

import dataclasses
import math

from tfmi.methods.base import Method
from tfmi.methods.base import Stage
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED


class CrossMI(Method):
    """Sanchez, Serrurier, Ortner (2019)."""

    name = "cross-mi"
    title = "cross mutual information, then an adversary"
    ours = True
    stages = (
        Stage(
            "shared",
            "Stage 1: the shared representation",
            (SHARED,),
            remedy="a lower --l1-weight may help",
        ),
        Stage(
            "exclusive",
            "Stage 2: the exclusive representation",
            (EXCLUSIVE,),
            remedy="a lower --adversarial-weight may help",
            # Minus the value of Eq. 9, of x and y together, where D is 1/2 for
            # every pair.
            chance_loss=4 * math.log(2),
        ),
    )
    terms = {
        "loss": "The stage's loss: minus its objective. Falls.",
        "global": "Mutual information, of whole images and codes (weight alpha). "
        "Rises.",
        "local": "Mutual information, of places of the feature map and codes (weight "
        "beta). Rises.",
        "contrast": "InfoNCE of the two images' S, at most the logarithm of the batch. "
        "Rises.",
        "l1": "Distance of the two images' S (Eq. 6, weight gamma). Falls.",
        "kl": "Symmetrised KL divergence of the two images' S as distributions.",
        "adversarial": "The encoder's side of the discriminator's game (Eq. 9 in stage "
        "2).",
        "discriminator": "The discriminator's loss: high where it cannot tell which S "
        "and E belong together (in stage 1, which S are of x).",
        "club": "Upper bound of the mutual information of S and E (CLUB), which the "
        "encoder minimises.",
        "likelihood": "Minus the log-likelihood of E given S, which CLUB's network "
        "minimises.",
    }
    # Tables 6 and 7, then the same of stage 2.
    ablations = {
        "non-ssr": ("non-SSR", {"switched": False}),
        "gamma-0": ("gamma = 0", {"l1_weight": 0.0}),
        "alpha-0": ("alpha = 0", {"global_weight": 0.0}),
        "beta-0": ("beta = 0", {"local_weight": 0.0}),
        "alpha-ex-0": ("alpha_ex = 0", {"exclusive_global_weight": 0.0}),
        "beta-ex-0": ("beta_ex = 0", {"exclusive_local_weight": 0.0}),
        "lambda-0": ("lambda = 0", {"adversarial_weight": 0.0}),
    }
    # What others have in the place of a term. The weight of "kl" is chosen here: ten
    # times that, and S ends as noise before it has told anything.
    alternatives = {
        "kl": ("KL of posteriors", {"l1_weight": 0.0, "shared_kl_weight": 0.001}),
        "info-nce": ("InfoNCE", {"estimator": "info_nce", "critic": "dot"}),
        "club": ("CLUB", {"independence": "club"}),
        "contrast": (
            "contrast of S",
            {"contrast_weight": 1.0, "global_weight": 0.0, "local_weight": 0.0},
        ),
    }

    def build(self, stage, recipe, image_shape, before=None, **options):
        from tfmi.models import from_recipe

        if stage == "shared":
            return from_recipe.build_shared_model(recipe, image_shape, **options)
        return from_recipe.build_exclusive_model(recipe, image_shape, before, **options)

    def untrained(self, recipe):
        # Before training a code is far from filling its levels: rounded, it would
        # be the same for every image, and flatter what is compared with it.
        return dataclasses.replace(recipe, shared_levels=0, exclusive_levels=0)


METHOD = CrossMI()
