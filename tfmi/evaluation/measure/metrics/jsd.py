"""Dependence of two vectors by a trained critic: the paper's own estimator."""

import functools

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
    sizes = train[0].shape[1], train[1].shape[1]
    estimator = _estimator(*sizes)
    estimator.begin(_critic(*sizes, seed).get_weights())
    _fit(estimator, [v[held:] for v in train], [v[:held] for v in train], steps, seed)
    return float(estimator.value(*test, seed) / np.log(2) + 2) / 2


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


@functools.lru_cache(maxsize=4)
def _estimator(first_size, second_size):
    """The estimator for vectors of two sizes; to trace one takes as long as some
    hundred steps of it."""
    return _Estimator(first_size, second_size)


class _Estimator:
    """A critic, its optimizer, and the programs that train and read it, which are
    traced once for all vectors of two sizes."""

    def __init__(self, first_size, second_size):
        self.critic = _critic(first_size, second_size, seed=0)
        self._optimizer = keras.optimizers.Adam(1e-3)
        self._optimizer.build(self.critic.trainable_variables)
        self._beginning = [v.numpy() for v in self._optimizer.variables]
        vectors = [tf.TensorSpec([None, size]) for size in (first_size, second_size)]
        number = tf.TensorSpec([], tf.int32)

        def program(function, *signature):
            return tf.function(function, [*vectors, *signature], autograph=False)

        self.value = program(self._value, number)
        self.ascend = program(self._ascend, number, number, number)

    def begin(self, weights):
        """Take a critic's weights, and an optimizer without a past."""
        self.critic.set_weights(weights)
        for variable, value in zip(
            self._optimizer.variables, self._beginning, strict=True
        ):
            variable.assign(value)

    def _value(self, first, second, seed):
        """Eq. 2 of vectors, over some shuffles of the second."""
        draws = [tf.stack([seed, draw]) for draw in range(SHUFFLES)]
        return tf.add_n([self._estimate(first, second, d) for d in draws]) / SHUFFLES

    def _ascend(self, first, second, begin, end, seed):
        """Steps of Adam up Eq. 2, those with numbers from `begin` to below `end`; a
        call a step would cost more than the step."""
        count = tf.shape(first)[0]

        def ascend(step):
            draw, shape = tf.stack([seed + 1, step]), [tf.minimum(BATCH, count)]
            rows = tf.random.stateless_uniform(shape, draw, 0, count, tf.int32)
            batch = [tf.gather(vectors, rows) for vectors in (first, second)]
            with tf.GradientTape() as tape:
                loss = -self._estimate(*batch, draw)
            variables = self.critic.trainable_variables
            gradients = tape.gradient(loss, variables)
            self._optimizer.apply_gradients(zip(gradients, variables, strict=True))
            return step + 1

        tf.while_loop(lambda step: step < end, ascend, [begin])

    def _estimate(self, first, second, seed):
        marginal = self.critic([first, objectives.shuffled(second, seed)])
        joint = self.critic([first, second])
        return objectives.jsd_mutual_information(joint, marginal)


def _fit(estimator, train, held, steps, seed):
    """Ascend Eq. 2; leaves the weights that were best on the held vectors."""
    critic, best_step = estimator.critic, 0
    best, weights = estimator.value(*held, seed), critic.get_weights()
    for step in range(0, steps, EVERY):
        end = min(step + EVERY, steps)
        estimator.ascend(*train, step + 1, end + 1, seed)
        value = estimator.value(*held, seed)
        if value > best:
            best, best_step, weights = value, end, critic.get_weights()
        if end - best_step >= PATIENCE * EVERY:
            break
    critic.set_weights(weights)
