"""Variational autoencoders of single images, one a domain: VAE, beta-VAE, FactorVAE."""

import keras
import tensorflow as tf

from tfmi.models import networks
from tfmi.models.build import Build
from tfmi.models.decoders import code_decoder
from tfmi.models.domain_model import DomainModel
from tfmi.models.domain_model import domain_networks
from tfmi.models.domain_model import settings_of
from tfmi.models.gaussians import gaussian_encoder
from tfmi.models.gaussians import kl_divergence
from tfmi.models.gaussians import sample
from tfmi.models.likelihoods import pixel_means
from tfmi.models.likelihoods import reconstruction_loss
from tfmi.models.objectives import SUM_DTYPE
from tfmi.models.objectives import adversarial_value
from tfmi.models.pair_step import network_of
from tfmi.models.saving import dtype_policy

# Of FactorVAE's discriminator (Kim, Mnih 2018, appendix A).
HIDDEN_LAYERS = 5


@keras.saving.register_keras_serializable(package="tfmi")
class VAEModel(DomainModel):
    """Maximises the evidence lower bound of each image (Kingma, Welling 2014).

    `kl_weight` above 1 is beta-VAE's beta (Higgins et al. 2017). With
    `total_correlation_weight`, FactorVAE's gamma, a discriminator tells codes from
    codes whose dimensions are of different images, and the encoder minimises the total
    correlation that its logits estimate (Kim, Mnih 2018, Eq. 3).

    Returns (call): `{"x": means, "y": means}`, each `(batch, size)`.
    """

    NETWORKS = ("encoder", "decoder")
    DISCRIMINATORS = ("discriminator",)
    SETTINGS = {
        "likelihood": "bernoulli",
        "pixel_deviation": 1.0,
        "kl_weight": 1.0,
        "total_correlation_weight": 0.0,
    }
    SEEDS = 4

    def term_names(self):
        terms = ["loss", "reconstruction", "kl"]
        game = ["total_correlation", "discriminator"]
        return [*terms, *game] if self._has_game() else terms

    def _has_game(self):
        return self.discriminator_x is not None

    def _terms(self, pair, seeds, training):
        encoded = dict(zip("xy", self._encode(pair, training), strict=True))
        codes = {
            d: sample(outputs["vector"], outputs["log_variance"], seed)
            for (d, outputs), seed in zip(encoded.items(), seeds[:2], strict=True)
        }
        terms = {
            "reconstruction": tf.add_n(
                reconstruction_loss(
                    pair[d],
                    self._decoded(d, code, training),
                    self.likelihood,
                    self.pixel_deviation,
                )
                for d, code in codes.items()
            ),
            "kl": tf.add_n(
                kl_divergence(outputs["vector"], outputs["log_variance"])
                for outputs in encoded.values()
            ),
        }
        terms["loss"] = terms["reconstruction"] + self.kl_weight * terms["kl"]
        terms["loss"] += self._added_losses()
        if self._has_game():
            terms |= self._game(codes, seeds[2:], training)
            weight = self.total_correlation_weight
            terms["loss"] += weight * terms["total_correlation"]
        return terms

    def _game(self, codes, seeds, training):
        """The total correlation as the discriminators see it, and their loss."""
        estimates, values = [], []
        for (domain, code), seed in zip(codes.items(), seeds, strict=True):
            network = network_of(self, "discriminator", domain)
            joint = network(code, training=training)
            permuted = tf.stop_gradient(permuted_dimensions(code, seed))
            marginal = network(permuted, training=training)
            estimates.append(tf.reduce_mean(tf.cast(joint, SUM_DTYPE)))
            values.append(adversarial_value(joint, marginal))
        return {
            "total_correlation": tf.add_n(estimates),
            "discriminator": -tf.add_n(values),
        }

    def _decoded(self, domain, code, training):
        return network_of(self, "decoder", domain)(code, training=training)

    def pictures(self, pair):
        """`{"reconstructions": rows of images in [-1, 1]}`: each domain's own, then
        what its means are decoded to."""
        rows = []
        for domain, mean in self(pair).items():
            decoded = self._decoded(domain, mean, training=False)
            rows += [pair[domain], pixel_means(decoded, self.likelihood)]
        return {"reconstructions": rows}


def permuted_dimensions(codes, seed):
    """Codes whose dimensions are each shuffled over the batch by themselves."""
    keys = tf.random.stateless_uniform(tf.shape(codes), seed)
    order = tf.argsort(keys, axis=0)
    rows = tf.gather(tf.transpose(codes), tf.transpose(order), axis=1, batch_dims=1)
    return tf.transpose(rows)


def build_vae(recipe, image_shape, **options):
    """The compiled model.

    Args:
        recipe: a `VAERecipe`.
        options: attributes of `Build`.
    """
    build = Build(recipe, image_shape, **options)
    size, width = recipe.code_size, recipe.encoder_width
    with dtype_policy(build.precision):
        builders = {
            "encoder": lambda domain: gaussian_encoder(
                build.image_encoder(2 * size, "encoder"), f"encoder_{domain}"
            ),
            "decoder": lambda domain: code_decoder(
                size, image_shape, width, f"decoder_{domain}"
            ),
        }
        if recipe.total_correlation_weight:
            builders["discriminator"] = lambda domain: networks.domain_discriminator(
                size, recipe.discriminator_units, HIDDEN_LAYERS
            )
        parts = domain_networks(build.domains, **builders)
    model = VAEModel(parts, settings_of(recipe, VAEModel), recipe.seed, name="vae")
    return build.compile(model, recipe.discriminator_learning_rate)
