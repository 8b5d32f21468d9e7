"""Recipes of the paper's method: cross mutual information, then an adversary."""

import dataclasses

from tfmi.errors import UsageError
from tfmi.recipes.base import Recipe
from tfmi.recipes.base import epochs_setting
from tfmi.recipes.base import setting

NETWORKS = ("concat", "dot")
FEATURE_MAPS = ("last", "last_but_one")
REDUCTIONS = ("sum", "mean")
ESTIMATORS = ("jsd", "info_nce")
INDEPENDENCE = ("discriminator", "club")
ADVERSARIAL = ("saddle_point", "non_saturating")


@dataclasses.dataclass(frozen=True)
class CrossMIRecipe(Recipe):
    """The settings of both stages.

    `global_weight` is alpha, `local_weight` beta, `l1_weight` gamma,
    `adversarial_weight` lambda_adv; the first two have a value for each stage. A
    default holds for runs that were made before its setting was; `paper` says what
    the paper gives.
    """

    shared_size: int = setting(64, "Length of S.", at_least=1)
    exclusive_size: int = setting(64, "Length of E.", stage="exclusive", at_least=1)
    encoder_width: int = setting(
        64, "Channels of the encoders' first convolution.", at_least=1
    )
    feature_map: str = setting(
        "last_but_one",
        "Map of the recipe's own encoder that the statistics networks see.",
        choices=FEATURE_MAPS,
    )
    normalize_codes: bool = setting(
        False, "Whether S and E are batch-normalised to unit variance."
    )
    shared_levels: int = setting(
        0,
        "Levels that a dimension of S is rounded to. 0 rounds none.",
        code_levels=True,
    )
    exclusive_levels: int = setting(
        0,
        "Levels that a dimension of E is rounded to. 0 rounds none.",
        stage="exclusive",
        code_levels=True,
    )
    code_noise: float = setting(
        0.0, "Standard deviation of the noise on S before the statistics networks."
    )
    exclusive_code_noise: float = setting(
        0.0,
        "Standard deviation of the noise on E before the statistics networks.",
        stage="exclusive",
    )
    critic: str = setting(
        "concat",
        "Kind of the statistics networks: concat scores a pair, dot all of a batch.",
        choices=NETWORKS,
    )
    critic_units: int = setting(512, "Width of the statistics networks.", at_least=1)
    discriminator_units: int = setting(
        512, "Width of the discriminators.", stage="exclusive", at_least=1
    )
    shared_epochs: int = epochs_setting(10, "Epochs of stage 1.")
    exclusive_epochs: int = epochs_setting(10, "Epochs of stage 2.", stage="exclusive")
    estimator: str = setting(
        "jsd",
        "Of mutual information: jsd (Eq. 2), or info_nce, of dot statistics networks.",
        choices=ESTIMATORS,
    )
    switched: bool = setting(
        True, "Whether each image meets the other's S (Eq. 5), or its own."
    )
    global_weight: float = setting(0.5, "Weight alpha of the global term in stage 1.")
    local_weight: float = setting(1.0, "Weight beta of the local term in stage 1.")
    l1_weight: float = setting(0.1, "Weight gamma of the L1 distance (Eq. 6).")
    l1_reduction: str = setting(
        "sum",
        "How the L1 distance (Eq. 6) takes the dimensions of S together.",
        choices=REDUCTIONS,
    )
    shared_kl_weight: float = setting(
        0.0,
        "Weight of the symmetrised KL divergence of both S as normal distributions, "
        "whose means are exported (multi-view information bottleneck). The L1 "
        "distance of the means has its own weight. 0 is without.",
    )
    shared_adversarial_weight: float = setting(
        0.0, "Weight of a discriminator that tells S of x from S of y. 0 is without."
    )
    contrast_weight: float = setting(
        0.0,
        "Weight of the contrast, InfoNCE of the two images' S; the paper has none. "
        "With alpha and beta of 0 there are no statistics networks. 0 is without.",
    )
    contrast_head: bool = setting(False, "Whether S is what the contrast compares.")
    contrast_temperature: float = setting(
        0.1, "What the contrast divides its cosines by.", at_least=1e-3
    )
    exclusive_global_weight: float = setting(
        0.5, "Weight alpha of the global term in stage 2.", stage="exclusive"
    )
    exclusive_local_weight: float = setting(
        1.0, "Weight beta of the local term in stage 2.", stage="exclusive"
    )
    exclusive_negatives: str = setting(
        "batch",
        "Negatives of stage 2: batch (codes of other pairs), or partner (the image's "
        "own S with the other image's E, so that only what the two do not share tells "
        "them apart; for images of one domain).",
        stage="exclusive",
        choices=("batch", "partner"),
    )
    independence: str = setting(
        "discriminator",
        "What keeps S out of E: discriminator (Eq. 9), or club, an upper bound of "
        "mutual information (Cheng et al. 2020) whose network has the discriminators' "
        "settings but their kind.",
        stage="exclusive",
        choices=INDEPENDENCE,
    )
    adversarial_weight: float = setting(
        0.025,
        "Weight lambda_adv of the discriminator's game (Eq. 10), or of CLUB.",
        stage="exclusive",
    )
    adversarial_warmup: float = setting(
        0.0,
        "Fraction of stage 2's steps in which lambda_adv rises from 0.",
        stage="exclusive",
        at_most=1,
    )
    adversarial_loss: str = setting(
        "saddle_point",
        "The encoder's side of Eq. 9.",
        stage="exclusive",
        choices=ADVERSARIAL,
    )
    discriminator: str = setting(
        "concat",
        "Kind of the discriminators, as that of the statistics networks.",
        stage="exclusive",
        choices=NETWORKS,
    )
    discriminator_spectral_norm: bool = setting(
        False, "Whether discriminators are spectrally normalised.", stage="exclusive"
    )
    discriminator_noise: float = setting(
        0.0, "Deviation of the noise on what discriminators see.", stage="exclusive"
    )
    discriminator_steps: int = setting(
        1, "Updates of the discriminators in a step.", stage="exclusive", at_least=1
    )
    discriminator_learning_rate: float = setting(
        1e-4, "Learning rate of the discriminators of stage 2.", stage="exclusive"
    )

    def idle_settings(self):
        terms = self.global_weight or self.local_weight or not self.contrast_weight
        return () if terms else ("switched",)

    def __post_init__(self):
        super().__post_init__()
        if self.estimator == "info_nce" and self.critic != "dot":
            raise UsageError(
                "critic must be dot with the estimator info_nce, whose negatives are "
                f"all other pairs of a batch. Received: {self.critic}"
            )
        alike = self.share_weights and self.estimator == "jsd"
        if self.exclusive_negatives == "partner" and not alike:
            raise UsageError(
                "with exclusive_negatives partner, share_weights must be true and "
                f"estimator jsd. Received: {self.share_weights}, {self.estimator}"
            )
        if self.independence == "club" and self.adversarial_loss != "saddle_point":
            raise UsageError(
                "adversarial_loss must be saddle_point with the independence club, "
                f"which has no discriminator. Received: {self.adversarial_loss}"
            )
        if self.contrast_weight and self.contrast_head and self.shared_levels:
            rule = "shared_levels must be 0 with contrast_head, whose S is not rounded"
            raise UsageError(f"{rule}. Received: {self.shared_levels}")


COLORED_MNIST = CrossMIRecipe(
    name="colored-mnist",
    pipeline="colored-mnist",
    exclusive_size=8,
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
PAIRS = SHAPES3D.replace(
    name="pairs-cross-mi",
    pipeline="pairs",
    # What real images share may be as fine as handwriting: levels round it off, noise
    # drowns it, a strong L1 term holds it down, and the contrast finds more of it.
    shared_levels=0,
    code_noise=0.1,
    l1_weight=0.01,
    contrast_weight=1.0,
    contrast_head=True,
    global_weight=0.0,
    local_weight=0.0,
    max_shift=0.125,
    shared_epochs="auto:80",
    exclusive_epochs="auto:30",
)
IAM = PAIRS.replace(
    name="iam-cross-mi",
    pipeline="iam",
    encoder_width=16,
    shared_epochs="auto:60",
    exclusive_epochs="auto:10",
)
SENTINEL2 = SHAPES3D.replace(
    name="sentinel2",
    pipeline="sentinel2",
    # Distances and regions come from fine differences that levels would round off.
    shared_levels=0,
    exclusive_levels=0,
    shared_epochs="auto:40",
    exclusive_epochs="auto:30",
)
RECIPES = (COLORED_MNIST, PAIRS, IAM, SHAPES3D, SENTINEL2)
