"""DisentangledSSL (2025): a contrastive S that is compact, then a contrastive E."""

import keras
import tensorflow as tf

from tfmi.models.build import Build
from tfmi.models.contrastive import cosine_scores
from tfmi.models.contrastive import info_nce
from tfmi.models.contrastive import mean_squared_correlation
from tfmi.models.domain_model import DomainModel
from tfmi.models.domain_model import domain_networks
from tfmi.models.domain_model import settings_of
from tfmi.models.gaussians import gaussian_encoder
from tfmi.models.gaussians import sample
from tfmi.models.gaussians import symmetric_kl
from tfmi.models.pair_step import add_noise
from tfmi.models.pair_step import frozen_codes
from tfmi.models.pair_step import network_of
from tfmi.models.saving import dtype_policy
from tfmi.models.shifts import random_shifts


@keras.saving.register_keras_serializable(package="tfmi")
class CompactSharedModel(DomainModel):
    """Step 1: S of each image of a pair tells of the other's, and of nothing else.

    S is a normal distribution. InfoNCE of draws of both is maximised; the compactness,
    the symmetrised KL divergence of the two distributions, bounds what S tells of its
    image beyond what the other one tells.

    Returns (call): `{"x": means of S_X, "y": means of S_Y}`, each `(batch, size)`.
    """

    SETTINGS = {"compactness_weight": 0.01, "temperature": 0.1}
    SEEDS = 2

    def term_names(self):
        return ["loss", "information", "compactness"]

    def _terms(self, pair, seeds, training):
        posteriors = [
            (outputs["vector"], outputs["log_variance"])
            for outputs in self._encode(pair, training)
        ]
        draws = [sample(*p, seed) for p, seed in zip(posteriors, seeds, strict=True)]
        information = info_nce(cosine_scores(*draws, self.temperature))
        compactness = symmetric_kl(*posteriors)
        loss = self.compactness_weight * compactness - information
        return {
            "loss": loss + self._added_losses(),
            "information": information,
            "compactness": compactness,
        }


@keras.saving.register_keras_serializable(package="tfmi")
class OrthogonalExclusiveModel(DomainModel):
    """Step 2: S and E together tell an image from others, and E is orthogonal to S.

    InfoNCE is between two copies of each image, moved and made noisy at random; the
    score of two copies is the sum of those of their S and of their E. S is frozen.

    Returns (call): `{"x": E_X, "y": E_Y}`, each `(batch, size)`.
    """

    FROZEN = ("shared_encoder",)
    SETTINGS = {
        "orthogonality_weight": 100.0,
        "temperature": 0.1,
        "augmentation_shift": 0.125,
        "augmentation_noise": 0.1,
    }
    SEEDS = 4

    def term_names(self):
        return ["loss", "information", "orthogonality"]

    def encoder(self, representation, domain):
        kind = "shared_encoder" if representation == "shared" else "encoder"
        return network_of(self, kind, domain)

    def _terms(self, pair, seeds, training):
        copies = [
            {d: self._moved(pair[d], seed) for d, seed in zip("xy", own, strict=True)}
            for own in (seeds[:2], seeds[2:])
        ]
        shared = [self._shared(copy) for copy in copies]
        exclusive = [_vectors(self._encode(copy, training)) for copy in copies]
        information = tf.add_n(
            info_nce(self._scores(shared, exclusive, domain)) for domain in "xy"
        )
        orthogonality = tf.add_n(
            mean_squared_correlation(s[domain], e[domain])
            for s, e in zip(shared, exclusive, strict=True)
            for domain in "xy"
        )
        loss = self.orthogonality_weight * orthogonality - information
        return {
            "loss": loss + self._added_losses(),
            "information": information,
            "orthogonality": orthogonality,
        }

    def _moved(self, images, seed):
        fold_in = tf.random.experimental.stateless_fold_in
        if self.augmentation_shift:
            images = random_shifts(images, self.augmentation_shift, fold_in(seed, 0))
        return add_noise(images, self.augmentation_noise, fold_in(seed, 1))

    def _shared(self, pair):
        codes = frozen_codes(self, "shared_encoder", pair)
        return dict(zip("xy", codes, strict=True))

    def _scores(self, shared, exclusive, domain):
        """Of both copies of each image with those of all others: `(batch, batch)`."""
        return tf.add_n(
            cosine_scores(first[domain], second[domain], self.temperature)
            for first, second in (shared, exclusive)
        )


def _vectors(outputs):
    """`{domain: vectors}` of the outputs of both encoders."""
    return {d: each["vector"] for d, each in zip("xy", outputs, strict=True)}


def build_compact_shared(recipe, image_shape, **options):
    """The compiled model of step 1.

    Args:
        recipe: a `DisentangledSSLRecipe`.
        options: attributes of `Build`.
    """
    build = Build(recipe, image_shape, **options)
    with dtype_policy(build.precision):
        parts = domain_networks(
            build.domains,
            encoder=lambda domain: gaussian_encoder(
                build.image_encoder(2 * recipe.shared_size, "encoder"),
                f"shared_encoder_{domain}",
            ),
        )
    settings = settings_of(recipe, CompactSharedModel)
    model = CompactSharedModel(parts, settings, recipe.seed, name="shared_model")
    return build.compile(model)


def build_orthogonal_exclusive(recipe, image_shape, before, **options):
    """The compiled model of step 2.

    Args:
        before: the model of step 1, whose encoders are used and frozen.
        options: attributes of `Build`.
    """
    build = Build(recipe, image_shape, **options)
    with dtype_policy(build.precision):
        parts = domain_networks(
            build.domains,
            encoder=lambda domain: build.image_encoder(
                recipe.exclusive_size, f"exclusive_encoder_{domain}"
            ),
        )
    parts["shared_encoder_x"] = before.encoder_x
    parts["shared_encoder_y"] = before.encoder_y
    settings = settings_of(recipe, OrthogonalExclusiveModel)
    model = OrthogonalExclusiveModel(parts, settings, recipe.seed, name="exclusive")
    return build.compile(model)
