"""Each objective against numpy, and the estimator against known divergences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmi.models import objectives

RHOS = (0.0, 0.5, 0.9)


def softplus(values):
    return np.logaddexp(0.0, np.asarray(values, np.float64))


def log_ratio(x, z, rho):
    """log p(x, z) / p(x)p(z) of standard Gaussians of correlation rho."""
    rest = 1 - rho**2
    quadratic = rho**2 * (x**2 + z**2) - 2 * rho * x * z
    return -0.5 * np.log(rest) - quadratic / (2 * rest)


def integrated_optimum(rho):
    """2 D_JS - 2 log 2, the divergence from entropies on a grid."""
    axis = np.linspace(-7, 7, 1401)
    x, z = np.meshgrid(axis, axis)
    cell = (axis[1] - axis[0]) ** 2
    product = np.exp(-(x**2 + z**2) / 2) / (2 * np.pi)
    joint = product * np.exp(log_ratio(x, z, rho))

    def entropy(density):
        return -cell * np.sum(density * np.log(np.maximum(density, 1e-300)))

    mixture = entropy((joint + product) / 2)
    divergence = mixture - entropy(joint) / 2 - entropy(product) / 2
    return 2 * divergence - 2 * np.log(2)


def gaussian_pairs(rho, count, generator):
    x, noise = generator.normal(size=(2, count))
    return x, rho * x + np.sqrt(1 - rho**2) * noise


def logits(shape=(5, 3, 2, 1)):
    return np.random.default_rng(1).normal(scale=3, size=(2, *shape)).astype("f")


def test_jsd_is_the_softplus_form_of_equation_2():
    joint, marginal = logits()
    expected = -softplus(-joint).mean() - softplus(marginal).mean()
    result = objectives.jsd_mutual_information(joint, marginal)
    assert result.dtype == tf.float32
    np.testing.assert_allclose(result, expected, rtol=1e-6)


def test_jsd_takes_other_numbers_of_marginal_than_of_joint_samples():
    joint, marginal = np.ones((4, 1), "f"), np.zeros((1, 3, 4), "f")
    expected = -softplus(-1) - softplus(0)
    result = objectives.jsd_mutual_information(joint, marginal)
    np.testing.assert_allclose(result, expected, rtol=1e-6)


@pytest.mark.parametrize("rho", RHOS)
def test_optimal_critic_reaches_the_integrated_divergence(rho):
    generator = np.random.default_rng(0)
    x, z = gaussian_pairs(rho, 200_000, generator)
    joint = log_ratio(x, z, rho)
    marginal = log_ratio(x, generator.permutation(z), rho)
    result = objectives.jsd_mutual_information(joint, marginal)
    np.testing.assert_allclose(result, integrated_optimum(rho), atol=0.01)


def test_integrated_divergence_is_ranked_and_starts_at_independence():
    values = [integrated_optimum(rho) for rho in RHOS]
    assert values == sorted(values)
    np.testing.assert_allclose(values[0], -2 * np.log(2), atol=1e-6)
    assert values[2] - values[1] > 0.1


def test_trained_critic_ranks_the_correlations():
    estimates = [train_critic(rho) for rho in RHOS]
    assert estimates[1] > estimates[0] + 0.03
    assert estimates[2] > estimates[1] + 0.1
    optimum = [integrated_optimum(rho) for rho in RHOS]
    np.testing.assert_allclose(estimates, optimum, atol=0.08)


def train_critic(rho, steps=150, count=1024):
    """The estimate on new samples after a short training."""
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense
    critic = keras.Sequential(
        [keras.Input((2,)), dense(32, "relu"), dense(32, "relu"), dense(1)]
    )
    optimizer = keras.optimizers.Adam(1e-2)

    def estimate(count):
        x, noise = tf.random.normal([count, 1]), tf.random.normal([count, 1])
        z = rho * x + (1 - rho**2) ** 0.5 * noise
        other = tf.random.shuffle(z)
        joint, marginal = (critic(tf.concat([x, v], 1)) for v in (z, other))
        return objectives.jsd_mutual_information(joint, marginal)

    @tf.function
    def train_step():
        with tf.GradientTape() as tape:
            loss = -estimate(count)
        gradients = tape.gradient(loss, critic.trainable_variables)
        optimizer.apply(gradients, critic.trainable_variables)

    optimizer.build(critic.trainable_variables)
    for _ in range(steps):
        train_step()
    return float(estimate(50_000))


def test_jsd_is_not_donsker_varadhan():
    joint, marginal = logits()
    value = float(objectives.jsd_mutual_information(joint, marginal))
    donsker_varadhan = joint.mean() - np.log(np.exp(marginal).mean())
    assert abs(value - donsker_varadhan) > 0.1
    # Donsker-Varadhan is 0 for a constant critic and blind to an offset.
    zeros = np.zeros(4)
    for offset in (0.0, 2.0):
        result = objectives.jsd_mutual_information(zeros + offset, zeros + offset)
        expected = -softplus(-offset) - softplus(offset)
        np.testing.assert_allclose(result, expected, rtol=1e-6)


FUNCTIONS = (
    objectives.jsd_mutual_information,
    objectives.adversarial_value,
    objectives.non_saturating_loss,
)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("sign", (-1.0, 1.0))
def test_extreme_logits_give_finite_values_and_gradients(function, sign):
    first = tf.constant([1e4, -1e4, sign * 1e4])
    second = tf.constant([-1e4, 1e4, -sign * 1e4])
    with tf.GradientTape() as tape:
        tape.watch([first, second])
        value = function(first, second)
    assert np.isfinite(value)
    for gradient in tape.gradient(value, [first, second]):
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() <= 1


@pytest.mark.parametrize("function", (*FUNCTIONS, objectives.l1_distance))
@pytest.mark.parametrize("dtype", ("bfloat16", "float16"))
def test_low_precision_inputs_are_computed_in_float32(function, dtype):
    first, second = (tf.cast(v, dtype) for v in logits((64, 3)))
    result = function(first, second)
    exact = function(tf.cast(first, tf.float32), tf.cast(second, tf.float32))
    assert result.dtype == tf.float32
    np.testing.assert_array_equal(result, exact)


def test_l1_of_float16_codes_does_not_overflow():
    codes = tf.fill([2, 64], tf.constant(2000, tf.float16))
    result = objectives.l1_distance(codes, -codes)
    np.testing.assert_allclose(result, 64 * 4000.0)


def test_l1_distance_is_summed_over_dimensions_and_averaged_over_the_batch():
    x, y = logits((5, 4))
    expected = np.abs(x - y).sum(axis=1).mean()
    np.testing.assert_allclose(objectives.l1_distance(x, y), expected, rtol=1e-6)


def test_l1_distance_may_be_a_mean_over_the_dimensions():
    x, y = logits((5, 4))
    distance = objectives.l1_distance(x, y, "mean")
    np.testing.assert_allclose(distance, np.abs(x - y).mean(), rtol=1e-6)


def test_weighted_mutual_information_is_equation_5():
    result = objectives.weighted_mutual_information([1.0, 2.0], [10.0, 20.0], 0.5, 3.0)
    np.testing.assert_allclose(result, 0.5 * (1 + 2) + 3 * (10 + 20))


def test_shared_objective_is_equation_7():
    np.testing.assert_allclose(objectives.shared_objective(2.0, 5.0, 0.1), 1.5)


def test_exclusive_objective_is_equation_10():
    result = objectives.exclusive_objective(2.0, [3.0, 4.0], 0.1)
    np.testing.assert_allclose(result, 2 - 0.1 * 7, rtol=1e-6)


def test_switch_gives_each_image_the_code_of_the_other():
    assert objectives.switch("S_X", "S_Y") == ("S_Y", "S_X")
    assert objectives.switch("S_X", "S_Y", switched=False) == ("S_X", "S_Y")


def test_adversarial_value_is_equation_9():
    marginal, joint = logits((7, 1)) / 3

    def sigmoid(v):
        return 1 / (1 + np.exp(-v.astype(np.float64)))

    expected = np.log(sigmoid(marginal)).mean() + np.log(1 - sigmoid(joint)).mean()
    result = objectives.adversarial_value(marginal_logits=marginal, joint_logits=joint)
    np.testing.assert_allclose(result, expected, rtol=1e-5)
    swapped = -np.log(sigmoid(joint)).mean() - np.log(1 - sigmoid(marginal)).mean()
    result = objectives.non_saturating_loss(
        marginal_logits=marginal, joint_logits=joint
    )
    np.testing.assert_allclose(result, swapped, rtol=1e-5)


def test_only_the_saddle_point_gradient_vanishes_where_the_discriminator_is_sure():
    joint, marginal = tf.constant([-12.0]), tf.constant([12.0])
    gradients = {}
    for function in (objectives.adversarial_value, objectives.non_saturating_loss):
        with tf.GradientTape() as tape:
            tape.watch(joint)
            loss = function(marginal_logits=marginal, joint_logits=joint)
        gradients[function] = float(tape.gradient(loss, joint)[0])
    assert -1e-4 < gradients[objectives.adversarial_value] < 0
    assert gradients[objectives.non_saturating_loss] < -0.99


@pytest.mark.parametrize("size", range(2, 65))
def test_derangement_is_a_permutation_without_fixed_point(size):
    for seed in range(2):
        order = objectives.random_derangement(size, [seed, size]).numpy()
        np.testing.assert_array_equal(np.sort(order), np.arange(size))
        assert (order != np.arange(size)).all()


def test_derangement_is_determined_by_the_seed_alone():
    first, again, other = (
        objectives.random_derangement(32, seed).numpy()
        for seed in ([3, 4], [3, 4], [3, 5])
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_derangement_sends_a_sample_to_each_other_equally_often():
    draw = tf.function(lambda seed: objectives.random_derangement(4, seed))
    partners = [int(draw(tf.constant([7, i]))[0]) for i in range(300)]
    counts = np.bincount(partners, minlength=4)
    assert counts[0] == 0
    assert counts[1:].min() > 65


def test_derangement_compiles_with_xla():
    # XLA draws other numbers for the same seed, so the order itself differs.
    compiled = tf.function(objectives.random_derangement, jit_compile=True)
    order = compiled(16, tf.constant([1, 2])).numpy()
    assert sorted(order) == list(range(16))
    assert (order != np.arange(16)).all()


def test_shuffled_gives_each_row_whole_and_to_another():
    codes = tf.constant(np.arange(24.0).reshape(8, 3))
    result = objectives.shuffled(codes, [0, 1]).numpy()
    order = objectives.random_derangement(8, [0, 1]).numpy()
    np.testing.assert_array_equal(result, codes.numpy()[order])
