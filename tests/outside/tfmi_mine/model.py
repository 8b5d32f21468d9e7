"""The Keras model of the method."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfmi_mine")
class PullModel(keras.Model):
    """An encoder whose codes of a pair are near each other."""

    def __init__(self, image_shape, size, pull, **kwargs):
        super().__init__(**kwargs)
        self.image_shape, self.size, self.pull = tuple(image_shape), size, pull
        image = keras.Input(image_shape, name="image")
        features = keras.layers.Conv2D(4, 3, strides=2, activation="relu")(image)
        vector = keras.layers.Dense(size)(keras.layers.Flatten()(features))
        self.network = keras.Model(image, {"vector": vector})
        self.steps_done = self.add_weight(
            shape=(), dtype="int64", initializer="zeros", trainable=False
        )
        self.tracker = keras.metrics.Mean(name="loss")
        self.built = True

    def encoder(self, representation, domain):
        return self.network

    def call(self, images):
        return self.network(images)["vector"]

    def compile(self, **kwargs):
        super().compile(**kwargs)
        self.optimizer.build(self.network.trainable_variables)

    @property
    def metrics(self):
        return [self.tracker]

    def train_step(self, data):
        with tf.GradientTape() as tape:
            x, y = (self.network(data[d], training=True)["vector"] for d in "xy")
            distance = tf.reduce_mean(tf.abs(x - y))
            loss = self.pull * distance - tf.tanh(tf.math.reduce_std(x))
        variables = self.network.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        self.steps_done.assign_add(1)
        self.tracker.update_state(loss)
        return self.get_metrics_result()

    def get_config(self):
        own = {"image_shape": self.image_shape, "size": self.size, "pull": self.pull}
        return {**super().get_config(), **own}
