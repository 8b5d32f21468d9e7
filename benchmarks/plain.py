"""The paper's objective as one would first write it: the yardstick.

Section 4.3's networks from Keras's own layers, concatenation as the text says
it, two passes of a network a term, each player's losses from passes of its
own, float32. Nothing of `tfmi`, so that nothing of it is measured by itself.
"""

import keras
import tensorflow as tf

LEARNING_RATE = 1e-3


def encoder(image_shape, size):
    """Images to a list of the feature map and the vector."""
    image = keras.Input(image_shape)
    features, maps = image, []
    side, filters = min(image_shape[:2]), 64
    while side > 4:
        features = keras.layers.Conv2D(filters, 4, strides=2, padding="same")(features)
        features = keras.layers.BatchNormalization()(features)
        features = keras.layers.LeakyReLU(0.2)(features)
        maps.append(features)
        side, filters = (side + 1) // 2, min(2 * filters, 512)
    vector = keras.layers.Dense(size)(keras.layers.Flatten()(features))
    return keras.Model(image, [maps[-1], vector])


def local_network(map_shape, size):
    """Scores of the positions of a map with a code."""
    feature_map, code = keras.Input(map_shape), keras.Input((size,))
    tiled = keras.layers.RepeatVector(map_shape[0] * map_shape[1])(code)
    tiled = keras.layers.Reshape((*map_shape[:2], size))(tiled)
    hidden = keras.layers.Concatenate()([feature_map, tiled])
    hidden = keras.layers.Conv2D(512, 1, activation="relu")(hidden)
    hidden = keras.layers.Conv2D(512, 1, activation="relu")(hidden)
    return keras.Model([feature_map, code], keras.layers.Conv2D(1, 1)(hidden))


def global_network(map_shape, size):
    """The score of a map with a code."""
    feature_map, code = keras.Input(map_shape), keras.Input((size,))
    features = keras.layers.Conv2D(64, 3, padding="same", activation="relu")(
        feature_map
    )
    features = keras.layers.Conv2D(32, 3, padding="same", activation="relu")(features)
    hidden = keras.layers.Concatenate()([keras.layers.Flatten()(features), code])
    hidden = keras.layers.Dense(512, activation="relu")(hidden)
    hidden = keras.layers.Dense(512, activation="relu")(hidden)
    return keras.Model([feature_map, code], keras.layers.Dense(1)(hidden))


def discriminator(shared_size, exclusive_size):
    """The logit of a pair (S, E)."""
    inputs = [keras.Input((shared_size,)), keras.Input((exclusive_size,))]
    hidden = keras.layers.Concatenate()(inputs)
    hidden = keras.layers.LeakyReLU(0.2)(keras.layers.Dense(512)(hidden))
    hidden = keras.layers.LeakyReLU(0.2)(keras.layers.Dense(512)(hidden))
    return keras.Model(inputs, keras.layers.Dense(1)(hidden))


def information(network, feature_map, code):
    """Eq. 2, by one pass for the joint and one for the marginal pairs."""
    joint = network([feature_map, code], training=True)
    marginal = network([feature_map, tf.roll(code, 1, axis=0)], training=True)
    return -tf.reduce_mean(tf.nn.softplus(-joint)) - tf.reduce_mean(
        tf.nn.softplus(marginal)
    )


class SharedTraining:
    """Stage 1 (Eq. 5-7): `step(batch)` of `{"x", "y"}` gives the loss."""

    def __init__(self, image_shape, shared_size=64):
        self.encoders = [encoder(image_shape, shared_size) for _ in range(2)]
        map_shape = self.encoders[0].output[0].shape[1:]
        self.globals = [global_network(map_shape, shared_size) for _ in range(2)]
        self.locals = [local_network(map_shape, shared_size) for _ in range(2)]
        self.optimizer = keras.optimizers.Adam(LEARNING_RATE)

    @tf.function
    def step(self, batch):
        networks = [*self.encoders, *self.globals, *self.locals]
        variables = [v for network in networks for v in network.trainable_variables]
        with tf.GradientTape() as tape:
            map_x, shared_x = self.encoders[0](batch["x"], training=True)
            map_y, shared_y = self.encoders[1](batch["y"], training=True)
            value = 0.5 * information(self.globals[0], map_x, shared_y)
            value += 0.5 * information(self.globals[1], map_y, shared_x)
            value += information(self.locals[0], map_x, shared_y)
            value += information(self.locals[1], map_y, shared_x)
            l1 = tf.reduce_mean(tf.abs(shared_x - shared_y))
            loss = -(value - 0.1 * l1)
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        return loss


class ExclusiveTraining:
    """Stage 2 (Eq. 8-10), around the encoders of stage 1."""

    def __init__(self, image_shape, shared, exclusive_size=8):
        self.shared_encoders = shared.encoders
        self.encoders = [encoder(image_shape, exclusive_size) for _ in range(2)]
        map_shape = self.encoders[0].output[0].shape[1:]
        shared_size = shared.encoders[0].output[1].shape[-1]
        size = shared_size + exclusive_size
        self.globals = [global_network(map_shape, size) for _ in range(2)]
        self.locals = [local_network(map_shape, size) for _ in range(2)]
        self.discriminators = [
            discriminator(shared_size, exclusive_size) for _ in range(2)
        ]
        self.optimizer = keras.optimizers.Adam(LEARNING_RATE)
        self.discriminator_optimizer = keras.optimizers.Adam(LEARNING_RATE)

    @tf.function
    def step(self, batch):
        networks = [*self.encoders, *self.globals, *self.locals]
        variables = [v for network in networks for v in network.trainable_variables]
        with tf.GradientTape() as tape:
            loss = sum(self._encoder_loss(n, batch[d]) for n, d in enumerate("xy"))
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        variables = [v for d in self.discriminators for v in d.trainable_variables]
        with tf.GradientTape() as tape:
            game = -sum(
                self._game(n, *self._codes(n, batch[d])[1:]) for n, d in enumerate("xy")
            )
        gradients = tape.gradient(game, variables)
        self.discriminator_optimizer.apply(gradients, variables)
        return loss

    def _codes(self, domain, images):
        shared = self.shared_encoders[domain](images, training=False)[1]
        feature_map, exclusive = self.encoders[domain](images, training=True)
        return feature_map, tf.stop_gradient(shared), exclusive

    def _encoder_loss(self, domain, images):
        feature_map, shared, exclusive = self._codes(domain, images)
        code = tf.concat([shared, exclusive], axis=-1)
        value = 0.5 * information(self.globals[domain], feature_map, code)
        value += information(self.locals[domain], feature_map, code)
        return -(value - 0.025 * self._game(domain, shared, exclusive))

    def _game(self, domain, shared, exclusive):
        """Eq. 9, by one pass for the joint and one for the marginal pairs."""
        network = self.discriminators[domain]
        joint = network([shared, exclusive], training=True)
        marginal = network([shared, tf.roll(exclusive, 1, axis=0)], training=True)
        return -tf.reduce_mean(tf.nn.softplus(-marginal)) - tf.reduce_mean(
            tf.nn.softplus(joint)
        )
