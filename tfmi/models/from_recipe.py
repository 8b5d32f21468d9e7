"""From a recipe to the two models of its stages."""

import keras

from tfmi.models import dot_networks
from tfmi.models import networks
from tfmi.models.exclusive import ExclusiveModel
from tfmi.models.layers import FusedAdam
from tfmi.models.saving import dtype_policy
from tfmi.models.shared import SharedModel

CRITICS = {
    "concat": (
        networks.global_statistics_network,
        networks.local_statistics_network,
    ),
    "dot": (dot_networks.global_dot_network, dot_networks.local_dot_network),
}
DISCRIMINATORS = {
    "concat": networks.discriminator,
    "dot": dot_networks.dot_discriminator,
}


def build_shared_model(
    recipe, image_shape, total_steps=1, precision="float32", jit=False
):
    """The compiled model of stage 1.

    Args:
        image_shape: `(height, width, channels)`.
        total_steps: of the stage, for the learning rate's decay and, in stage 2,
            the adversary's warm-up.
        precision: dtype policy of the networks.
        jit: whether XLA compiles the step.
    """
    build = _Builder(recipe, image_shape, "shared", recipe.shared_size)
    with dtype_policy(precision):
        networks = build.networks(recipe.shared_size)
        if recipe.shared_adversarial_weight:
            networks["discriminator"] = build.domain_discriminator()
    model = SharedModel(
        **networks,
        global_weight=recipe.global_weight,
        local_weight=recipe.local_weight,
        l1_weight=recipe.l1_weight,
        adversarial_weight=recipe.shared_adversarial_weight,
        switched=recipe.switched,
        code_noise=recipe.code_noise,
        seed=recipe.seed,
        name="shared_model",
    )
    model.compile(
        optimizer=_scaled(_optimizer(recipe, total_steps), precision),
        discriminator_optimizer=_game_optimizer(recipe.learning_rate, precision),
        jit_compile=jit,
    )
    return model


def build_exclusive_model(
    recipe, image_shape, shared_model, total_steps=1, precision="float32", jit=False
):
    """The compiled model of stage 2, around the shared encoders of stage 1.

    Args: as above.
        shared_model: its encoders are used as they are, in their precision.
    """
    build = _Builder(recipe, image_shape, "exclusive", recipe.exclusive_size)
    with dtype_policy(precision):
        networks = build.networks(recipe.shared_size + recipe.exclusive_size)
        networks |= build.discriminators()
    model = ExclusiveModel(
        shared_encoder_x=shared_model.encoder_x,
        shared_encoder_y=shared_model.encoder_y,
        **networks,
        global_weight=recipe.exclusive_global_weight,
        local_weight=recipe.exclusive_local_weight,
        adversarial_weight=recipe.adversarial_weight,
        warmup_steps=round(recipe.adversarial_warmup * total_steps),
        adversarial_loss=recipe.adversarial_loss,
        discriminator_steps=recipe.discriminator_steps,
        discriminator_noise=recipe.discriminator_noise,
        code_noise=recipe.exclusive_code_noise,
        seed=recipe.seed,
        name="exclusive_model",
    )
    rate = recipe.discriminator_learning_rate
    model.compile(
        optimizer=_scaled(_optimizer(recipe, total_steps), precision),
        discriminator_optimizer=_game_optimizer(rate, precision),
        jit_compile=jit,
    )
    return model


def _scaled(optimizer, precision):
    """With loss scaling where gradients would else vanish in float16."""
    if precision != "mixed_float16":
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)


def _optimizer(recipe, total_steps):
    rate = recipe.learning_rate
    if recipe.learning_rate_decay == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, total_steps)
    return FusedAdam(rate)


def _game_optimizer(learning_rate, precision):
    # beta_1 of 0.5 as in DCGAN: momentum makes the game oscillate.
    return _scaled(FusedAdam(learning_rate, beta_1=0.5), precision)


class _Builder:
    """Networks of one stage, for one domain or for two."""

    def __init__(self, recipe, image_shape, stage, size):
        self.recipe = recipe
        self.image_shape = image_shape
        self.stage = stage
        self.size = size
        self.domains = ("x",) if recipe.share_weights else ("x", "y")

    def networks(self, code_size):
        built = {}
        for domain in self.domains:
            encoder = networks.encoder(
                self.image_shape,
                self.size,
                self.recipe.encoder_width,
                self.recipe.normalize_codes,
                getattr(self.recipe, f"{self.stage}_levels"),
                name=f"{self.stage}_encoder_{domain}",
            )
            built[f"encoder_{domain}"] = encoder
            map_shape = encoder.output["feature_map"].shape[1:]
            for kind, network in zip(
                ("global", "local"), CRITICS[self.recipe.critic], strict=True
            ):
                built[f"{kind}_network_{domain}"] = network(
                    map_shape, code_size, self.recipe.critic_units
                )
        return built

    def domain_discriminator(self):
        return networks.domain_discriminator(
            self.recipe.shared_size, self.recipe.critic_units
        )

    def discriminators(self):
        build = DISCRIMINATORS[self.recipe.discriminator]
        return {
            f"discriminator_{domain}": build(
                self.recipe.shared_size,
                self.recipe.exclusive_size,
                self.recipe.discriminator_units,
                self.recipe.discriminator_spectral_norm,
            )
            for domain in self.domains
        }
