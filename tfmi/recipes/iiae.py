"""Recipes of the interaction information autoencoder."""

import dataclasses

from tfmi.recipes.base import Recipe
from tfmi.recipes.base import epochs_setting
from tfmi.recipes.base import setting
from tfmi.recipes.datasets import EPOCHS
from tfmi.recipes.datasets import for_datasets
from tfmi.recipes.vae import LIKELIHOODS


@dataclasses.dataclass(frozen=True)
class IIAERecipe(Recipe):
    """`interaction_weight` is lambda; sizes and networks are this package's."""

    shared_size: int = setting(64, "Length of S.", at_least=1)
    exclusive_size: int = setting(64, "Length of E.", at_least=1)
    encoder_width: int = setting(
        64, "Channels of the encoders' first convolution.", at_least=1
    )
    interaction_weight: float = setting(
        50.0, "Weight lambda of what both images and S have in common."
    )
    likelihood: str = setting(
        "bernoulli", "Distribution of a pixel, given the codes.", choices=LIKELIHOODS
    )
    pixel_deviation: float = setting(
        1.0,
        "Standard deviation of a gaussian pixel, whose values are -1 to 1.",
        at_least=1e-3,
    )
    training_epochs: int = epochs_setting(20, "Epochs of training.")


RECIPES = for_datasets(IIAERecipe, "iiae", training_epochs=EPOCHS.get)
