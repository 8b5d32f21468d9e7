"""A conditional normalising flow: an invertible map of a code that is given another.

Affine couplings after Dinh et al. (2017), whose shifts and scales depend on the
condition as well.
"""

import math

import keras
import numpy as np

from tfmi.models.networks import CODE_DTYPE

# Of the logarithm of a scale: one step of the flow stretches by e^2 at most.
LARGEST_LOG_SCALE = 2.0


@keras.saving.register_keras_serializable(package="tfmi")
class Reordering(keras.layers.Layer):
    """The dimensions of a code in another order.

    Args:
        order: list of the indices of the input's last axis.
    """

    def __init__(self, order, **kwargs):
        super().__init__(**kwargs)
        self.order = [int(index) for index in order]

    def call(self, inputs):
        return keras.ops.take(inputs, self.order, axis=-1)

    def get_config(self):
        return {**super().get_config(), "order": self.order}


def conditional_flow(condition_size, size, units=512, couplings=10, name=None):
    """A map from codes to others of the same length, that is invertible for each
    condition. It begins as a change of the order alone.

    Args:
        condition_size: length of the condition.
        size: length of the code.
        units: width of the networks, of one hidden layer, that give shifts and scales.
        couplings: number of times that half of the code is moved by the other half; a
            single number is moved by the condition alone.

    Returns:
        A model from `{"condition": (batch, condition_size), "code": (batch, size)}` to
        `{"code": (batch, size), "log_likelihood": (batch, 1)}`, the latter of the code
        that it is given, in nats, if the one that it gives is normal. All of it is
        float32: what rounding hides stays in the code.
    """
    condition = keras.Input((condition_size,), name="condition", dtype=CODE_DTYPE)
    given = keras.Input((size,), name="code", dtype=CODE_DTYPE)
    # The orders are the architecture's: the same in every run.
    orders, kept = np.random.default_rng(0), size // 2
    code, stretched = _affine(given, condition, units, "affine")
    for number in range(couplings if kept else 0):
        code = Reordering(orders.permutation(size), name=f"order_{number}")(code)
        first, second = code[:, :kept], code[:, kept:]
        seen = keras.layers.Concatenate(dtype=CODE_DTYPE)([first, condition])
        second, log_scale = _affine(second, seen, units, f"coupling_{number}")
        code = keras.layers.Concatenate(dtype=CODE_DTYPE)([first, second])
        stretched = stretched + log_scale
    squares = keras.ops.sum(keras.ops.square(code), axis=-1, keepdims=True)
    likelihood = -(squares + size * math.log(2 * math.pi)) / 2 - stretched
    outputs = {"code": code, "log_likelihood": likelihood}
    return keras.Model({"condition": condition, "code": given}, outputs, name=name)


def _affine(code, condition, units, name):
    """A code less a shift and over a scale that depend on a condition; also the sum of
    the scales' logarithms."""
    hidden = keras.layers.Dense(
        units, activation="relu", name=f"{name}_hidden", dtype=CODE_DTYPE
    )(condition)
    shift, log_scale = (
        keras.layers.Dense(
            code.shape[-1],
            kernel_initializer="zeros",
            name=f"{name}_{part}",
            dtype=CODE_DTYPE,
        )(hidden)
        for part in ("shift", "log_scale")
    )
    log_scale = LARGEST_LOG_SCALE * keras.ops.tanh(log_scale / LARGEST_LOG_SCALE)
    total = keras.ops.sum(log_scale, axis=-1, keepdims=True)
    return (code - shift) * keras.ops.exp(-log_scale), total
