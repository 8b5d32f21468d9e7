"""Codes of a few levels: what is too fine to be a level cannot be read."""

import keras

from tfmi.errors import UsageError


@keras.saving.register_keras_serializable(package="tfmi")
class FiniteScalarQuantization(keras.layers.Layer):
    """Rounds each dimension of a code to one of a few levels in [-1, 1].

    A continuous code of unit variance hides what its objective did not ask for
    in differences too small for a discriminator to find in time, and a probe
    that may take its time reads them. Rounded, a code of `size` dimensions
    holds at most `size * log2(levels)` bits, and each of them is large enough
    for the discriminator to see. Gradients pass as if nothing were rounded
    (Mentzer et al. 2024, "Finite scalar quantization: VQ-VAE made simple").

    Args:
        levels: of each dimension, at least 2; evenly spaced, the outermost at
            -1 and 1.

    Call arguments: `(batch, size)`, of about unit variance.

    Returns:
        The same shape and type.

    Raises:
        UsageError: for fewer levels.
    """

    def __init__(self, levels, **kwargs):
        super().__init__(**kwargs)
        if levels < 2:
            raise UsageError(f"levels must be >= 2. Received: {levels}")
        self.levels = levels

    def call(self, codes):
        half = (self.levels - 1) / 2
        bounded = half * keras.ops.tanh(codes)
        # An even number of levels has none at zero.
        offset = 0.5 if self.levels % 2 == 0 else 0.0
        rounded = keras.ops.round(bounded - offset) + offset
        rounded = keras.ops.clip(rounded, -half, half)
        straight_through = bounded + keras.ops.stop_gradient(rounded - bounded)
        return straight_through / half

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "levels": self.levels}
