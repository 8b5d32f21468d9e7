"""Recipes of the paper's method with a flow in the adversary's place."""

import dataclasses

from tfmi.errors import UsageError
from tfmi.recipes import cross_mi
from tfmi.recipes.base import epochs_setting
from tfmi.recipes.base import setting

METHOD = "cross-mi-flow"


@dataclasses.dataclass(frozen=True)
class CrossMIFlowRecipe(cross_mi.CrossMIRecipe):
    """The settings of the first two stages, and those of the third."""

    flow_units: int = setting(
        512, "Width of the flow's networks.", stage="independent", at_least=1
    )
    flow_couplings: int = setting(
        10, "Couplings of the flow.", stage="independent", at_least=1
    )
    flow_noise: float = setting(
        0.02,
        "Standard deviation of the noise on E before the flow, in training.",
        stage="independent",
    )
    regression_units: int = setting(
        0,
        "Width of the network that S of an image is written anew by, as what it tells "
        "of S of the other image. 0 leaves S as it is.",
        stage="independent",
    )
    independent_epochs: int = epochs_setting(
        30, "Epochs of stage 3.", stage="independent"
    )

    def __post_init__(self):
        super().__post_init__()
        if self.exclusive_levels:
            raise UsageError(
                f"exclusive_levels must be 0 with the method {METHOD}, as rounded "
                f"codes have no density. Received: {self.exclusive_levels}"
            )


def with_flow(recipe, **changes):
    """A recipe of cross-mi with a flow in the adversary's place."""
    settings = recipe.to_dict() | {
        "method": METHOD,
        "exclusive_levels": 0,
        "adversarial_weight": 0.0,
        **changes,
    }
    return CrossMIFlowRecipe(**settings)


# Few dimensions are all used: what is in the rest is below the noise, where no map
# finds it and a probe does.
WORDS = {"exclusive_size": 32, "regression_units": 256}
RECIPES = (
    with_flow(cross_mi.COLORED_MNIST, name="colored-mnist-cross-mi-flow"),
    with_flow(cross_mi.SHAPES3D, name="shapes3d-cross-mi-flow"),
    with_flow(cross_mi.PAIRS, name="pairs", **WORDS, independent_epochs=30),
    with_flow(cross_mi.IAM, name="iam", **WORDS, independent_epochs=30),
    with_flow(cross_mi.SENTINEL2, name="sentinel2-cross-mi-flow"),
)
