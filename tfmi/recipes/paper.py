"""The paper's own recipes, and what stands in them that the paper does not say.

The paper (sections 4.3 and 5.1) gives: batches of 64 pairs, Adam, every network at a
learning rate of 1e-4, alpha 0.5 and beta 1 in both stages, gamma 0.1, S of 64 numbers,
E of 8 (colored-MNIST) or 64, Eq. 5 switched, the saddle point of Eq. 9. Its
supplementary material, which says more, is not public. Every other value has a `Note`.
"""

import dataclasses

from tfmi.recipes.cross_mi import CrossMIRecipe

DEVIATION, GUESS = "deviation", "guess"


@dataclasses.dataclass(frozen=True)
class Note:
    """Why a setting of a `*-paper` recipe has a value that the paper does not give.

    Attributes:
        value: of the setting; the note holds for no other.
        kind: `DEVIATION` from what the paper says, or a `GUESS` where it says
            nothing.
        reason: a clause.
    """

    value: object
    kind: str
    reason: str

    def __str__(self):
        return f"{self.kind}: {self.reason}"


SETTINGS = {
    "encoder_width": Note(64, GUESS, "the paper says DCGAN-like encoders, no widths"),
    "feature_map": Note(
        "last",
        GUESS,
        "the paper names no map; with the last one the rows of Table 6 have the "
        "paper's order, with the last but one they do not",
    ),
    "critic": Note(
        "concat", GUESS, "the paper says similar to Deep InfoMax, which has both kinds"
    ),
    "critic_units": Note(512, GUESS, "the paper gives none; those of Deep InfoMax"),
    "discriminator": Note(
        "concat", GUESS, "the paper says fully connected, with 3 layers"
    ),
    "discriminator_units": Note(512, GUESS, "the paper gives no width"),
    "l1_reduction": Note(
        "mean",
        GUESS,
        "Eq. 6 leaves it open; public re-implementations take the mean, and a sum over "
        "64 dimensions at gamma 0.1 holds the digit down",
    ),
    "learning_rate": Note(
        1e-3,
        DEVIATION,
        "the paper has 0.0001, which reads the digit less well after as many steps",
    ),
    "discriminator_learning_rate": Note(
        1e-3, DEVIATION, "the paper has 0.0001, for every network"
    ),
    "adversarial_weight": Note(
        0.025, GUESS, "the largest that Figure 5 calls harmless; Tables 1-4 name none"
    ),
    "shared_epochs": Note(10, GUESS, "the paper gives no number of epochs"),
    "exclusive_epochs": Note(10, GUESS, "the paper gives no number of epochs"),
}
# What no setting holds.
FIXED = {
    "beta_1 of the discriminators' Adam": Note(0.5, GUESS, "that of DCGAN"),
    "convolutions of the encoders": Note(
        "4x4, stride 2, batch norm, leaky ReLU 0.2", GUESS, "those of DCGAN"
    ),
    "convolutions before the global statistics network": Note(
        "3x3, 64 and 32 channels", GUESS, "Deep InfoMax has two"
    ),
    "hidden units of the probe": Note(
        "16 and 16", GUESS, "the paper says two layers of few neurons"
    ),
}
VALUES = {name: note.value for name, note in SETTINGS.items()}


def _recipe(pipeline, **settings):
    name = f"{pipeline}-paper"
    return CrossMIRecipe(name=name, pipeline=pipeline, **VALUES, **settings)


COLORED_MNIST_PAPER = _recipe("colored-mnist", exclusive_size=8)
RECIPES = (
    COLORED_MNIST_PAPER,
    *(
        _recipe(p, share_weights=True)
        for p in ("pairs", "iam", "shapes3d", "sentinel2")
    ),
)


def notes(settings):
    """What stands beside the values of a run of a `*-paper` recipe.

    Args:
        settings: `{setting: value}` of the run, as `Recipe.to_dict` gives them.

    Returns:
        `({setting: Note}, {what: Note})`: of settings that have the recipe's value,
        and of what no setting holds. Both empty for other recipes.
    """
    if settings.get("name") not in {recipe.name for recipe in RECIPES}:
        return {}, {}
    own = {n: note for n, note in SETTINGS.items() if settings.get(n) == note.value}
    return own, FIXED
