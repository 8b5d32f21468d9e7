"""Layers and an optimizer that do what Keras's do in fewer passes over memory.

Keras composes both of small operations. On maps and weights of this size those
passes, not the arithmetic, are what they cost.
"""

import keras
import tensorflow as tf

# Of batch statistics. With the 0.99 or 0.999 that Keras and architectures have, those
# of a hundred steps are still near where they began, behind weights that change; what
# that does to one layer's scale goes through all that follow, and outside of training
# an encoder gives other vectors than the statistics networks have met.
MOMENTUM = 0.9


@keras.saving.register_keras_serializable(package="tfmi")
class MapNormalization(keras.layers.BatchNormalization):
    """Batch normalisation of a feature map in one kernel.

    The same function, moving averages and variables as Keras's. In half
    precision the map is read and written as it is, while the statistics, the
    scale and the offset are float32.

    Args:
        momentum: of the moving averages.
        kwargs: of Keras's layer.

    Call arguments: `inputs`, `(batch, rows, columns, channels)`.
    """

    def __init__(self, momentum=MOMENTUM, **kwargs):
        super().__init__(momentum=momentum, **kwargs)

    def call(self, inputs, training=None):
        own = bool(training) and self.trainable
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.cast(self.gamma, tf.float32),
            offset=tf.cast(self.beta, tf.float32),
            mean=_none() if own else tf.cast(self.moving_mean, tf.float32),
            variance=_none() if own else tf.cast(self.moving_variance, tf.float32),
            epsilon=self.epsilon,
            is_training=own,
        )
        if own:
            # The kernel gives the unbiased variance, Keras keeps the biased.
            count = tf.cast(tf.reduce_prod(tf.shape(inputs)[:-1]), tf.float32)
            self._move(self.moving_mean, mean)
            self._move(self.moving_variance, variance * (count - 1) / count)
        return outputs

    def _move(self, average, value):
        average.assign(average * self.momentum + value * (1.0 - self.momentum))


@keras.saving.register_keras_serializable(package="tfmi")
class SeededDropout(keras.layers.Layer):
    """Dropout that draws by a seed it is given and has no state: Keras's own draws by
    a count that is not in a saved model, so a resumed run would draw otherwise.

    Args:
        rate: the fraction of values that becomes 0 in training.

    Call arguments: `inputs`, of any shape; `seed`, int32 `(2,)`.
    """

    def __init__(self, rate, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate

    def call(self, inputs, seed, training=None):
        if not training:
            return inputs
        places = tf.random.stateless_uniform(tf.shape(inputs), seed)
        scaled = inputs / tf.cast(1.0 - self.rate, inputs.dtype)
        return tf.where(places < self.rate, tf.zeros_like(inputs), scaled)

    def compute_output_shape(self, inputs_shape, seed_shape):
        return inputs_shape

    def compute_output_spec(self, inputs, seed, training=None):
        return keras.KerasTensor(inputs.shape, inputs.dtype)

    def get_config(self):
        return {**super().get_config(), "rate": self.rate}


def _none():
    return tf.constant([], tf.float32)


@keras.saving.register_keras_serializable(package="tfmi")
class FusedAdam(keras.optimizers.Adam):
    """Adam with one kernel a variable in place of fourteen."""

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        kind = variable.dtype
        step = tf.cast(self.iterations + 1, kind)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.cast(self.beta_1, kind) ** step,
            beta2_power=tf.cast(self.beta_2, kind) ** step,
            lr=tf.cast(learning_rate, kind),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, kind),
        )
