"""Stage 1: the shared representation, by cross mutual information (Eq. 5-7)."""

import keras
import tensorflow as tf

from tfmi import objectives


@keras.saving.register_keras_serializable(package="tfmi")
class SharedModel(keras.Model):
    """Learns S so that S_X = S_Y holds what the images of a pair share.

    Args:
        encoder_x: model from scaled images to `{"feature_map", "vector"}`.
        global_network_x: statistics network for the image x (`networks`).
        local_network_x: likewise, for the positions of its feature map.
        encoder_y, global_network_y, local_network_y: the same for y; `None`
            shares the weights of x (section 5.1).
        global_weight: alpha, `local_weight`: beta, `l1_weight`: gamma.
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
        global_weight=0.5,
        local_weight=1.0,
        l1_weight=0.1,
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
        self.global_weight = global_weight
        self.local_weight = local_weight
        self.l1_weight = l1_weight
        self.switched = switched
        self.code_noise = code_noise
        self.seed = seed
        self.trackers = {
            name: keras.metrics.Mean(name=name)
            for name in ("loss", "global", "local", "l1")
        }
        # The networks come built, so there is nothing to build from inputs.
        self.built = True

    def call(self, inputs, training=False):
        x, y = self._encode(inputs, training)
        return {"x": x["vector"], "y": y["vector"]}

    def compile(self, optimizer="adam", **kwargs):
        super().compile(optimizer=optimizer, **kwargs)
        # Built here, not at the first step, so that a checkpoint restored
        # before it finds the optimizer's variables.
        self.optimizer.build(self.trainable_variables)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))

    @property
    def metrics(self):
        return list(self.trackers.values())

    def train_step(self, data):
        seeds = step_seeds(self.seed, self.optimizer.iterations, count=4)
        with tf.GradientTape() as tape:
            terms = self._terms(data, seeds, training=True)
        gradients = tape.gradient(terms["loss"], self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
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
        global_network_y = self.global_network_y or self.global_network_x
        local_network_y = self.local_network_y or self.local_network_x
        global_x, local_x = mutual_information_terms(
            self.global_network_x, self.local_network_x, x, code_x, seeds[2]
        )
        global_y, local_y = mutual_information_terms(
            global_network_y, local_network_y, y, code_y, seeds[3]
        )
        information = objectives.weighted_mutual_information(
            [global_x, global_y],
            [local_x, local_y],
            self.global_weight,
            self.local_weight,
        )
        return {
            "loss": -objectives.shared_objective(information, l1, self.l1_weight),
            "global": global_x + global_y,
            "local": local_x + local_y,
            "l1": l1,
        }

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
            "l1_weight": self.l1_weight,
            "switched": self.switched,
            "code_noise": self.code_noise,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**deserialized_networks(config))


def step_seeds(seed, step, count):
    """`count` stateless seeds for one step: a function of the two numbers, so
    a resumed run draws what an unbroken one would have drawn.

    Returns:
        A list of `count` int32 tensors `(2,)`.
    """
    base = tf.stack([tf.cast(seed, tf.int32), tf.cast(step, tf.int32)])
    return tf.unstack(tf.random.experimental.stateless_split(base, count))


def add_noise(codes, stddev, seed):
    """Codes plus Gaussian noise; the codes themselves where `stddev` is 0."""
    if not stddev:
        return codes
    noise = tf.random.stateless_normal(tf.shape(codes), seed, dtype=codes.dtype)
    return codes + stddev * noise


def encode_pair(encoder_x, encoder_y, x, y, training):
    """Outputs of the encoders for both images; one pass where they share one."""
    if encoder_y is not None:
        return encoder_x(x, training=training), encoder_y(y, training=training)
    both = encoder_x(tf.concat([x, y], axis=0), training=training)
    halves = {name: tf.split(value, 2) for name, value in both.items()}
    return tuple({name: half[i] for name, half in halves.items()} for i in (0, 1))


def mutual_information_terms(global_network, local_network, encoded, code, seed):
    """Global and local mutual information of an image and a code (Eq. 3, 4).

    Args:
        encoded: `{"feature_map": (batch, rows, columns, channels), ...}`.
        code: `(batch, size)`, the representation that meets the image.
        seed: of the shuffle that makes the marginal samples.

    Returns:
        Two float32 scalars. The local one is averaged over the positions,
        once, by the estimator's own mean.
    """
    inputs = {
        "feature_map": encoded["feature_map"],
        "code": code,
        "marginal_code": objectives.shuffled(code, seed),
    }
    scores = global_network(inputs), local_network(inputs)
    return tuple(
        objectives.jsd_mutual_information(score["joint"], score["marginal"])
        for score in scores
    )


def serialized_networks(model, names):
    """The networks `<name>_x` and `<name>_y` of a model for `get_config`."""
    keys = [f"{name}_{domain}" for name in names for domain in ("x", "y")]
    return {
        key: keras.saving.serialize_keras_object(getattr(model, key)) for key in keys
    }


def deserialized_networks(config):
    """The inverse of `serialized_networks`, other entries left as they are."""
    return {
        key: keras.saving.deserialize_keras_object(value)
        if isinstance(value, dict) and "class_name" in value and key != "dtype"
        else value
        for key, value in config.items()
    }
