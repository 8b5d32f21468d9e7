"""Cross-domain disentanglement by translation [9]: generators against critics."""

import keras
import tensorflow as tf

from tfmi.models.domain_model import DomainModel
from tfmi.models.gaussians import kl_divergence
from tfmi.models.gaussians import sample
from tfmi.models.objectives import SUM_DTYPE
from tfmi.models.pair_step import add_noise
from tfmi.models.pair_step import network_of
from tfmi.models.pair_step import scaled_loss
from tfmi.models.pair_step import step_seeds
from tfmi.models.wgan import critic_loss
from tfmi.models.wgan import generator_loss

# What the encoder gives under the names of the representations.
OUTPUTS = {
    "shared": "shared",
    "shared_pooled": "shared_pooled",
    "exclusive": "vector",
}
OTHER = {"x": "y", "y": "x"}
TRANSLATIONS = 3


@keras.saving.register_keras_serializable(package="tfmi")
class CrossDomainModel(DomainModel):
    """Learns S and E by drawing each image of a pair from the other.

    After Gonzalez-Garcia, van de Weijer, Bengio (2018). The translation of an image
    has its S and an E drawn from N(0, 1); critics compare it, beside its input, with
    the pair's other image. The cross autoencoder draws an image from its own E and
    the *other* one's S. An exclusive decoder tries to draw the other image from E
    alone, and the encoder, behind a gradient reversal, to leave it nothing to see.

    Without exclusive decoders, with `kl_weight` and encoders that give a
    "log_variance", it is the system for satellite image time series after Sanchez,
    Serrurier, Ortner (2019, "Learning disentangled representations of satellite image
    time series").

    Args: as of `DomainModel`; networks of `cross_domain_networks` and critics of
        `wgan`; `exclusive_decoder` and `exclusive_critic` may be left out.

    Returns (call): `{"x": E_X, "y": E_Y}`, each `(batch, size)`.
    """

    NETWORKS = ("encoder", "decoder", "exclusive_decoder")
    DISCRIMINATORS = ("critic", "exclusive_critic")
    SETTINGS = {
        "translation_weight": 1.0,
        "exclusive_weight": 0.1,
        "reconstruction_weight": 100.0,
        "shared_weight": 100.0,
        "latent_weight": 100.0,
        "kl_weight": 0.0,
        "penalty_weight": 10.0,
        "decoder_noise": 0.1,
    }
    SEEDS = 14

    def term_names(self):
        terms = ["loss", "translation", "reconstruction", "shared", "latent"]
        terms += ["exclusive"] * self._draws_from_exclusive()
        terms += ["kl"] * self._is_variational()
        return [*terms, "discriminator"]

    def _draws_from_exclusive(self):
        return self.exclusive_decoder_x is not None

    def _is_variational(self):
        return "log_variance" in self.encoder_x.output

    def encoder(self, representation, domain):
        network = network_of(self, "encoder", domain)
        vector = network.output[OUTPUTS[representation]]
        return keras.Model(network.input, {"vector": vector})

    def _update(self, pair):
        """The critics learn first, then the generators against them (1:1)."""
        seeds = step_seeds(self.seed, self.steps_done, self.SEEDS)
        optimizer, game = self.optimizer, self.discriminator_optimizer
        with tf.GradientTape() as tape:
            drawn, terms = self._drawn(pair, seeds[:10], training=True)
            with tape.stop_recording(), tf.GradientTape() as critics_tape:
                critics = self._critics_loss(pair, drawn, seeds[10:])
                scaled = scaled_loss(game, critics)
            gradients = critics_tape.gradient(scaled, self.discriminator_variables)
            with tape.stop_recording():
                game.apply(gradients, self.discriminator_variables)
            terms = self._with_loss(pair, drawn, terms)
            loss = scaled_loss(optimizer, terms["loss"])
        gradients = tape.gradient(loss, self.encoder_variables)
        optimizer.apply(gradients, self.encoder_variables)
        return {**terms, "discriminator": critics}

    def _terms(self, pair, seeds, training):
        drawn, terms = self._drawn(pair, seeds[:10], training)
        critics = self._critics_loss(pair, drawn, seeds[10:])
        return {**self._with_loss(pair, drawn, terms), "discriminator": critics}

    def _drawn(self, pair, seeds, training):
        """Images that the generators draw, and the terms that need no critic.

        Returns:
            `{"translation", "exclusive": {domain: images}}`, where `drawn[name][d]` is
            to pass for the image of d; and `{term: float32 scalar}`.
        """
        encoded = dict(zip("xy", self._encode(pair, training), strict=True))
        maps = {d: outputs["feature_map"] for d, outputs in encoded.items()}
        codes = {d: outputs["vector"] for d, outputs in encoded.items()}
        terms = {"shared": _distance(maps["x"], maps["y"])}
        if self._is_variational():
            posteriors = {d: (codes[d], encoded[d]["log_variance"]) for d in "xy"}
            terms["kl"] = _sum(kl_divergence(*posteriors[d]) for d in "xy")
            codes = {
                d: sample(*posteriors[d], seed)
                for d, seed in zip("xy", seeds[:2], strict=True)
            }
        draws = {
            d: tf.random.stateless_normal(tf.shape(codes[d]), seed)
            for d, seed in zip("xy", seeds[2:4], strict=True)
        }
        translated, redrawn = {}, {}
        for d, seed, other_seed in zip("xy", seeds[4:6], seeds[6:8], strict=True):
            other = maps[OTHER[d]]
            translated[d] = self._decoded(d, other, draws[d], seed, training)
            redrawn[d] = self._decoded(d, other, codes[d], other_seed, training)
        terms["reconstruction"] = _sum(_distance(redrawn[d], pair[d]) for d in "xy")
        terms["latent"] = self._latent_distance(translated, maps, draws, training)
        drawn = {"translation": translated}
        if self._draws_from_exclusive():
            drawn["exclusive"] = {
                d: self._drawn_from_exclusive(d, codes[OTHER[d]], seed, training)
                for d, seed in zip("xy", seeds[8:], strict=True)
            }
        return drawn, terms

    def _drawn_from_exclusive(self, domain, code, seed, training):
        decoder = network_of(self, "exclusive_decoder", domain)
        return decoder({"exclusive": code, "seed": seed}, training=training)

    def _decoded(self, domain, shared_map, code, seed, training):
        """An image of a domain; in training S and E are a little noisy, so that no
        code hides in what is too small to see."""
        noise = self.decoder_noise if training else 0.0
        fold_in = tf.random.experimental.stateless_fold_in
        inputs = {
            "shared": add_noise(shared_map, noise, fold_in(seed, 0)),
            "exclusive": add_noise(code, noise, fold_in(seed, 1)),
            "seed": fold_in(seed, 2),
        }
        return network_of(self, "decoder", domain)(inputs, training=training)

    def _latent_distance(self, translated, maps, draws, training):
        """How far the encoders are from finding S and E of the translations again."""
        outputs = self._encode(translated, training)
        return _sum(
            _distance(found["feature_map"], maps[OTHER[d]])
            + _distance(found["vector"], draws[d])
            for d, found in zip("xy", outputs, strict=True)
        )

    def _critics_loss(self, pair, drawn, seeds):
        seeds = iter(seeds)
        return _sum(
            critic_loss(
                self._critic(name, d),
                _beside(pair[OTHER[d]], pair[d]),
                tf.stop_gradient(_beside(pair[OTHER[d]], images[d])),
                next(seeds),
                self.penalty_weight,
            )
            for name, images in drawn.items()
            for d in "xy"
        )

    def _critic(self, name, domain):
        kind = "critic" if name == "translation" else "exclusive_critic"
        return network_of(self, kind, domain)

    def _with_loss(self, pair, drawn, terms):
        """All terms of the generators, and their weighted sum."""
        games = {
            name: _sum(
                generator_loss(
                    self._critic(name, d), _beside(pair[OTHER[d]], images[d])
                )
                for d in "xy"
            )
            for name, images in drawn.items()
        }
        terms = {**terms, **games}
        weighted = [getattr(self, f"{name}_weight") * v for name, v in terms.items()]
        return {**terms, "loss": tf.add_n(weighted)}

    def pictures(self, pair):
        """`{"reconstructions", "translations": rows of images in [-1, 1]}`.

        Reconstructions: each domain's images, then what they are drawn as from their
        own E and S of the other image of the pair. Translations: each domain's images,
        then images of the other domain with their S and an E that is drawn.
        """
        encoded = dict(zip("xy", self._encode(pair, False), strict=True))
        reconstructions, translations = [], []
        for d in "xy":
            other = encoded[OTHER[d]]["feature_map"]
            code = encoded[d]["vector"]
            redrawn = self._decoded(d, other, code, [0, 0], False)
            reconstructions += [pair[d], redrawn]
            translations.append(pair[OTHER[d]])
            for number in range(TRANSLATIONS):
                draw = tf.random.stateless_normal(tf.shape(code), [self.seed, number])
                translations.append(self._decoded(d, other, draw, [0, 0], False))
        return {"reconstructions": reconstructions, "translations": translations}


def _beside(images, targets):
    """What a critic sees: an input image and a target, by their channels."""
    return tf.concat([images, tf.cast(targets, images.dtype)], axis=-1)


def _distance(first, second):
    return tf.reduce_mean(
        tf.abs(tf.cast(first, SUM_DTYPE) - tf.cast(second, SUM_DTYPE))
    )


def _sum(terms):
    return tf.add_n(list(terms))
