"""Recipes of variational autoencoders."""

import dataclasses

from tfmi.recipes.base import Recipe
from tfmi.recipes.base import epochs_setting
from tfmi.recipes.base import setting
from tfmi.recipes.datasets import EPOCHS
from tfmi.recipes.datasets import for_datasets

LIKELIHOODS = ("bernoulli", "gaussian")


@dataclasses.dataclass(frozen=True)
class VAERecipe(Recipe):
    """The defaults are a plain VAE with a latent of 128, as in the paper's Table 4."""

    code_size: int = setting(128, "Length of the latent code.", at_least=1)
    encoder_width: int = setting(
        64, "Channels of the encoders' first convolution.", at_least=1
    )
    likelihood: str = setting(
        "bernoulli", "Distribution of a pixel, given the code.", choices=LIKELIHOODS
    )
    pixel_deviation: float = setting(
        1.0,
        "Standard deviation of a gaussian pixel, whose values are -1 to 1.",
        at_least=1e-3,
    )
    kl_weight: float = setting(
        1.0, "Weight of the KL divergence from the prior: beta of a beta-VAE."
    )
    total_correlation_weight: float = setting(
        0.0, "Weight gamma of FactorVAE's total correlation. 0 is without."
    )
    discriminator_units: int = setting(
        1000, "Width of FactorVAE's discriminators.", at_least=1
    )
    discriminator_learning_rate: float = setting(
        1e-4, "Learning rate of FactorVAE's discriminators."
    )
    training_epochs: int = epochs_setting(20, "Epochs of training.")


RECIPES = for_datasets(VAERecipe, "vae", training_epochs=EPOCHS.get)
