"""Mutual information of single pairs of images, by trained statistics networks.

Section 5.4: Equation 5 measures how much two patches have in common. Of a pair
(x, y) the joint terms are its own scores T(x, S_y) and T(y, S_x); the marginal
terms are expectations over the codes of a sample of patches (the background), as
the estimator of Eq. 2 asks:

    I(x, y) = sum of w * (j(x, S_y) - m(x) + j(y, S_x) - m(y))
    j(x, s) = mean of -softplus(-T(x, s)),  m(x) = mean of softplus(T(x, S_k))

over the global network (w is alpha) and the local one (w is beta, the means taken
over its positions too).
"""

import dataclasses

import numpy as np

from tfmi.errors import UsageError
from tfmi.maps.critics import Critic
from tfmi.models.preprocessing import scale_images


@dataclasses.dataclass(frozen=True)
class Encoded:
    """First layers of the two statistics networks: lists, global and local.

    Attributes:
        maps: arrays `(images, positions, units)`.
        codes: arrays `(images, units)`.
    """

    maps: list
    codes: list


class PairInformation:
    """Eq. 5 of pairs of single images.

    Args:
        model: a trained `SharedModel` of one domain.

    Raises:
        UsageError: for a model of two domains.
    """

    def __init__(self, model):
        if model.encoder_y is not None:
            raise UsageError(
                "the run must have one encoder for both images (one domain). "
                "Received: two"
            )
        self._encoder = model.encoder_x
        self._critics = [Critic(model.global_network_x), Critic(model.local_network_x)]
        self._weights = model.global_weight, model.local_weight

    def encode(self, images):
        """Encode raw uint8 images `(n, height, width, channels)`."""
        outputs = self._encoder(scale_images(images), training=False)
        return Encoded(
            [critic.maps(outputs["feature_map"]) for critic in self._critics],
            [critic.codes(outputs["vector"]) for critic in self._critics],
        )

    def information(self, first, second, background):
        """I(x, y) of each image of one set with each of another.

        Args:
            first, second, background: `Encoded`.

        Returns:
            float32 `(images of first, images of second)`, at most 0.
        """
        total = 0.0
        for n, (critic, weight) in enumerate(
            zip(self._critics, self._weights, strict=True)
        ):
            there = _joint(critic.scores(first.maps[n], second.codes[n]))
            back = _joint(critic.scores(second.maps[n], first.codes[n]))
            marginal = [
                _marginal(critic.scores(images.maps[n], background.codes[n]))
                for images in (first, second)
            ]
            total = total + weight * (
                there + back.T - marginal[0][:, None] - marginal[1][None]
            )
        return total


def _joint(scores):
    return -np.logaddexp(0, -scores).mean(axis=-1)


def _marginal(scores):
    return np.logaddexp(0, scores).mean(axis=(1, 2))
