"""What is trained and how: one frozen recipe a dataset, to and from JSON."""

import dataclasses
import json
import math

from tfmi.errors import UsageError

CHOICES = {
    "critic": ("concat", "dot"),
    "discriminator": ("concat", "dot"),
    "adversarial_loss": ("saddle_point", "non_saturating"),
    "learning_rate_decay": ("none", "cosine"),
}
AT_LEAST = {
    "shared_levels": 0,
    "exclusive_levels": 0,
    "shared_size": 1,
    "exclusive_size": 1,
    "encoder_width": 1,
    "critic_units": 1,
    "discriminator_units": 1,
    "batch_size": 2,
    "shared_epochs": 1,
    "exclusive_epochs": 1,
    "discriminator_steps": 1,
    "seed": 0,
}


# Stage 1 does not depend on these; on every other setting it does.
STAGES = ("shared", "exclusive")
EXCLUSIVE_ONLY = """exclusive_size exclusive_levels exclusive_code_noise
    exclusive_epochs exclusive_global_weight exclusive_local_weight adversarial_weight
    adversarial_warmup adversarial_loss discriminator discriminator_units
    discriminator_spectral_norm discriminator_noise discriminator_steps
    discriminator_learning_rate""".split()


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that a run depends on but the data.

    The defaults are the paper's (sections 4.3 and 5.1). `global_weight` is
    alpha, `local_weight` beta, `l1_weight` gamma, `adversarial_weight`
    lambda_adv; the first two have a value for each stage.
    `shared_adversarial_weight` is that of a discriminator in stage 1, which the
    paper has not; 0 is without. `max_shift` is how far training images are
    moved at random, as a fraction of a side; `adversarial_warmup` the fraction
    of stage 2's steps in which lambda_adv rises from 0.

    Raises:
        UsageError: for a value that no run can have.
    """

    name: str
    pipeline: str
    share_weights: bool = False
    shared_size: int = 64
    exclusive_size: int = 64
    encoder_width: int = 64
    normalize_codes: bool = False
    shared_levels: int = 0
    exclusive_levels: int = 0
    code_noise: float = 0.0
    exclusive_code_noise: float = 0.0
    critic: str = "concat"
    critic_units: int = 512
    discriminator_units: int = 512
    batch_size: int = 64
    learning_rate: float = 1e-4
    learning_rate_decay: str = "none"
    max_shift: float = 0.0
    shared_epochs: int = 10
    exclusive_epochs: int = 10
    switched: bool = True
    global_weight: float = 0.5
    local_weight: float = 1.0
    l1_weight: float = 0.1
    shared_adversarial_weight: float = 0.0
    exclusive_global_weight: float = 0.5
    exclusive_local_weight: float = 1.0
    adversarial_weight: float = 0.025
    adversarial_warmup: float = 0.0
    adversarial_loss: str = "saddle_point"
    discriminator: str = "concat"
    discriminator_spectral_norm: bool = False
    discriminator_noise: float = 0.0
    discriminator_steps: int = 1
    discriminator_learning_rate: float = 1e-4
    seed: int = 0

    def __post_init__(self):
        for field in dataclasses.fields(self):
            _check(field.name, field.type, getattr(self, field.name))

    def replace(self, **changes):
        """A recipe with some values changed, checked like any other."""
        unknown = sorted(set(changes) - {f.name for f in dataclasses.fields(self)})
        if unknown:
            raise UsageError(
                f"settings must be fields of a recipe. Received: {', '.join(unknown)}"
            )
        return dataclasses.replace(self, **changes)

    def to_dict(self):
        return dataclasses.asdict(self)

    def stage_settings(self, stage):
        """`{name: value}` of what the outcome of a stage ("shared" or
        "exclusive") depends on."""
        left_out = {"name", *(EXCLUSIVE_ONLY if stage == "shared" else ())}
        return {n: v for n, v in self.to_dict().items() if n not in left_out}


def _check(name, kind, value):
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise UsageError(f"{name} must be of type {kind.__name__}. Received: {value!r}")
    if name in CHOICES and value not in CHOICES[name]:
        raise UsageError(
            f"{name} must be one of {', '.join(CHOICES[name])}. Received: {value}"
        )
    if name in AT_LEAST and value < AT_LEAST[name]:
        raise UsageError(f"{name} must be >= {AT_LEAST[name]}. Received: {value}")
    if name.endswith("_levels") and value == 1:
        raise UsageError(f"{name} must be 0 (continuous) or >= 2. Received: 1")
    if kind is float and not (math.isfinite(value) and value >= 0):
        raise UsageError(f"{name} must be >= 0 and finite. Received: {value}")
    if name == "max_shift" and value >= 1:
        raise UsageError(f"max_shift must be below 1. Received: {value}")
    if name == "adversarial_warmup" and value > 1:
        raise UsageError(f"adversarial_warmup must be <= 1. Received: {value}")


def read_settings(path, what="--config"):
    """The settings of a JSON file: an object, for `--config` of recipe fields.

    Args:
        what: the file is, in messages.

    Raises:
        UsageError: where it is no JSON object.
    """
    try:
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{what} must be a JSON file. Received: {path} ({error})"
        ) from error
    if not isinstance(settings, dict):
        raise UsageError(
            f"{what} must hold a JSON object. Received: {type(settings).__name__}"
        )
    return settings


COLORED_MNIST_PAPER = Recipe(
    name="colored-mnist-paper", pipeline="colored-mnist", exclusive_size=8
)
COLORED_MNIST = COLORED_MNIST_PAPER.replace(
    name="colored-mnist",
    encoder_width=32,
    normalize_codes=True,
    shared_levels=3,
    exclusive_levels=3,
    code_noise=0.5,
    exclusive_code_noise=0.5,
    critic="dot",
    critic_units=256,
    learning_rate=1e-3,
    learning_rate_decay="cosine",
    shared_epochs=5,
    exclusive_epochs=3,
    adversarial_weight=1.0,
    discriminator="dot",
    discriminator_learning_rate=1e-3,
)
SHAPES3D = COLORED_MNIST.replace(
    name="shapes3d",
    pipeline="shapes3d",
    share_weights=True,
    exclusive_size=64,
    shared_epochs=3,
)
SHAPES3D_PAPER = Recipe(name="shapes3d-paper", pipeline="shapes3d", share_weights=True)
PAIRS = SHAPES3D.replace(
    name="pairs",
    pipeline="pairs",
    # What real images share may be as fine as handwriting: levels round it off,
    # noise drowns it, and a strong L1 term holds it down from the first step.
    shared_levels=0,
    code_noise=0.1,
    l1_weight=0.01,
    max_shift=0.125,
    shared_epochs=80,
    exclusive_epochs=30,
)
PAIRS_PAPER = Recipe(name="pairs-paper", pipeline="pairs", share_weights=True)
IAM = PAIRS.replace(
    name="iam",
    pipeline="iam",
    encoder_width=16,
    shared_epochs=30,
    exclusive_epochs=10,
)
IAM_PAPER = Recipe(name="iam-paper", pipeline="iam", share_weights=True)
SENTINEL2 = SHAPES3D.replace(
    name="sentinel2",
    pipeline="sentinel2",
    # Distances and regions come from fine differences that levels would round off.
    shared_levels=0,
    exclusive_levels=0,
    shared_epochs=40,
    exclusive_epochs=30,
)
SENTINEL2_PAPER = Recipe(
    name="sentinel2-paper", pipeline="sentinel2", share_weights=True
)
RECIPES = {
    recipe.name: recipe
    for recipe in (
        COLORED_MNIST,
        COLORED_MNIST_PAPER,
        PAIRS,
        PAIRS_PAPER,
        IAM,
        IAM_PAPER,
        SHAPES3D,
        SHAPES3D_PAPER,
        SENTINEL2,
        SENTINEL2_PAPER,
    )
}


def find(name):
    """The recipe of that name.

    Raises:
        UsageError: for an unknown name.
    """
    if name not in RECIPES:
        raise UsageError(
            f"the recipe must be one of {', '.join(RECIPES)}. Received: {name}"
        )
    return RECIPES[name]
