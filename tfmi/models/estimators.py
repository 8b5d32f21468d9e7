"""What a statistics network's scores say of mutual information, by its name."""

import tensorflow as tf

from tfmi.errors import UsageError
from tfmi.models import objectives
from tfmi.models.contrastive import info_nce
from tfmi.models.dot_networks import pair_matrix


def _info_nce(joint, marginal):
    """At each position the negatives are the other codes and the other images."""
    return info_nce(tf.transpose(pair_matrix(joint, marginal), [2, 0, 1]))


ESTIMATORS = {"jsd": objectives.jsd_mutual_information, "info_nce": _info_nce}


def find(name, *networks):
    """The estimator of that name: a function of the scores `joint` and `marginal` of a
    statistics network that gives a float32 scalar to be maximised.

    Args:
        networks: statistics networks whose scores it is to take, `None` of none.

    Raises:
        UsageError: for an unknown name, and for InfoNCE of networks that do not score
            all pairs of a batch.
    """
    if name not in ESTIMATORS:
        raise UsageError(
            f"estimator must be one of {', '.join(ESTIMATORS)}. Received: {name}"
        )
    for network in networks if name == "info_nce" else ():
        if network is not None and not _scores_all_pairs(network):
            raise UsageError(
                "with the estimator info_nce, statistics networks must score all pairs "
                f"of a batch (dot). Received: {type(network).__name__} {network.name}"
            )
    return ESTIMATORS[name]


def _scores_all_pairs(network):
    joint, marginal = (network.output[name].shape for name in ("joint", "marginal"))
    return len(marginal) == len(joint) + 1
