"""Trained statistics networks in two parts: one an image, one a code.

Their first layers see the feature map and the code apart (`networks`,
`dot_critic`), so many images can be scored with many codes at the cost of the
first layers once an image and the rest once a pair.
"""

import keras
import numpy as np

from tfmi.errors import UsageError

# Scores of one call of the layers after the first, at most.
CALL_SCORES = 65_536


class Critic:
    """A statistics network T(x, s), for scores of all pairs.

    Args:
        network: a model that `networks` or `dot_critic` made.

    Raises:
        UsageError: for a network of another kind.
    """

    def __init__(self, network):
        names = {layer.name for layer in network.layers}
        if "scores" in names:
            maps, queries, offsets = network.get_layer("scores").input
            # A name of its own: a loaded network keeps the names of the process
            # that made it, with which one counted from here may clash.
            join = keras.layers.Concatenate(name="queries_and_offsets")
            codes = join([queries, offsets])
            self._pairs = _dot_products
        elif {"map_part", "code_part", "hidden", "score"} <= names:
            maps = network.get_layer("map_part").output
            codes = network.get_layer("code_part")(network.input["code"])
            self._pairs = _Concatenated(network)
        else:
            raise UsageError(
                "a statistics network must be of networks or of dot_critic. "
                f"Received: layers {', '.join(sorted(names))}"
            )
        self._of_maps = keras.Model(network.input["feature_map"], maps)
        self._of_codes = keras.Model(network.input["code"], codes)

    def maps(self, feature_maps):
        """First layers of images: `(images, positions, units)`."""
        parts = np.asarray(self._of_maps(feature_maps, training=False), np.float32)
        return parts.reshape(len(feature_maps), -1, parts.shape[-1])

    def codes(self, codes):
        """First layers of codes: `(codes, units)`."""
        return np.asarray(self._of_codes(codes, training=False), np.float32)

    def scores(self, maps, codes):
        """T of each image with each code: `(images, codes, positions)`."""
        return self._pairs(maps, codes)


def _dot_products(maps, codes):
    images, positions, size = maps.shape
    queries, offsets = codes[:, :-1], codes[:, -1]
    scores = maps.reshape(-1, size) @ queries.T + offsets
    return scores.reshape(images, positions, -1).swapaxes(1, 2)


class _Concatenated:
    """The layers of a concatenating network after its first."""

    def __init__(self, network):
        self._weights = [
            [np.asarray(w) for w in network.get_layer(name).get_weights()]
            for name in ("hidden", "score")
        ]

    def __call__(self, maps, codes):
        images, positions, units = maps.shape
        scores = np.empty((images, len(codes), positions), np.float32)
        step = max(1, CALL_SCORES // (len(codes) * positions))
        for start in range(0, images, step):
            part = maps[start : start + step]
            hidden = part[:, None] + codes[None, :, None]
            hidden = hidden.reshape(-1, units)
            for kernel, bias in self._weights:
                # A 1x1 convolution is a matrix; the last layer is linear.
                hidden = np.maximum(hidden, 0) @ kernel.reshape(-1, kernel.shape[-1])
                hidden += bias
            scores[start : start + step] = hidden.reshape(len(part), len(codes), -1)
        return scores
