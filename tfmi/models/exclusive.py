"""Stage 2: the exclusive representation, against a discriminator (Eq. 8-10)."""

import keras
import tensorflow as tf

from tfmi.models import objectives
from tfmi.models.adversary import adversarial_terms
from tfmi.models.adversary import discriminator_loss
from tfmi.models.adversary import encoder_loss
from tfmi.models.adversary import game_logits
from tfmi.models.adversary import trainable_variables
from tfmi.models.adversary import warmed_up
from tfmi.models.pair_step import add_noise
from tfmi.models.pair_step import deserialized_networks
from tfmi.models.pair_step import encode_pair
from tfmi.models.pair_step import network_of
from tfmi.models.pair_step import scaled_loss
from tfmi.models.pair_step import serialized_networks
from tfmi.models.pair_step import step_counter
from tfmi.models.pair_step import step_seeds
from tfmi.models.pair_step import weighted_information

NETWORKS = """shared_encoder encoder global_network local_network
    discriminator""".split()
SETTINGS = """global_weight local_weight adversarial_weight warmup_steps
    adversarial_loss discriminator_steps discriminator_noise code_noise seed""".split()


@keras.saving.register_keras_serializable(package="tfmi")
class ExclusiveModel(keras.Model):
    """Learns E so that (S, E) tells all of an image and E nothing of S.

    The shared encoders are frozen: they run in inference mode and outside the
    gradient tape, and nothing of theirs changes.

    Args:
        shared_encoder_x: the trained shared encoder of x.
        encoder_x: the exclusive encoder of x.
        global_network_x, local_network_x: statistics networks on (S, E).
        discriminator_x: model from `{"shared", "exclusive",
            "marginal_exclusive"}` to logits `{"joint", "marginal"}`.
        shared_encoder_y ... discriminator_y: the same for y; `None` shares
            the weights of x.
        global_weight: alpha, `local_weight`: beta,
        adversarial_weight: lambda_adv, `warmup_steps`: those in which it rises
            from 0.
        adversarial_loss: the encoder's side of Eq. 9, "saddle_point" (the
            paper's) or "non_saturating".
        discriminator_steps: discriminator updates a step, each on a new
            shuffle.
        discriminator_noise: as `code_noise`, on S and E, towards the
            discriminators.
        code_noise: as in `SharedModel`, on E, towards the statistics networks.
        seed: of the negative samples and the noise.

    Call arguments: `{"x": images, "y": images}`, scaled floats.

    Returns (call): `{"x": E_X, "y": E_Y}`, each `(batch, size)`.

    Raises:
        UsageError: for an unknown `adversarial_loss`.
    """

    def __init__(
        self,
        shared_encoder_x,
        encoder_x,
        global_network_x,
        local_network_x,
        discriminator_x,
        shared_encoder_y=None,
        encoder_y=None,
        global_network_y=None,
        local_network_y=None,
        discriminator_y=None,
        global_weight=0.5,
        local_weight=1.0,
        adversarial_weight=0.025,
        warmup_steps=0,
        adversarial_loss="saddle_point",
        discriminator_steps=1,
        discriminator_noise=0.0,
        code_noise=0.0,
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        encoder_loss(adversarial_loss)
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
        self.adversarial_weight = adversarial_weight
        self.warmup_steps = warmup_steps
        self.adversarial_loss = adversarial_loss
        self.discriminator_steps = discriminator_steps
        self.discriminator_noise = discriminator_noise
        self.code_noise = code_noise
        self.seed = seed
        self.discriminator_optimizer = None
        for frozen in (shared_encoder_x, shared_encoder_y):
            if frozen is not None:
                frozen.trainable = False
        self.trackers = {
            name: keras.metrics.Mean(name=name)
            for name in ("loss", "global", "local", "adversarial", "discriminator")
        }
        self.steps_done = step_counter(self)
        # The networks come built, so there is nothing to build from inputs.
        self.built = True

    def call(self, inputs, training=False):
        x, y = self._encode(inputs, training)
        return {"x": x["vector"], "y": y["vector"]}

    def compile(self, optimizer="adam", discriminator_optimizer="adam", **kwargs):
        super().compile(optimizer=optimizer, **kwargs)
        self.discriminator_optimizer = keras.optimizers.get(discriminator_optimizer)
        # Each on its own variables, and now: see SharedModel.compile.
        self.optimizer.build(self.encoder_variables)
        self.discriminator_optimizer.build(self.discriminator_variables)

    def get_compile_config(self):
        return {
            **super().get_compile_config(),
            "discriminator_optimizer": keras.saving.serialize_keras_object(
                self.discriminator_optimizer
            ),
        }

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    @property
    def metrics(self):
        return list(self.trackers.values())

    @property
    def discriminator_variables(self):
        """Variables that maximise Eq. 9."""
        return trainable_variables(self.discriminator_x, self.discriminator_y)

    @property
    def encoder_variables(self):
        """Variables that maximise Eq. 10: encoders and statistics networks."""
        return trainable_variables(
            self.encoder_x,
            self.encoder_y,
            self.global_network_x,
            self.global_network_y,
            self.local_network_x,
            self.local_network_y,
        )

    def encoder(self, representation, domain):
        """The encoder of a representation ("shared", "exclusive") for a domain."""
        prefix = "shared_encoder" if representation == "shared" else "encoder"
        return network_of(self, prefix, domain)

    def train_step(self, data):
        shared = self._shared(data)
        count = 4 + 2 * self.discriminator_steps
        seeds = step_seeds(self.seed, self.steps_done, count)
        # One pass through the discriminators gives both players' gradients.
        with tf.GradientTape(persistent=True) as tape:
            terms, pairs = self._terms(data, shared, seeds[:6], training=True)
            loss = scaled_loss(self.optimizer, terms["loss"])
            game = scaled_loss(self.discriminator_optimizer, terms["discriminator"])
        gradients = tape.gradient(loss, self.encoder_variables)
        game_gradients = tape.gradient(game, self.discriminator_variables)
        self.optimizer.apply(gradients, self.encoder_variables)
        self.discriminator_optimizer.apply(game_gradients, self.discriminator_variables)
        self._train_discriminator_again(pairs, seeds[6:])
        self.steps_done.assign_add(1)
        return self._track(terms)

    def test_step(self, data):
        seeds = step_seeds(self.seed, self.trackers["loss"].count, count=6)
        terms, _ = self._terms(data, self._shared(data), seeds, training=False)
        return self._track(terms)

    def _terms(self, data, shared, seeds, training):
        """Every term of both players, and the pairs `(S, E)` of the domains."""
        x, y = self._encode(data, training)
        pairs = (shared[0], x["vector"]), (shared[1], y["vector"])
        information, terms = self._information(x, y, pairs, seeds[:4])
        logits = self._logits(pairs, seeds[4:], training)
        adversarial = adversarial_terms(logits, encoder_loss(self.adversarial_loss))
        weight = warmed_up(self.adversarial_weight, self.steps_done, self.warmup_steps)
        objective = objectives.exclusive_objective(information, adversarial, weight)
        terms |= {"loss": -objective, "adversarial": tf.add_n(adversarial)}
        return {**terms, "discriminator": discriminator_loss(logits)}, pairs

    def _information(self, x, y, pairs, seeds):
        """The mutual information of each image and its own (S, E) (Eq. 8)."""
        codes = [
            tf.concat([shared, add_noise(exclusive, self.code_noise, seed)], axis=-1)
            for (shared, exclusive), seed in zip(pairs, seeds[:2], strict=True)
        ]
        coded = {"x": (x, codes[0]), "y": (y, codes[1])}
        return weighted_information(self, coded, seeds[2:])

    def _logits(self, pairs, seeds, training):
        discriminators = (
            self.discriminator_x,
            self.discriminator_y or self.discriminator_x,
        )
        return game_logits(
            discriminators, pairs, seeds, training, self.discriminator_noise
        )

    def _train_discriminator_again(self, pairs, seeds):
        """The updates after the first, each on a new shuffle."""
        pairs = [(shared, tf.stop_gradient(exclusive)) for shared, exclusive in pairs]
        optimizer = self.discriminator_optimizer
        for step in range(self.discriminator_steps - 1):
            with tf.GradientTape() as tape:
                logits = self._logits(pairs, seeds[2 * step : 2 * step + 2], True)
                loss = scaled_loss(optimizer, discriminator_loss(logits))
            gradients = tape.gradient(loss, self.discriminator_variables)
            optimizer.apply(gradients, self.discriminator_variables)

    def _shared(self, data):
        x, y = encode_pair(
            self.shared_encoder_x, self.shared_encoder_y, data["x"], data["y"], False
        )
        return tf.stop_gradient(x["vector"]), tf.stop_gradient(y["vector"])

    def _encode(self, data, training):
        return encode_pair(
            self.encoder_x, self.encoder_y, data["x"], data["y"], training
        )

    def _track(self, terms):
        for name, tracker in self.trackers.items():
            tracker.update_state(terms[name])
        return self.get_metrics_result()

    def get_config(self):
        return {
            **super().get_config(),
            **serialized_networks(self, NETWORKS),
            **{name: getattr(self, name) for name in SETTINGS},
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**deserialized_networks(config))
