"""A method of two stages and one vector, which should hold all of an image."""

import dataclasses

from made_results import LATENT

from tfmi import methods
from tfmi import recipes
from tfmi.methods.base import Method
from tfmi.methods.base import Stage
from tfmi.recipes.base import Recipe
from tfmi.recipes.base import setting


@dataclasses.dataclass(frozen=True)
class CompressionRecipe(Recipe):
    """Two stages: the first learns no vector, and is judged by that of the second."""

    warm_epochs: int = setting(1, "Epochs of the first stage.", at_least=1)
    squeeze_epochs: int = setting(1, "Epochs.", stage="squeeze", at_least=1)
    depth: int = setting(2, "Layers.", at_least=1)
    pressure: float = setting(0.5, "Weight of the one term.", stage="squeeze")


class Compression(Method):
    name = "compression"
    title = "compression"
    stages = (
        Stage("warm", "Stage 1: warming up", ()),
        Stage("squeeze", "Stage 2: the code", (LATENT,)),
    )
    terms = {"squeezed": "How small the code is."}
    ablations = {
        "pressure-0": ("pressure = 0", {"pressure": 0.0}),
        "depth-1": ("one layer", {"depth": 1}),
    }

    def build(self, stage, recipe, image_shape, **options):
        raise NotImplementedError


METHOD = Compression()
RECIPE = CompressionRecipe(
    name="squeezed", pipeline="colored-mnist", method="compression"
)


def install(monkeypatch):
    """Make the method known, as an installed package would."""
    find, every = methods.find, recipes.every()
    monkeypatch.setattr(
        methods, "find", lambda name: METHOD if name == METHOD.name else find(name)
    )
    monkeypatch.setattr(recipes, "every", lambda: {**every, RECIPE.name: RECIPE})
