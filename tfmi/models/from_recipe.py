"""From a recipe of the paper's method to the compiled models of its stages."""

import dataclasses

import keras

from tfmi.models import from_encoder
from tfmi.models import networks
from tfmi.models.exclusive import ExclusiveModel
from tfmi.models.image_encoder import image_encoder
from tfmi.models.layers import FusedAdam
from tfmi.models.saving import dtype_policy
from tfmi.models.shared import SharedModel


@dataclasses.dataclass(frozen=True)
class Build:
    """How the models of a run are built.

    Attributes:
        recipe: a `CrossMIRecipe`.
        image_shape: `(height, width, channels)`.
        total_steps: of the stage, for the learning rate's decay and, in stage 2,
            the adversary's warm-up.
        precision: dtype policy of the networks.
        jit: whether XLA compiles the step.
        encoder: function `(image_shape) -> keras.Model` that gives the user's own
            encoder, or `None` for that of the recipe.
    """

    recipe: object
    image_shape: tuple
    total_steps: int = 1
    precision: str = "float32"
    jit: bool = False
    encoder: object = None

    @property
    def domains(self):
        return ("x",) if self.recipe.share_weights else ("x", "y")

    def networks(self, stage, size, code_size):
        """Encoders of `size` and the statistics networks for codes of `code_size`,
        by the names of the models' arguments."""
        recipe, built = self.recipe, {}
        for domain in self.domains:
            encoder = {f"encoder_{domain}": self._encoder(stage, size, domain)}
            built |= encoder
            built |= from_encoder.statistics_networks(
                encoder, recipe.critic, code_size, recipe.critic_units
            )
        return built

    def _encoder(self, stage, size, domain):
        normalize = self.recipe.normalize_codes
        levels = getattr(self.recipe, f"{stage}_levels")
        options = {"levels": levels, "name": f"{stage}_encoder_{domain}"}
        if self.encoder is not None:
            model = self.encoder(self.image_shape)
            shape = self.image_shape
            return image_encoder(
                model, size, image_shape=shape, normalize=normalize, **options
            )
        width = self.recipe.encoder_width
        options["feature_map"] = self.recipe.feature_map
        return networks.encoder(self.image_shape, size, width, normalize, **options)

    def discriminators(self):
        return from_encoder.discriminators(
            self.domains,
            self.recipe.discriminator,
            self.recipe.shared_size,
            self.recipe.exclusive_size,
            self.recipe.discriminator_units,
            self.recipe.discriminator_spectral_norm,
        )

    def compile(self, model, discriminator_learning_rate):
        """Compile with both players' optimizers; returns the model."""
        rate = self.recipe.learning_rate
        if self.recipe.learning_rate_decay == "cosine":
            rate = keras.optimizers.schedules.CosineDecay(rate, self.total_steps)
        # beta_1 of 0.5 as in DCGAN: momentum makes the game oscillate.
        game = FusedAdam(discriminator_learning_rate, beta_1=0.5)
        model.compile(
            optimizer=FusedAdam(rate),
            discriminator_optimizer=game,
            jit_compile=self.jit,
        )
        return model


def build_shared_model(recipe, image_shape, **options):
    """The compiled model of stage 1.

    Args:
        options: attributes of `Build`.
    """
    build = Build(recipe, image_shape, **options)
    with dtype_policy(build.precision):
        parts = build.networks("shared", recipe.shared_size, recipe.shared_size)
        if recipe.shared_adversarial_weight:
            parts["discriminator"] = networks.domain_discriminator(
                recipe.shared_size, recipe.critic_units
            )
    model = SharedModel(
        **parts,
        global_weight=recipe.global_weight,
        local_weight=recipe.local_weight,
        l1_weight=recipe.l1_weight,
        l1_reduction=recipe.l1_reduction,
        adversarial_weight=recipe.shared_adversarial_weight,
        switched=recipe.switched,
        code_noise=recipe.code_noise,
        seed=recipe.seed,
        name="shared_model",
    )
    return build.compile(model, recipe.learning_rate)


def build_exclusive_model(recipe, image_shape, shared_model, **options):
    """The compiled model of stage 2, around the shared encoders of stage 1.

    Args:
        shared_model: its encoders are used as they are, in their precision.
        options: attributes of `Build`.
    """
    build = Build(recipe, image_shape, **options)
    with dtype_policy(build.precision):
        code_size = recipe.shared_size + recipe.exclusive_size
        parts = build.networks("exclusive", recipe.exclusive_size, code_size)
        parts |= build.discriminators()
    model = ExclusiveModel(
        shared_encoder_x=shared_model.encoder_x,
        shared_encoder_y=shared_model.encoder_y,
        **parts,
        global_weight=recipe.exclusive_global_weight,
        local_weight=recipe.exclusive_local_weight,
        adversarial_weight=recipe.adversarial_weight,
        warmup_steps=round(recipe.adversarial_warmup * build.total_steps),
        adversarial_loss=recipe.adversarial_loss,
        discriminator_steps=recipe.discriminator_steps,
        discriminator_noise=recipe.discriminator_noise,
        code_noise=recipe.exclusive_code_noise,
        seed=recipe.seed,
        name="exclusive_model",
    )
    return build.compile(model, recipe.discriminator_learning_rate)
