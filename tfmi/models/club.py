"""CLUB: an upper bound of what E tells of S, in a discriminator's place.

Cheng et al. (2020). A network learns q(e|s), the likelihood of E given S, and the
encoder minimises how much likelier it makes an image's own E than those of others. With
the true p(e|s) that is at least the mutual information of S and E.
"""

import math

import keras
import tensorflow as tf

from tfmi.models.dot_networks import PairScores
from tfmi.models.networks import CODE_DTYPE
from tfmi.models.networks import discriminator_inputs
from tfmi.models.networks import normalized_dense
from tfmi.models.objectives import SUM_DTYPE


def conditional_network(
    shared_size, exclusive_size, units=512, spectral_norm=False, name=None
):
    """log q(e|s) of a normal distribution of independent dimensions, whose mean and
    variance are functions of s with two hidden layers.

    The variances lie between 1/e and e, as in the authors' code: a likelihood without
    bounds would drown the other terms.

    Args:
        spectral_norm: whether the layers are `normalized_dense`.

    Returns:
        A model from `{"shared": (batch, shared_size),
        "exclusive": (batch, exclusive_size), "marginal_exclusive": likewise}` to
        log-likelihoods in nats, `{"joint": (batch, 1), "marginal": (batch - 1, batch,
        1)}`; `marginal_exclusive` is not used, as each other E of the batch is a
        sample of the marginals.
    """
    dense = normalized_dense if spectral_norm else keras.layers.Dense
    inputs = discriminator_inputs(shared_size, exclusive_size)
    features = inputs["shared"]
    for layer in range(2):
        features = dense(units, activation="relu", name=f"hidden_{layer}")(features)
    mean, log_variance = (
        keras.layers.Dense(
            exclusive_size, activation=activation, name=part, dtype=CODE_DTYPE
        )(features)
        for part, activation in (("mean", "linear"), ("log_variance", "tanh"))
    )
    scores = _log_likelihoods(inputs["exclusive"], mean, log_variance)
    return keras.Model(inputs, scores, name=name)


def _log_likelihoods(codes, mean, log_variance):
    """Of all codes of a batch under each distribution: the dot product of (e, e^2) and
    its natural parameters, less its log-partition function."""
    precision = keras.ops.exp(-log_variance)
    queries = keras.layers.Concatenate(dtype=CODE_DTYPE)(
        [mean * precision, -precision / 2]
    )
    constant = mean.shape[-1] * math.log(2 * math.pi)
    terms = keras.ops.square(mean) * precision + log_variance
    offsets = -(keras.ops.sum(terms, axis=-1, keepdims=True) + constant) / 2
    codes = keras.ops.cast(codes, CODE_DTYPE)
    keys = keras.layers.Concatenate(dtype=CODE_DTYPE)([codes, keras.ops.square(codes)])
    keys = keras.ops.expand_dims(keys, axis=1)
    joint, marginal = PairScores(name="scores", dtype=CODE_DTYPE)(
        keys, queries, offsets
    )
    return {"joint": joint, "marginal": marginal}


def upper_bound(marginal_logits, joint_logits):
    """CLUB, a float32 scalar in nats: how much likelier a code is under the
    distribution of its own S than under those of others.

    Args:
        marginal_logits, joint_logits: as of `conditional_network`, any shape.
    """
    joint = tf.reduce_mean(tf.cast(joint_logits, SUM_DTYPE))
    return joint - tf.reduce_mean(tf.cast(marginal_logits, SUM_DTYPE))


def log_likelihood(marginal_logits, joint_logits):
    """Mean log q(e|s) of the pairs, which the network maximises."""
    del marginal_logits
    return tf.reduce_mean(tf.cast(joint_logits, SUM_DTYPE))
