"""Interaction information autoencoder (Hwang et al. 2020): S and E without a game."""

import keras
import tensorflow as tf

from tfmi.models.build import Build
from tfmi.models.decoders import code_decoder
from tfmi.models.domain_model import DomainModel
from tfmi.models.domain_model import domain_networks
from tfmi.models.domain_model import settings_of
from tfmi.models.gaussians import gaussian_encoder
from tfmi.models.gaussians import kl_divergence
from tfmi.models.gaussians import mean_and_log_variance
from tfmi.models.gaussians import sample
from tfmi.models.likelihoods import pixel_means
from tfmi.models.likelihoods import reconstruction_loss
from tfmi.models.networks import CODE_DTYPE
from tfmi.models.pair_step import encode_pair
from tfmi.models.pair_step import network_of
from tfmi.models.saving import dtype_policy

TRANSLATIONS = 3
OTHER = {"x": "y", "y": "x"}


@keras.saving.register_keras_serializable(package="tfmi")
class IIAEModel(DomainModel):
    """Maximises a bound of the pairs' evidence, and lambda times one of the information
    that both images of a pair and S have in common, less that of S and E.

    With q(s|x,y) the joint posterior, r(s|x) and r(s|y) what each side alone says of
    S, and q(e|x), it minimises, in nats a pair,

        (1 + lambda) (-log p(x|s,e_x) - log p(y|s,e_y) + KL(q(e_x|x)) + KL(q(e_y|y)))
        + KL(q(s|x,y)) + lambda (KL(q(s|x,y)||r(s|x)) + KL(q(s|x,y)||r(s|y))),

    where KL of one distribution is from N(0, 1). S of an image is the mean of r.

    Returns (call): `{"x": means of S_X, "y": means of S_Y}`, each `(batch, size)`.
    """

    NETWORKS = ("encoder", "exclusive_encoder", "decoder")
    JOINT = ("joint_encoder",)
    SETTINGS = {
        "interaction_weight": 50.0,
        "likelihood": "bernoulli",
        "pixel_deviation": 1.0,
    }
    SEEDS = 3

    def term_names(self):
        return ["loss", "reconstruction", "kl_exclusive", "kl_shared", "interaction"]

    def encoder(self, representation, domain):
        kind = "encoder" if representation == "shared" else "exclusive_encoder"
        return network_of(self, kind, domain)

    def _terms(self, pair, seeds, training):
        sides, joint, exclusive = self._posteriors(pair, training)
        shared = sample(*joint, seeds[0])
        codes = {
            d: sample(*exclusive[d], seed)
            for d, seed in zip("xy", seeds[1:], strict=True)
        }
        terms = {
            "reconstruction": tf.add_n(
                self._reconstruction_loss(pair, d, shared, codes[d], training)
                for d in "xy"
            ),
            "kl_exclusive": tf.add_n(kl_divergence(*exclusive[d]) for d in "xy"),
            "kl_shared": kl_divergence(*joint),
            "interaction": tf.add_n(kl_divergence(*joint, *sides[d]) for d in "xy"),
        }
        weight = self.interaction_weight
        loss = (1 + weight) * (terms["reconstruction"] + terms["kl_exclusive"])
        loss += terms["kl_shared"] + weight * terms["interaction"]
        return {**terms, "loss": loss + self._added_losses()}

    def _posteriors(self, pair, training):
        """Means and log-variances: `{domain: r(s|.)}`, q(s|x,y), `{domain: q(e|.)}`."""
        sides = dict(zip("xy", self._encode(pair, training), strict=True))
        maps = {domain: outputs["feature_map"] for domain, outputs in sides.items()}
        joint = self.joint_encoder(maps, training=training)
        encoders = self.exclusive_encoder_x, self.exclusive_encoder_y
        exclusive = encode_pair(*encoders, pair["x"], pair["y"], training)
        exclusive = dict(zip("xy", exclusive, strict=True))
        return (
            {domain: _normal(outputs) for domain, outputs in sides.items()},
            _normal(joint),
            {domain: _normal(outputs) for domain, outputs in exclusive.items()},
        )

    def _reconstruction_loss(self, pair, domain, shared, exclusive, training):
        decoded = self._decoded(domain, shared, exclusive, training)
        return reconstruction_loss(
            pair[domain], decoded, self.likelihood, self.pixel_deviation
        )

    def _decoded(self, domain, shared, exclusive, training):
        code = tf.concat([shared, exclusive], axis=-1)
        return network_of(self, "decoder", domain)(code, training=training)

    def pictures(self, pair):
        """`{"reconstructions", "translations": rows of images in [-1, 1]}`.

        Reconstructions: each domain's images, then what S of the pair and their own E
        are decoded to. Translations: each domain's images, then images of the other
        domain with what they alone say of S and an E that is drawn.
        """
        sides, (joint, _), exclusive = self._posteriors(pair, False)
        reconstructions, translations = [], []
        for d in "xy":
            mean = exclusive[d][0]
            reconstructions += [pair[d], self._drawn(d, joint, mean)]
            translations.append(pair[OTHER[d]])
            for number in range(TRANSLATIONS):
                draw = tf.random.stateless_normal(tf.shape(mean), [self.seed, number])
                translations.append(self._drawn(d, sides[OTHER[d]][0], draw))
        return {"reconstructions": reconstructions, "translations": translations}

    def _drawn(self, domain, shared, exclusive):
        decoded = self._decoded(domain, shared, exclusive, False)
        return pixel_means(decoded, self.likelihood)


def _normal(outputs):
    """The mean and the log-variance of a network's outputs."""
    return outputs["vector"], outputs["log_variance"]


def joint_encoder(map_shape, size):
    """From the feature maps of both images to the joint posterior of S.

    Returns:
        A model from `{"x": map, "y": map}` to `{"vector": the mean (batch, size),
        "log_variance": (batch, size)}`.
    """
    dtype = keras.config.dtype_policy().compute_dtype
    maps = {d: keras.Input(map_shape, name=d, dtype=dtype) for d in "xy"}
    flat = [keras.layers.Flatten()(feature_map) for feature_map in maps.values()]
    both = keras.layers.Concatenate()(flat)
    vector = keras.layers.Dense(2 * size, dtype=CODE_DTYPE, name="vector")(both)
    mean, log_variance = mean_and_log_variance(vector)
    outputs = {"vector": mean, "log_variance": log_variance}
    return keras.Model(maps, outputs, name="joint_encoder")


def build_iiae(recipe, image_shape, **options):
    """The compiled model.

    Args:
        recipe: an `IIAERecipe`.
        options: attributes of `Build`.
    """
    build = Build(recipe, image_shape, **options)
    shared, exclusive = recipe.shared_size, recipe.exclusive_size

    def encoder(size, name, domain):
        network = build.image_encoder(2 * size, name)
        return gaussian_encoder(network, f"{name}_encoder_{domain}")

    with dtype_policy(build.precision):
        parts = domain_networks(
            build.domains,
            encoder=lambda domain: encoder(shared, "shared", domain),
            exclusive_encoder=lambda domain: encoder(exclusive, "exclusive", domain),
            decoder=lambda domain: code_decoder(
                shared + exclusive, image_shape, recipe.encoder_width
            ),
        )
        maps = parts["encoder_x"].output["feature_map"]
        parts["joint_encoder"] = joint_encoder(maps.shape[1:], shared)
    settings = settings_of(recipe, IIAEModel)
    return build.compile(IIAEModel(parts, settings, recipe.seed, name="iiae"))
