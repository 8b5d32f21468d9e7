"""Stage 1: the shared representation, by cross mutual information (Eq. 5-7)."""

import keras
import tensorflow as tf

from tfmi.models import objectives
from tfmi.models.adversary import domain_value
from tfmi.models.adversary import trainable_variables
from tfmi.models.pair_step import add_noise
from tfmi.models.pair_step import deserialized_networks
from tfmi.models.pair_step import encode_pair
from tfmi.models.pair_step import network_of
from tfmi.models.pair_step import scaled_loss
from tfmi.models.pair_step import serialized_networks
from tfmi.models.pair_step import step_counter
from tfmi.models.pair_step import step_seeds
from tfmi.models.pair_step import weighted_information


@keras.saving.register_keras_serializable(package="tfmi")
class SharedModel(keras.Model):
    """Learns S so that S_X = S_Y holds what the images of a pair share.

    Args:
        encoder_x: model from scaled images to `{"feature_map", "vector"}`.
        global_network_x: statistics network for the image x (`networks`).
        local_network_x: likewise, for the positions of its feature map.
        encoder_y, global_network_y, local_network_y: the same for y; `None`
            shares the weights of x (section 5.1).
        discriminator: model from codes to logits `(batch, 1)`, or `None`. It
            learns to tell S_X from S_Y, and the encoders to deceive it
            (`adversary.domain_value`); the paper has none.
        global_weight: alpha, `local_weight`: beta, `l1_weight`: gamma,
            `adversarial_weight`: of the discriminator's game.
        switched: `False` gives each image its own code (the ablation).
        code_noise: standard deviation of the Gaussian noise that is added to
            the codes before the statistics networks see them, 0 for none. It
            bounds what a code of unit variance can carry.
        seed: of the negative samples and the noise.

    Call arguments: `{"x": images, "y": images}`, float
    `(batch, height, width, channels)`.

    Returns (call): `{"x": S_X, "y": S_Y}`, each `(batch, size)`.
    """

    def __init__(
        self,
        encoder_x,
        global_network_x,
        local_network_x,
        encoder_y=None,
        global_network_y=None,
        local_network_y=None,
        discriminator=None,
        global_weight=0.5,
        local_weight=1.0,
        l1_weight=0.1,
        adversarial_weight=0.0,
        switched=True,
        code_noise=0.0,
        seed=0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.encoder_x = encoder_x
        self.global_network_x = global_network_x
        self.local_network_x = local_network_x
        self.encoder_y = encoder_y
        self.global_network_y = global_network_y
        self.local_network_y = local_network_y
        self.discriminator = discriminator
        self.global_weight = global_weight
        self.local_weight = local_weight
        self.l1_weight = l1_weight
        self.adversarial_weight = adversarial_weight
        self.switched = switched
        self.code_noise = code_noise
        self.seed = seed
        self.discriminator_optimizer = None
        terms = ["loss", "global", "local", "l1"]
        if discriminator is not None:
            terms += ["adversarial", "discriminator"]
        self.trackers = {name: keras.metrics.Mean(name=name) for name in terms}
        self.steps_done = step_counter(self)
        # The networks come built, so there is nothing to build from inputs.
        self.built = True

    def call(self, inputs, training=False):
        x, y = self._encode(inputs, training)
        return {"x": x["vector"], "y": y["vector"]}

    def compile(self, optimizer="adam", discriminator_optimizer="adam", **kwargs):
        super().compile(optimizer=optimizer, **kwargs)
        # Built here, not at the first step, so that a checkpoint restored
        # before it finds the optimizer's variables.
        self.optimizer.build(self.encoder_variables)
        if self.discriminator is not None:
            self.discriminator_optimizer = keras.optimizers.get(discriminator_optimizer)
            self.discriminator_optimizer.build(self.discriminator_variables)

    def get_compile_config(self):
        config = super().get_compile_config()
        if self.discriminator is None:
            return config
        optimizer = keras.saving.serialize_keras_object(self.discriminator_optimizer)
        return {**config, "discriminator_optimizer": optimizer}

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    @property
    def metrics(self):
        return list(self.trackers.values())

    @property
    def discriminator_variables(self):
        return trainable_variables(self.discriminator)

    @property
    def encoder_variables(self):
        """Variables that maximise Eq. 7: encoders and statistics networks."""
        return trainable_variables(
            self.encoder_x,
            self.global_network_x,
            self.local_network_x,
            self.encoder_y,
            self.global_network_y,
            self.local_network_y,
        )

    def encoder(self, representation, domain):
        """The encoder of a representation ("shared") for a domain."""
        return network_of(self, "encoder", domain)

    def train_step(self, data):
        seeds = step_seeds(self.seed, self.steps_done, count=4)
        players = {"loss": (self.optimizer, self.encoder_variables)}
        if self.discriminator is not None:
            players["discriminator"] = (
                self.discriminator_optimizer,
                self.discriminator_variables,
            )
        with tf.GradientTape(persistent=True) as tape:
            terms = self._terms(data, seeds, training=True)
            losses = {n: scaled_loss(o, terms[n]) for n, (o, _) in players.items()}
        # All gradients first: an update must not be seen by the other player's.
        gradients = {
            name: tape.gradient(losses[name], variables)
            for name, (_, variables) in players.items()
        }
        for name, (optimizer, variables) in players.items():
            optimizer.apply(gradients[name], variables)
        self.steps_done.assign_add(1)
        return self._track(terms)

    def test_step(self, data):
        seeds = step_seeds(self.seed, self.trackers["loss"].count, count=4)
        return self._track(self._terms(data, seeds, training=False))

    def _terms(self, data, seeds, training):
        x, y = self._encode(data, training)
        l1 = objectives.l1_distance(x["vector"], y["vector"])
        code_x, code_y = objectives.switch(
            add_noise(x["vector"], self.code_noise, seeds[0]),
            add_noise(y["vector"], self.code_noise, seeds[1]),
            self.switched,
        )
        information, terms = weighted_information(
            self, {"x": (x, code_x), "y": (y, code_y)}, seeds[2:]
        )
        objective = objectives.shared_objective(information, l1, self.l1_weight)
        terms |= {"loss": -objective, "l1": l1}
        if self.discriminator is not None:
            value = domain_value(self.discriminator, x["vector"], y["vector"], training)
            terms["loss"] += self.adversarial_weight * value
            terms |= {"adversarial": value, "discriminator": -value}
        return terms

    def _encode(self, data, training):
        return encode_pair(
            self.encoder_x, self.encoder_y, data["x"], data["y"], training
        )

    def _track(self, terms):
        for name, tracker in self.trackers.items():
            tracker.update_state(terms[name])
        return self.get_metrics_result()

    def get_config(self):
        names = ("encoder", "global_network", "local_network")
        return {
            **super().get_config(),
            **serialized_networks(self, names),
            "global_weight": self.global_weight,
            "local_weight": self.local_weight,
            "discriminator": keras.saving.serialize_keras_object(self.discriminator),
            "l1_weight": self.l1_weight,
            "adversarial_weight": self.adversarial_weight,
            "switched": self.switched,
            "code_noise": self.code_noise,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**deserialized_networks(config))
