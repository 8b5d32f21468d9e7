"""Recipes of cross-domain disentanglement of satellite image time series."""

import dataclasses

from tfmi.recipes.cross_domain import CrossDomainRecipe
from tfmi.recipes.datasets import EPOCHS
from tfmi.recipes.datasets import SETTINGS
from tfmi.recipes.datasets import for_datasets


@dataclasses.dataclass(frozen=True)
class CrossDomainSatelliteRecipe(CrossDomainRecipe):
    """One set of networks for all images, E a normal distribution, and no exclusive
    decoders."""


# Of images of one kind: two domains have no set of networks in common.
PIPELINES = tuple(name for name in SETTINGS if SETTINGS[name].get("share_weights"))
RECIPES = for_datasets(
    CrossDomainSatelliteRecipe,
    "cross-domain-satellite",
    PIPELINES,
    exclusive_size=64,
    exclusive_weight=0.0,
    kl_weight=0.1,
    batch_size=32,
    learning_rate=2e-4,
    training_epochs=EPOCHS.get,
)
