"""Mutual information of single pairs of images, by trained statistics networks.

Section 5.4: Equation 5 measures how much two patches have in common. Of a pair
(x, y) the joint terms are its own scores T(x, S_y) and T(y, S_x); the marginal
terms are expectations over the codes of a sample of patches (the background), as
the estimator of Eq. 2 asks:

    I(x, y) = sum of w * (j(x, S_y) - m(x) + j(y, S_x) - m(y))
    j(x, s) = mean of -softplus(-T(x, s)),  m(x) = mean of softplus(T(x, S_k))

over the global network (w is alpha) and the local one (w is beta, the means taken
over its positions too). Of networks that were trained by InfoNCE, the terms are that
estimator's: j(x, s) = mean of T(x, s), m(x) = log of the mean of exp(T(x, S_k)).
"""

import dataclasses

import numpy as np

from tfmi.errors import UsageError
from tfmi.models.concat_networks import ConcatNetwork
from tfmi.models.dot_networks import DotNetwork
from tfmi.models.preprocessing import scale_images
from tfmi.models.shared import SharedModel

# Scores that are computed at once, at most.
CALL_SCORES = 65_536


@dataclasses.dataclass(frozen=True)
class Encoded:
    """First layers of the statistics networks: lists, global and local.

    Attributes:
        maps: tensors `(images, positions, size)`.
        codes: tensors `(images, size)`.
    """

    maps: list
    codes: list


class PairInformation:
    """Eq. 5 of pairs of single images.

    Args:
        model: a trained `SharedModel` of one domain.

    Raises:
        UsageError: for another method's model, and for one of two domains or without
            statistics networks.
    """

    def __init__(self, model):
        if not isinstance(model, SharedModel):
            raise UsageError(
                "the run must be of cross-mi, whose statistics networks measure what "
                f"two images have in common. Received: a {type(model).__name__}"
            )
        if model.encoder_y is not None:
            raise UsageError(
                "the run must have one encoder for both images (one domain). "
                "Received: two"
            )
        self._encoder = model.encoder_x
        networks = {
            model.global_network_x: model.global_weight,
            model.local_network_x: model.local_weight,
        }
        networks.pop(None, None)
        if not networks:
            raise UsageError(
                "the run must have statistics networks: a --global-weight or "
                "--local-weight above 0. Received: a contrast alone"
            )
        self._networks = [_in_parts(network) for network in networks]
        self._weights = list(networks.values())
        self._joint, self._marginal = TERMS[model.estimator]

    def encode(self, images):
        """Encode raw uint8 images `(n, height, width, channels)`."""
        outputs = self._encoder(scale_images(images), training=False)
        return Encoded(
            [network.map_part(outputs["feature_map"]) for network in self._networks],
            [network.code_part(outputs["vector"]) for network in self._networks],
        )

    def information(self, first, second, background):
        """I(x, y) of each image of one set with each of another.

        Args:
            first, second, background: `Encoded`.

        Returns:
            float32 `(images of first, images of second)`, by the Jensen-Shannon
            estimator at most 0.
        """
        total = 0.0
        networks = zip(self._networks, self._weights, strict=True)
        for n, (network, weight) in enumerate(networks):
            of_first = self._joint(all_scores(network, first.maps[n], second.codes[n]))
            of_second = self._joint(all_scores(network, second.maps[n], first.codes[n]))
            marginals = [
                self._marginal(all_scores(network, images.maps[n], background.codes[n]))
                for images in (first, second)
            ]
            total = total + weight * (
                of_first + of_second.T - marginals[0][:, None] - marginals[1][None]
            )
        return total


def _in_parts(network):
    """The network; one that was saved before its kind had a class gets its class."""
    if hasattr(network, "map_part"):
        return network
    names = {layer.name for layer in network.layers}
    kind = DotNetwork if "scores" in names else ConcatNetwork
    return kind(network.input, network.output, name=network.name)


def all_scores(network, maps, codes):
    """T of each image with each code, some images at a time.

    Args:
        network: a statistics network.
        maps: its `map_part` of the images, `(images, positions, size)`.
        codes: its `code_part` of the codes, `(codes, size)`.

    Returns:
        float32 array `(images, codes, positions)`.
    """
    step = max(1, CALL_SCORES // (len(codes) * maps.shape[1]))
    parts = [
        np.asarray(network.scores(maps[start : start + step], codes), np.float32)
        for start in range(0, len(maps), step)
    ]
    return np.concatenate(parts)


def _jsd_joint(scores):
    return -np.logaddexp(0, -scores).mean(axis=-1)


def _jsd_marginal(scores):
    return np.logaddexp(0, scores).mean(axis=(1, 2))


def _info_nce_joint(scores):
    return scores.mean(axis=-1)


def _info_nce_marginal(scores):
    sums = np.logaddexp.reduce(scores, axis=1)
    return sums.mean(axis=-1) - np.log(scores.shape[1])


# `{estimator: (j of each image with each code, m of each image)}`, of `all_scores`.
TERMS = {
    "jsd": (_jsd_joint, _jsd_marginal),
    "info_nce": (_info_nce_joint, _info_nce_marginal),
}
