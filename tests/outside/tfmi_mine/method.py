"""A method of one stage and one code: pairs are pulled together, batches apart."""

import dataclasses

from tfmi.methods.base import Method
from tfmi.methods.base import Stage
from tfmi.recipes import Recipe
from tfmi.recipes import setting
from tfmi.representation import Representation

CODE = Representation("code", "Z", "all", "all that is kept of an image")


@dataclasses.dataclass(frozen=True)
class MineRecipe(Recipe):
    """The settings of `Mine`."""

    code_size: int = setting(4, "Length of the code.", at_least=1)
    fit_epochs: int = setting(2, "Epochs of its one stage.", at_least=1)
    pull: float = setting(0.5, "Weight of the distance of a pair.")


RECIPE = MineRecipe(
    name="mine", pipeline="mine", method="mine", share_weights=True, batch_size=8
)


class Mine(Method):
    """Pulls pairs together."""

    name = "mine"
    title = "Pulled together"
    stages = (Stage("fit", "The one stage", (CODE,), remedy="a lower --pull may help"),)
    terms = {"loss": "Distance of a pair, less the spread of the batch. Falls."}
    ablations = {"pull-0": ("pull = 0", {"pull": 0.0})}

    def register(self):
        import tfmi_mine.model  # noqa: F401

    def build(self, stage, recipe, image_shape, before=None, **options):
        from tfmi_mine.model import PullModel

        model = PullModel(image_shape, recipe.code_size, recipe.pull)
        model.compile(optimizer="adam", jit_compile=options.get("jit", False))
        return model


METHOD = Mine()
