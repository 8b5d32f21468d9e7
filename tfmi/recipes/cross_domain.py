"""Recipes of cross-domain disentanglement."""

import dataclasses

from tfmi.recipes.base import Recipe
from tfmi.recipes.base import setting
from tfmi.recipes.datasets import EPOCHS
from tfmi.recipes.datasets import for_datasets


@dataclasses.dataclass(frozen=True)
class CrossDomainRecipe(Recipe):
    """The weights are those of Gonzalez-Garcia, van de Weijer, Bengio (2018); width and
    batch are chosen for small images, as they give none."""

    exclusive_size: int = setting(8, "Length of E.", at_least=1)
    encoder_width: int = setting(
        32, "Channels of the first convolution of encoders and critics.", at_least=1
    )
    translation_weight: float = setting(1.0, "Weight of the translations' game.")
    exclusive_weight: float = setting(
        0.1,
        "Weight of the game of the decoders that draw the other image from E. 0 is "
        "without them.",
    )
    reconstruction_weight: float = setting(
        100.0, "Weight of the L1 distance of images from those redrawn."
    )
    shared_weight: float = setting(100.0, "Weight of the L1 distance of both S.")
    latent_weight: float = setting(
        100.0, "Weight of finding S and E of a translation again."
    )
    kl_weight: float = setting(
        0.0, "Weight of the KL divergence of E from N(0, 1). 0 takes E as it is."
    )
    penalty_weight: float = setting(10.0, "Weight of the critics' gradient penalty.")
    decoder_noise: float = setting(
        0.1, "Standard deviation of the noise on what the decoders see."
    )
    critic_learning_rate: float = setting(2e-4, "Learning rate of the critics.")
    training_epochs: int = setting(
        20,
        "Epochs of training. There is no auto, as the critics' scores have no level "
        "that tells when it is enough.",
        at_least=1,
    )


RECIPES = for_datasets(
    CrossDomainRecipe,
    "cross-domain",
    batch_size=32,
    learning_rate=2e-4,
    training_epochs=EPOCHS.get,
)
