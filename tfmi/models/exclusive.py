"""Stage 2: the exclusive representation, against a discriminator (Eq. 8-10)."""

import keras
import tensorflow as tf

from tfmi.errors import UsageError
from tfmi.models import estimators
from tfmi.models import from_encoder
from tfmi.models import objectives
from tfmi.models.adversary import find_game
from tfmi.models.adversary import game_logits
from tfmi.models.adversary import warmed_up
from tfmi.models.negatives import check_negatives
from tfmi.models.negatives import coded_images
from tfmi.models.pair_model import PairModel
from tfmi.models.pair_model import check_encoder_y
from tfmi.models.pair_model import check_sizes
from tfmi.models.pair_model import code_size
from tfmi.models.pair_model import pair_of
from tfmi.models.pair_step import added_losses
from tfmi.models.pair_step import frozen_codes
from tfmi.models.pair_step import network_of
from tfmi.models.pair_step import scaled_loss
from tfmi.models.pair_step import serialized_networks
from tfmi.models.pair_step import step_of_players
from tfmi.models.pair_step import step_seeds
from tfmi.models.pair_step import weighted_information
from tfmi.models.preprocessing import representers
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED

NETWORKS = """shared_encoder encoder global_network local_network
    discriminator""".split()
SETTINGS = """global_weight local_weight estimator negatives independence
    adversarial_weight warmup_steps adversarial_loss discriminator_steps
    discriminator_noise code_noise seed""".split()


@keras.saving.register_keras_serializable(package="tfmi")
class ExclusiveModel(PairModel, keras.Model):
    """Learns E so that (S, E) tells all of an image and E nothing of S.

    Stage 2 of Sanchez, Serrurier, Ortner (2019), Eq. 8 to 10. The shared encoders
    are frozen: they run in inference mode and outside the gradient tape, and nothing
    of theirs changes. `from_encoders` builds it around any image model.

    Args:
        shared_encoder_x: the trained shared encoder of x.
        encoder_x: the exclusive encoder of x, a functional model from scaled images
            to `{"feature_map", "vector"}`.
        global_network_x, local_network_x: statistics networks on (S, E).
        discriminator_x: model from `{"shared", "exclusive",
            "marginal_exclusive"}` to logits `{"joint", "marginal"}`, or `None`.
        shared_encoder_y, encoder_y, global_network_y, local_network_y,
            discriminator_y: the same for y; `None` shares the weights of x.
        global_weight: alpha, of the global term.
        local_weight: beta, of the local term.
        estimator: of mutual information, as of `SharedModel`.
        negatives: "batch", codes of other pairs, or "partner": (own S, E of the other
            image), told apart by what is not shared alone ("jsd", one encoder).
        independence: "discriminator", or "club", whose bound is minimised and whose
            discriminators are `club.conditional_network`.
        adversarial_weight: lambda_adv, of the game.
        warmup_steps: number of steps in which lambda_adv rises from 0.
        adversarial_loss: the encoder's side of Eq. 9, "saddle_point" (the
            paper's) or "non_saturating".
        discriminator_steps: discriminator updates a step, each on a new shuffle.
        discriminator_noise: as `code_noise`, on S and E, towards the discriminators.
        code_noise: as in `SharedModel`, on E, towards the statistics networks.
        seed: of the negative samples and the noise.

    Call arguments: a pair, as of `SharedModel`.

    Returns (call): `{"x": E_X, "y": E_Y}`, each `(batch, size)`.

    Raises:
        UsageError: for an unknown `estimator`, `independence` or `adversarial_loss`,
            codes that do not fit, or an `adversarial_weight` without discriminators.

    Example:

    ```python
    exclusive = tfmi.ExclusiveModel.from_encoders(shared, encoder)
    exclusive.compile(optimizer="adam")
    exclusive.fit(pairs.batch(64, drop_remainder=True))
    results = tfmi.evaluate(exclusive.representations(), labelled)
    ```
    """

    def __init__(
        self,
        shared_encoder_x,
        encoder_x,
        global_network_x,
        local_network_x,
        discriminator_x=None,
        shared_encoder_y=None,
        encoder_y=None,
        global_network_y=None,
        local_network_y=None,
        discriminator_y=None,
        global_weight=0.5,
        local_weight=1.0,
        estimator="jsd",
        negatives="batch",
        independence="discriminator",
        adversarial_weight=0.025,
        warmup_steps=0,
        adversarial_loss="saddle_point",
        discriminator_steps=1,
        discriminator_noise=0.0,
        code_noise=0.0,
        seed=0,
        **kwargs,
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.shared_encoder_x = shared_encoder_x
        self.shared_encoder_y = shared_encoder_y
        self.encoder_x = encoder_x
        self.encoder_y = encoder_y
        self.global_network_x = global_network_x
        self.global_network_y = global_network_y
        self.local_network_x = local_network_x
        self.local_network_y = local_network_y
        self.discriminator_x = discriminator_x
        self.discriminator_y = discriminator_y
        self.global_weight = global_weight
        self.local_weight = local_weight
        self.estimator = estimator
        self.negatives = negatives
        self.independence = independence
        self.adversarial_weight = adversarial_weight
        self.warmup_steps = warmup_steps
        self.adversarial_loss = adversarial_loss
        self.discriminator_steps = discriminator_steps
        self.discriminator_noise = discriminator_noise
        self.code_noise = code_noise
        self.seed = seed
        shared, exclusive = code_size(shared_encoder_x), code_size(encoder_x)
        check_encoder_y(shared_encoder_x, shared_encoder_y)
        check_encoder_y(encoder_x, encoder_y)
        both = shared + exclusive
        check_sizes(self, NETWORKS[2:4], code=both, marginal_code=both)
        check_sizes(self, NETWORKS[4:], shared=shared, exclusive=exclusive)
        for frozen in (shared_encoder_x, shared_encoder_y):
            if frozen is not None:
                frozen.trainable = False
        self._estimate = estimators.find(estimator, global_network_x, local_network_x)
        check_negatives(negatives, estimator, encoder_y is not None)
        self._game = find_game(independence, adversarial_loss)
        if adversarial_weight and discriminator_x is None:
            rule = "adversarial_weight must be 0 where there is no discriminator_x"
            raise UsageError(f"{rule}. Received: {adversarial_weight}")
        game = self._game.terms if discriminator_x is not None else ()
        self._prepare(("loss", "global", "local", *game))

    from_encoders = classmethod(from_encoder.exclusive_model)

    def encoder_networks(self):
        return [getattr(self, f"{name}_{d}") for name in NETWORKS[1:4] for d in "xy"]

    def discriminator_networks(self):
        return [self.discriminator_x, self.discriminator_y]

    def representations(self):
        """`{(Representation, domain): function}`, of S and of E; as of
        `SharedModel.representations`."""
        alone = self.shared_encoder_y is None and self.encoder_y is None
        return representers(self, (SHARED, EXCLUSIVE), "x" if alone else "xy")

    def encoder(self, representation, domain):
        """The encoder of a representation ("shared", "exclusive") for a domain."""
        prefix = "shared_encoder" if representation == "shared" else "encoder"
        return network_of(self, prefix, domain)

    def _update(self, pair):
        shared, kept = self._shared(pair), {}
        count = 4 + 2 * self.discriminator_steps
        seeds = step_seeds(self.seed, self.steps_done, count)

        def terms_of():
            terms, kept["codes"] = self._terms(pair, shared, seeds[:6], training=True)
            return terms

        terms = step_of_players(self, terms_of, opponent=self._game.terms[1])
        if self.discriminator_x is not None:
            self._train_discriminator_again(kept["codes"], seeds[6:])
        return terms

    def _evaluate(self, pair, training=False):
        seeds = step_seeds(self.seed, self.trackers["loss"].count, count=6)
        return self._terms(pair, self._shared(pair), seeds, training)[0]

    def _terms(self, pair, shared, seeds, training):
        """Every term of both players, and the codes `(S, E)` of the domains."""
        x, y = self._encode(pair, training)
        codes = (shared[0], x["vector"]), (shared[1], y["vector"])
        information, terms = self._information(x, y, codes, seeds[:4])
        losses = added_losses(self.encoder_networks())
        if self.discriminator_x is None:
            return {**terms, "loss": tf.add_n([-information, *losses])}, codes
        logits = self._logits(codes, seeds[4:], training)
        adversarial = self._game.encoder_terms(logits)
        weight = warmed_up(self.adversarial_weight, self.steps_done, self.warmup_steps)
        objective = objectives.exclusive_objective(information, adversarial, weight)
        game = tf.add_n(adversarial), self._game.opponent_loss(logits)
        terms |= dict(zip(self._game.terms, game, strict=True))
        return {**terms, "loss": tf.add_n([-objective, *losses])}, codes

    def _information(self, x, y, codes, seeds):
        """The mutual information of each image and its own (S, E) (Eq. 8)."""
        met, others = coded_images(codes, self.code_noise, seeds[:2], self.negatives)
        met = {"x": (x, met[0]), "y": (y, met[1])}
        return weighted_information(self, met, seeds[2:], self._estimate, others)

    def local_terms(self, pair):
        """Eq. 8's local term with (S, E), and with each E at its mean over the batch:
        how little E adds is how empty it is. As in training (`held_out_step`)."""
        pair, seeds = pair_of(pair), step_seeds(self.seed, self.steps_done, 4)
        shared, images = self._shared(pair), self._encode(pair, True)
        vectors = [image["vector"] for image in images]
        for codes in vectors, [0 * v + tf.reduce_mean(v, 0) for v in vectors]:
            codes = tuple(zip(shared, codes, strict=True))
            yield float(self._information(*images, codes, seeds)[1]["local"])

    def _logits(self, codes, seeds, training):
        players = (self.discriminator_x, self.discriminator_y or self.discriminator_x)
        return game_logits(players, codes, seeds, training, self.discriminator_noise)

    def _train_discriminator_again(self, codes, seeds):
        """The updates after the first, each on a new shuffle."""
        codes = [(shared, tf.stop_gradient(exclusive)) for shared, exclusive in codes]
        optimizer = self.discriminator_optimizer
        for step in range(self.discriminator_steps - 1):
            with tf.GradientTape() as tape:
                logits = self._logits(codes, seeds[2 * step : 2 * step + 2], True)
                loss = scaled_loss(optimizer, self._game.opponent_loss(logits))
            gradients = tape.gradient(loss, self.discriminator_variables)
            optimizer.apply(gradients, self.discriminator_variables)

    def _shared(self, pair):
        return frozen_codes(self, "shared_encoder", pair)

    def get_config(self):
        return {
            **super().get_config(),
            **serialized_networks(self, NETWORKS),
            **{name: getattr(self, name) for name in SETTINGS},
        }
