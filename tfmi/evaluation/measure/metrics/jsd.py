"""Dependence of two vectors by a trained critic: the paper's own estimator."""

import keras
import numpy as np
import tensorflow as tf

from tfmi.models import objectives

STEPS = 1500
BATCH = 512
UNITS = 64
# Steps between looks at the vectors kept aside, and looks that may bring nothing.
EVERY = 100
PATIENCE = 5
SHUFFLES = 4


def jsd_information(first, second, test_first, test_second, steps=STEPS, seed=0):
    """Jensen-Shannon divergence of the joint distribution of two vectors from
    the product of their marginals, estimated by maximising Eq. 2 over a critic.

    `(Eq. 2 + 2 log 2) / 2` is a lower bound of the divergence; here it is that
    of the test vectors, for the critic that was best on a tenth of the training
    vectors kept aside. A critic that finds nothing gives 0.

    Args:
        first, test_first: `(n, a)`, `(m, a)`, n at least 4, m at least 2.
        second, test_second: `(n, b)`, `(m, b)`, row by row beside the first.
        steps: of Adam (1e-3) on batches of 512, at most; fewer where 500 of them
            bring nothing.
        seed: of the critic and of what is drawn.

    Returns:
        Bits: 0 for independent vectors, 1 where one tells the other among
        infinitely many. A copy of a vector that takes c values equally often
        gives less than 1, so compare with a copy's.
    """
    train = [_standardized(v, v) for v in (first, second)]
    test = [
        _standardized(v, t) for v, t in ((first, test_first), (second, test_second))
    ]
    held = max(2, len(train[0]) // 10)
    critic = _critic(train[0].shape[1], train[1].shape[1], seed)
    _fit(critic, [v[held:] for v in train], [v[:held] for v in train], steps, seed)
    return float(_value(critic, test, seed) / np.log(2) + 2) / 2


def _standardized(reference, vectors):
    mean, deviation = np.mean(reference, axis=0), np.std(reference, axis=0)
    scaled = (vectors - mean) / np.where(deviation > 0, deviation, 1)
    return tf.constant(scaled, tf.float32)


def _critic(first_size, second_size, seed):
    """T(a, b) from both and from products of their features, 0 at the start."""
    inputs = keras.Input((first_size,)), keras.Input((second_size,))
    seeds = iter(range(seed, seed + 3))

    def dense(tensor):
        kernel = keras.initializers.GlorotUniform(next(seeds))
        return keras.layers.Dense(UNITS, "relu", kernel_initializer=kernel)(tensor)

    features = [dense(tensor) for tensor in inputs]
    features.append(keras.layers.Multiply()(features))
    hidden = dense(keras.layers.Concatenate()(features))
    score = keras.layers.Dense(1, kernel_initializer="zeros")(hidden)
    return keras.Model(inputs, score)


def _estimate(critic, first, second, seed):
    marginal = critic([first, objectives.shuffled(second, seed)])
    return objectives.jsd_mutual_information(critic([first, second]), marginal)


def _value(critic, vectors, seed):
    """Eq. 2 of vectors, over some shuffles of the second."""
    draws = [tf.constant([seed, draw]) for draw in range(SHUFFLES)]
    return tf.add_n([_estimate(critic, *vectors, draw) for draw in draws]) / SHUFFLES


def _fit(critic, train, held, steps, seed):
    """Ascend Eq. 2; leaves the weights that were best on the held vectors."""
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(critic.trainable_variables)

    def ascend(step):
        draw = tf.stack([tf.constant(seed + 1), step])
        shape, count = [min(BATCH, len(train[0]))], len(train[0])
        rows = tf.random.stateless_uniform(shape, draw, maxval=count, dtype=tf.int32)
        batch = [tf.gather(vectors, rows) for vectors in train]
        with tf.GradientTape() as tape:
            loss = -_estimate(critic, *batch, draw)
        gradients = tape.gradient(loss, critic.trainable_variables)
        optimizer.apply_gradients(
            zip(gradients, critic.trainable_variables, strict=True)
        )
        return step + 1

    # A call a look: of so small a network a call a step would cost more than the step.
    @tf.function(autograph=False)
    def ascend_until(step, end):
        tf.while_loop(lambda step: step < end, ascend, [step])
        return _value(critic, held, seed)

    best, best_step, weights = _value(critic, held, seed), 0, critic.get_weights()
    for step in range(0, steps, EVERY):
        end = min(step + EVERY, steps)
        value = ascend_until(tf.constant(step + 1), tf.constant(end + 1))
        if value > best:
            best, best_step, weights = value, end, critic.get_weights()
        if end - best_step >= PATIENCE * EVERY:
            break
    critic.set_weights(weights)
