"""The paper's objectives, one pure function an equation.

Everything is computed in float32 whatever the precision of the networks, and
everything that is called a mutual information is to be *maximised*.
Equation numbers are those of Sanchez, Serrurier, Ortner (2019).
"""

import tensorflow as tf

# Of scores and codes where they are summed up, whatever their own precision.
SUM_DTYPE = tf.float32


def jsd_mutual_information(joint_scores, marginal_scores):
    """Jensen-Shannon estimate of the mutual information (Eq. 2).

    Args:
        joint_scores: statistics network outputs T(x, z) on samples of the
            joint distribution p(x, z), any shape.
        marginal_scores: outputs on samples of p(x)p(z), any shape.

    Returns:
        A float32 scalar, at most 0. With D_JS in nats its supremum over T is
        `2 * D_JS(p(x, z) || p(x)p(z)) - 2 * log(2)`.
    """
    joint = tf.cast(joint_scores, SUM_DTYPE)
    marginal = tf.cast(marginal_scores, SUM_DTYPE)
    return -tf.reduce_mean(tf.nn.softplus(-joint)) - tf.reduce_mean(
        tf.nn.softplus(marginal)
    )


def weighted_mutual_information(global_terms, local_terms, global_weight, local_weight):
    """Sum of the global and local terms of every domain (Eq. 5 and Eq. 8).

    Which representation meets which image (switched in Eq. 5, the image's own
    in Eq. 8) is decided by `switch` before the statistics networks run.

    Args:
        global_terms: one scalar a domain (Eq. 3).
        local_terms: one scalar a domain (Eq. 4).
        global_weight: alpha.
        local_weight: beta.
    """
    return global_weight * tf.add_n(global_terms) + local_weight * tf.add_n(local_terms)


def switch(shared_x, shared_y, switched=True):
    """The codes that meet the images x and y in Eq. 5.

    Returns:
        `(shared_y, shared_x)`: cross mutual information, or, with
        `switched=False`, `(shared_x, shared_y)`: the "non-SSR" row of
        Tables 6 and 7.
    """
    return (shared_y, shared_x) if switched else (shared_x, shared_y)


def l1_distance(shared_x, shared_y, reduction="sum"):
    """Mean over the batch of the L1 norm of S_X - S_Y (Eq. 6).

    Args:
        shared_x: `(batch, size)`.
        shared_y: `(batch, size)`.
        reduction: over the dimensions, "sum" (the norm) or "mean", which makes gamma
            weigh each dimension `size` times less. The paper leaves it open.

    Returns:
        A float32 scalar, averaged over the batch.
    """
    difference = tf.cast(shared_x, SUM_DTYPE) - tf.cast(shared_y, SUM_DTYPE)
    if reduction == "mean":
        return tf.reduce_mean(tf.abs(difference))
    return tf.reduce_mean(tf.reduce_sum(tf.abs(difference), axis=-1))


def shared_objective(mutual_information, l1, l1_weight):
    """The shared stage's objective, to be maximised (Eq. 7)."""
    return mutual_information - l1_weight * l1


def adversarial_value(marginal_logits, joint_logits):
    """Value of the discriminator's game (Eq. 9), at most 0.

    The discriminator calls samples of p(s)p(e) real and of p(s, e) fake, and
    maximises this value: Eq. 2 with the two distributions in each other's place.
    At its optimum the value is `2 * D_JS(p(s, e) || p(s)p(e)) - 2 * log(2)`, so
    an encoder that minimises it minimises the divergence. `log D` and
    `log(1 - D)` are taken from the logits, so no sigmoid can saturate to a NaN.

    Args:
        marginal_logits: discriminator logits on p(s)p(e), any shape.
        joint_logits: discriminator logits on p(s, e), any shape.
    """
    return jsd_mutual_information(
        joint_scores=marginal_logits, marginal_scores=joint_logits
    )


def non_saturating_loss(marginal_logits, joint_logits):
    """The encoder's side of Eq. 9 with swapped labels (Goodfellow et al., 2014).

    `-log D` on the joint samples and `-log(1 - D)` on the marginal ones: the
    same fixed point as `adversarial_value`, with a gradient that grows rather
    than vanishes where the discriminator is sure of itself.
    """
    return -adversarial_value(
        marginal_logits=joint_logits, joint_logits=marginal_logits
    )


def exclusive_objective(mutual_information, adversarial_terms, adversarial_weight):
    """The exclusive stage's objective, to be maximised (Eq. 10).

    Args:
        mutual_information: scalar (Eq. 8).
        adversarial_terms: one scalar a domain, what the encoder minimises.
        adversarial_weight: lambda_adv.
    """
    return mutual_information - adversarial_weight * tf.add_n(adversarial_terms)


def random_derangement(batch_size, seed):
    """A random permutation without a fixed point.

    A random cyclic order of the whole batch: each index is sent to its
    successor, so no sample keeps its own partner, and each other sample is
    equally likely.

    Args:
        batch_size: int or scalar tensor, at least 2.
        seed: int tensor of shape `(2,)`; the same seed gives the same
            permutation (another one under XLA).

    Returns:
        int32 tensor of shape `(batch_size,)`.
    """
    # argsort of uniform draws, as XLA cannot compile a stateless shuffle.
    keys = tf.random.stateless_uniform(tf.reshape(batch_size, [1]), seed=seed)
    order = tf.argsort(keys)
    successor = tf.roll(order, shift=-1, axis=0)
    return tf.scatter_nd(order[:, None], successor, tf.shape(order))


def shuffled(codes, seed):
    """Codes of other samples: with the rest of the batch left as it is, a
    sample of the product of the marginals.

    Args:
        codes: `(batch, size)`, batch at least 2.
        seed: int tensor of shape `(2,)`.
    """
    return tf.gather(codes, random_derangement(tf.shape(codes)[0], seed))
