"""Recipes of Deep InfoMax."""

import dataclasses

from tfmi.recipes.base import Recipe
from tfmi.recipes.base import epochs_setting
from tfmi.recipes.base import setting
from tfmi.recipes.cross_mi import NETWORKS
from tfmi.recipes.datasets import EPOCHS
from tfmi.recipes.datasets import for_datasets


@dataclasses.dataclass(frozen=True)
class DeepInfoMaxRecipe(Recipe):
    """The weights are those of Hjelm et al. (2019) for both terms and the prior."""

    code_size: int = setting(64, "Length of the code.", at_least=1)
    encoder_width: int = setting(
        64, "Channels of the encoders' first convolution.", at_least=1
    )
    normalize_codes: bool = setting(
        False, "Whether codes are batch-normalised to unit variance."
    )
    critic: str = setting(
        "dot",
        "Kind of the statistics networks: concat scores one pair at a time, dot all "
        "pairs of a batch by dot products.",
        choices=NETWORKS,
    )
    critic_units: int = setting(512, "Width of the statistics networks.", at_least=1)
    global_weight: float = setting(0.5, "Weight of the global term.")
    local_weight: float = setting(1.0, "Weight of the local term.")
    prior_weight: float = setting(
        0.1, "Weight of matching the codes to an even distribution. 0 is without."
    )
    discriminator_units: int = setting(
        512, "Width of the prior's discriminators.", at_least=1
    )
    training_epochs: int = epochs_setting(20, "Epochs of training.")


RECIPES = for_datasets(DeepInfoMaxRecipe, "deep-infomax", training_epochs=EPOCHS.get)
