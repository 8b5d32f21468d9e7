"""Deep InfoMax (Hjelm et al. 2019): images alone, by mutual information."""

import keras
import tensorflow as tf

from tfmi.models import from_encoder
from tfmi.models import networks
from tfmi.models.adversary import domain_value
from tfmi.models.build import Build
from tfmi.models.domain_model import DomainModel
from tfmi.models.domain_model import domain_networks
from tfmi.models.domain_model import settings_of
from tfmi.models.pair_step import network_of
from tfmi.models.pair_step import weighted_information
from tfmi.models.saving import dtype_policy


@keras.saving.register_keras_serializable(package="tfmi")
class DeepInfoMaxModel(DomainModel):
    """Each image meets its own code: nothing is known of pairs.

    With `prior_weight`, a discriminator of codes plays for the codes to be distributed
    evenly over [0, 1] (section 3.3 of Hjelm et al. 2019).

    Returns (call): `{"x": codes, "y": codes}`, each `(batch, size)`.
    """

    NETWORKS = ("encoder", "global_network", "local_network")
    DISCRIMINATORS = ("prior_discriminator",)
    SETTINGS = {"global_weight": 0.5, "local_weight": 1.0, "prior_weight": 0.1}
    SEEDS = 4

    def term_names(self):
        terms = ["loss", "global", "local"]
        return [*terms, "prior", "discriminator"] if self._has_prior() else terms

    def _has_prior(self):
        return self.prior_discriminator_x is not None

    def _terms(self, pair, seeds, training):
        encoded = dict(zip("xy", self._encode(pair, training), strict=True))
        coded = {d: (outputs, outputs["vector"]) for d, outputs in encoded.items()}
        information, terms = weighted_information(self, coded, seeds[:2])
        terms["loss"] = self._added_losses() - information
        if self._has_prior():
            codes = {domain: code for domain, (_, code) in coded.items()}
            value = self._prior_value(codes, seeds[2:], training)
            terms |= {"prior": value, "discriminator": -value}
            terms["loss"] += self.prior_weight * value
        return terms

    def _prior_value(self, codes, seeds, training):
        """Value of the discriminators' game, which calls samples of the prior real."""
        return tf.add_n(
            domain_value(
                network_of(self, "prior_discriminator", domain),
                code,
                tf.random.stateless_uniform(tf.shape(code), seed),
                training,
            )
            for (domain, code), seed in zip(codes.items(), seeds, strict=True)
        )


def build_deep_infomax(recipe, image_shape, **options):
    """The compiled model.

    Args:
        recipe: a `DeepInfoMaxRecipe`.
        options: attributes of `Build`.
    """
    build = Build(recipe, image_shape, **options)
    size, units = recipe.code_size, recipe.critic_units
    with dtype_policy(build.precision):
        parts = domain_networks(
            build.domains,
            encoder=lambda d: build.image_encoder(
                size, f"encoder_{d}", recipe.normalize_codes
            ),
        )
        parts |= from_encoder.statistics_networks(parts, recipe.critic, size, units)
        if recipe.prior_weight:
            parts |= domain_networks(
                build.domains,
                prior_discriminator=lambda d: networks.domain_discriminator(
                    size, recipe.discriminator_units
                ),
            )
    settings = settings_of(recipe, DeepInfoMaxModel)
    model = DeepInfoMaxModel(parts, settings, recipe.seed, name="deep_infomax")
    return build.compile(model, recipe.learning_rate)
