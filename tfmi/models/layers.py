"""Layers and an optimizer that do what Keras's do in fewer passes over memory.

Keras composes both of small operations. On maps and weights of this size those
passes, not the arithmetic, are what they cost.
"""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfmi")
class MapNormalization(keras.layers.BatchNormalization):
    """Batch normalisation of a feature map in one kernel.

    The same function, moving averages and variables as Keras's. In half
    precision the map is read and written as it is, while the statistics, the
    scale and the offset are float32.

    Call arguments: `inputs`, `(batch, rows, columns, channels)`.
    """

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
