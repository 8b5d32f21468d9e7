"""From a recipe of the paper's method to the compiled models of its stages."""

from tfmi.models import from_encoder
from tfmi.models import networks
from tfmi.models.build import Build
from tfmi.models.exclusive import ExclusiveModel
from tfmi.models.gaussians import gaussian_encoder
from tfmi.models.heads import shared_encoders
from tfmi.models.saving import dtype_policy
from tfmi.models.shared import SharedModel


class CrossMIBuild(Build):
    """The networks of a `CrossMIRecipe`."""

    def networks(self, stage, size, code_size, terms=from_encoder.TERMS):
        """Encoders of `size` and the statistics networks of some terms for codes of
        `code_size`, by the names of the models' arguments."""
        recipe, built = self.recipe, {}
        for domain in self.domains:
            encoder = {f"encoder_{domain}": self._encoder(stage, size, domain)}
            built |= encoder
            built |= from_encoder.statistics_networks(
                encoder, recipe.critic, code_size, recipe.critic_units, terms
            )
        return built

    def _encoder(self, stage, size, domain):
        recipe, name = self.recipe, f"{stage}_encoder_{domain}"
        finish = recipe.normalize_codes, getattr(recipe, f"{stage}_levels")
        of_recipe = {"feature_map": recipe.feature_map}
        if stage == "shared" and recipe.shared_kl_weight:
            encoder = self.image_encoder(2 * size, "posterior", **of_recipe)
            return gaussian_encoder(encoder, name, *finish)
        return self.image_encoder(size, name, *finish, **of_recipe)

    def discriminators(self):
        club = self.recipe.independence == "club"
        return from_encoder.discriminators(
            self.domains,
            "club" if club else self.recipe.discriminator,
            self.recipe.shared_size,
            self.recipe.exclusive_size,
            self.recipe.discriminator_units,
            self.recipe.discriminator_spectral_norm,
        )


def build_shared_model(recipe, image_shape, **options):
    """The compiled model of stage 1.

    Args:
        options: attributes of `Build`.
    """
    build = CrossMIBuild(recipe, image_shape, **options)
    with dtype_policy(build.precision):
        terms = from_encoder.used_terms(
            recipe.global_weight, recipe.local_weight, recipe.contrast_weight
        )
        size = recipe.shared_size
        parts = build.networks("shared", size, size, terms)
        if recipe.contrast_weight:
            parts["contrast_network"] = networks.projection(
                size, recipe.critic_units, recipe.contrast_head
            )
        if recipe.shared_adversarial_weight:
            parts["discriminator"] = networks.domain_discriminator(
                size, recipe.critic_units
            )
    model = SharedModel(
        **parts,
        global_weight=recipe.global_weight,
        local_weight=recipe.local_weight,
        l1_weight=recipe.l1_weight,
        l1_reduction=recipe.l1_reduction,
        kl_weight=recipe.shared_kl_weight,
        adversarial_weight=recipe.shared_adversarial_weight,
        contrast_weight=recipe.contrast_weight,
        contrast_head=recipe.contrast_head,
        temperature=recipe.contrast_temperature,
        estimator=recipe.estimator,
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
    build = CrossMIBuild(recipe, image_shape, **options)
    with dtype_policy(build.precision):
        code_size = recipe.shared_size + recipe.exclusive_size
        parts = build.networks("exclusive", recipe.exclusive_size, code_size)
        if recipe.adversarial_weight:
            parts |= build.discriminators()
    model = ExclusiveModel(
        **shared_encoders(shared_model),
        **parts,
        global_weight=recipe.exclusive_global_weight,
        local_weight=recipe.exclusive_local_weight,
        estimator=recipe.estimator,
        negatives=recipe.exclusive_negatives,
        independence=recipe.independence,
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
