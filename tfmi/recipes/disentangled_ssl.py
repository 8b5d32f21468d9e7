"""Recipes of DisentangledSSL."""

import dataclasses

from tfmi.recipes.base import Recipe
from tfmi.recipes.base import epochs_setting
from tfmi.recipes.base import setting
from tfmi.recipes.datasets import EPOCHS
from tfmi.recipes.datasets import for_datasets


@dataclasses.dataclass(frozen=True)
class DisentangledSSLRecipe(Recipe):
    """`compactness_weight` is beta of step 1, `orthogonality_weight` lambda of step 2;
    their values are chosen here."""

    shared_size: int = setting(64, "Length of S.", at_least=1)
    exclusive_size: int = setting(64, "Length of E.", stage="exclusive", at_least=1)
    encoder_width: int = setting(
        64, "Channels of the encoders' first convolution.", at_least=1
    )
    temperature: float = setting(
        0.1, "What the cosines of codes are divided by.", at_least=1e-3
    )
    compactness_weight: float = setting(
        0.01, "Weight beta of the divergence of the distributions of both S."
    )
    orthogonality_weight: float = setting(
        100.0,
        "Weight lambda of the mean squared correlation of S and E.",
        stage="exclusive",
    )
    augmentation_shift: float = setting(
        0.125,
        "How far the copies of an image are moved in step 2, as a fraction of a side.",
        stage="exclusive",
        below=1,
    )
    augmentation_noise: float = setting(
        0.1,
        "Standard deviation of the noise on their pixels, which are -1 to 1.",
        stage="exclusive",
    )
    shared_epochs: int = epochs_setting(10, "Epochs of step 1.")
    exclusive_epochs: int = epochs_setting(10, "Epochs of step 2.", stage="exclusive")


def _half(pipeline):
    return EPOCHS[pipeline] // 2


RECIPES = for_datasets(
    DisentangledSSLRecipe,
    "disentangled-ssl",
    shared_epochs=_half,
    exclusive_epochs=_half,
)
