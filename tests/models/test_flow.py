"""A conditional flow: its likelihood by the change of variables, on known channels."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmi.models.flow import conditional_flow


def shaken(network, scale=0.3, seed=0):
    """The network with random weights: a new one changes nothing but the order."""
    generator = np.random.default_rng(seed)
    for weight in network.weights:
        weight.assign(generator.normal(scale=scale, size=weight.shape))
    return network


def codes(condition_size, size, count=6, seed=1):
    generator = np.random.default_rng(seed)
    condition = generator.normal(size=(count, condition_size)).astype("f")
    code = generator.normal(size=(count, size)).astype("f")
    return {"condition": tf.constant(condition), "code": tf.constant(code)}


@pytest.mark.parametrize("size", [1, 2, 5])
def test_likelihood_by_the_change_of_variables(size):
    """That of the normal code and the logarithm of the determinant."""
    network, inputs = shaken(conditional_flow(3, size, 4)), codes(3, size)
    with tf.GradientTape() as tape:
        tape.watch(inputs["code"])
        outputs = network(inputs)
    jacobian = tape.batch_jacobian(outputs["code"], inputs["code"]).numpy()
    sign, log_determinant = np.linalg.slogdet(jacobian)
    squares = np.square(outputs["code"]).sum(-1)
    expected = log_determinant - (squares + size * np.log(2 * np.pi)) / 2
    assert np.all(sign != 0) and np.ptp(log_determinant) > 0.01
    given = outputs["log_likelihood"]
    np.testing.assert_allclose(given, expected[:, None], rtol=1e-4, atol=1e-4)


def test_a_new_flow_keeps_every_number_in_another_order():
    network, inputs = conditional_flow(3, 5, 4), codes(3, 5)
    code = np.asarray(network(inputs)["code"])
    np.testing.assert_allclose(np.sort(code), np.sort(inputs["code"]), rtol=1e-6)
    # The order is the same in every run: an export and a resumed run need it.
    np.testing.assert_array_equal(code, conditional_flow(3, 5, 4)(inputs)["code"])


@pytest.mark.parametrize("couplings", [1, 3])
def test_couplings_are_as_many_as_asked_for(couplings):
    network = conditional_flow(3, 4, 4, couplings)
    assert len(network.trainable_variables) == 6 * (couplings + 1)


def dependent_pairs(count, seed):
    """Codes whose first number the condition shifts, whose second it scales, and whose
    third is bent by both; what was drawn, and the mean of the true log-likelihood."""
    generator = np.random.default_rng(seed)
    condition = generator.normal(size=(count, 2)).astype("f")
    own = generator.normal(size=(count, 3)).astype("f")
    log_scale = 0.7 * np.tanh(condition[:, 1])
    code = np.stack(
        [
            own[:, 0] + 2 * condition[:, 0],
            own[:, 1] * np.exp(log_scale),
            own[:, 2] + np.sin(own[:, 0] + condition[:, 0]),
        ],
        axis=1,
    )
    truth = -(np.square(own).sum(-1) + 3 * np.log(2 * np.pi)) / 2 - log_scale
    return {"condition": condition, "code": code.astype("f")}, own, truth.mean()


@pytest.mark.any_versions
def test_a_trained_flow_knows_the_likelihood_and_forgets_the_condition():
    keras.utils.set_random_seed(0)
    network = conditional_flow(2, 3, 32)
    optimizer = keras.optimizers.Adam(3e-3)

    @tf.function(reduce_retracing=True)
    def step(inputs):
        with tf.GradientTape() as tape:
            loss = -tf.reduce_mean(network(inputs)["log_likelihood"])
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)

    for seed in range(600):
        inputs, *_ = dependent_pairs(256, seed)
        step({name: tf.constant(value) for name, value in inputs.items()})
    inputs, own, truth = dependent_pairs(4000, 10**6)
    outputs = {name: np.asarray(value) for name, value in network(inputs).items()}
    assert truth - 0.1 < outputs["log_likelihood"].mean() < truth + 0.02
    condition, given, code = inputs["condition"], inputs["code"], outputs["code"]

    def dependence(code):
        """The greatest correlation of a number, or of its size, with the condition."""
        values = np.hstack([code, np.abs(code)])
        table = np.corrcoef(values, np.hstack([condition, np.abs(condition)]), rowvar=0)
        return np.abs(table[:6, 6:]).max()

    assert dependence(given) > 0.8 and dependence(code) < 0.15

    def explained(code):
        """How much of what was drawn a linear map of a code alone finds."""
        code = np.hstack([code, np.ones((len(code), 1))])
        fitted = code @ np.linalg.lstsq(code, own[:, 0], rcond=None)[0]
        return np.corrcoef(fitted, own[:, 0])[0, 1]

    # What is the code's own stays, and shows where the condition hid it.
    assert explained(code) > 0.9 > 0.7 > explained(given)
