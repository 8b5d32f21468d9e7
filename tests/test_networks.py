"""Statistics networks and discriminators against the plain formulas."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmi.models import concat_networks
from tfmi.models import dot_networks

MAP, CODE, UNITS, BATCH = (3, 2, 5), 4, 8, 6


def critic_inputs():
    generator = np.random.default_rng(0)
    shapes = {"feature_map": MAP, "code": (CODE,), "marginal_code": (CODE,)}
    return {
        name: tf.constant(generator.normal(size=(BATCH, *shape)), tf.float32)
        for name, shape in shapes.items()
    }


def build(make):
    """A network with biases other than their initial zeros."""
    keras.utils.set_random_seed(0)
    network = make(MAP, CODE, units=UNITS)
    generator = np.random.default_rng(1)
    for variable in network.trainable_variables:
        variable.assign_add(0.1 * generator.normal(size=variable.shape))
    return network


def dense(network, name, features):
    """The layer's weights applied to the last axis, a 1x1 convolution too."""
    weights = network.get_layer(name).trainable_variables
    kernel = tf.convert_to_tensor(weights[0])
    result = features @ tf.reshape(kernel, kernel.shape[-2:])
    return result + weights[1] if len(weights) > 1 else result


def summary(network, feature_map):
    for name in ("summary_0", "summary_1"):
        kernel, bias = network.get_layer(name).trainable_variables
        convolved = tf.nn.conv2d(feature_map, tf.convert_to_tensor(kernel), 1, "SAME")
        feature_map = tf.nn.relu(convolved + bias)
    return tf.reshape(feature_map, [BATCH, -1])


def stacked_first_layer(network):
    part, code = network.get_layer("map_part"), network.get_layer("code_part")
    kernel = tf.convert_to_tensor(part.kernel)
    map_kernel = tf.reshape(kernel, kernel.shape[-2:])
    return tf.concat([map_kernel, code.kernel], axis=0), tf.convert_to_tensor(part.bias)


def plain_local(network, kernel, bias, inputs, code):
    shape = (BATCH, *MAP[:2], CODE)
    tiled = tf.broadcast_to(inputs[code][:, None, None, :], shape)
    both = tf.concat([inputs["feature_map"], tiled], axis=-1)
    hidden = tf.nn.relu(both @ kernel + bias)
    return dense(network, "score", tf.nn.relu(dense(network, "hidden", hidden)))


def plain_global(network, kernel, bias, inputs, code):
    both = tf.concat([summary(network, inputs["feature_map"]), inputs[code]], axis=-1)
    hidden = tf.nn.relu(both @ kernel + bias)
    return dense(network, "score", tf.nn.relu(dense(network, "hidden", hidden)))


@pytest.mark.parametrize(
    "make, plain, score_shape",
    [
        (concat_networks.local_statistics_network, plain_local, (BATCH, *MAP[:2], 1)),
        (concat_networks.global_statistics_network, plain_global, (BATCH, 1)),
    ],
)
def test_statistics_network_is_the_plain_concatenation(make, plain, score_shape):
    network, inputs = build(make), critic_inputs()
    values = list(inputs.values())
    kernel, bias = stacked_first_layer(network)
    part, code = network.get_layer("map_part"), network.get_layer("code_part")
    with tf.GradientTape() as tape:
        tape.watch(values)
        scores = network(inputs)
        loss = tf.reduce_sum(scores["joint"] ** 2) + tf.reduce_sum(
            tf.sin(scores["marginal"])
        )
    gradients = tape.gradient(loss, [*values, part.kernel, code.kernel, part.bias])
    with tf.GradientTape() as tape:
        tape.watch([*values, kernel, bias])
        joint = plain(network, kernel, bias, inputs, "code")
        marginal = plain(network, kernel, bias, inputs, "marginal_code")
        loss = tf.reduce_sum(joint**2) + tf.reduce_sum(tf.sin(marginal))
    expected = tape.gradient(loss, [*values, kernel, bias])

    assert scores["joint"].shape == scores["marginal"].shape == score_shape
    np.testing.assert_allclose(scores["joint"], joint, atol=1e-5, rtol=1e-5)
    np.testing.assert_allclose(scores["marginal"], marginal, atol=1e-5, rtol=1e-5)
    *received, map_kernel, code_kernel, bias_gradient = gradients
    map_kernel = tf.reshape(map_kernel, map_kernel.shape[-2:])
    received += [tf.concat([map_kernel, code_kernel], axis=0), bias_gradient]
    for left, right in zip(received, expected, strict=True):
        scale = max(1.0, np.abs(right).max())
        np.testing.assert_allclose(left / scale, right / scale, atol=1e-5)


def embed(network, name, features, transposed=False):
    """`out(hidden) + shortcut`; of `transposed` layers, as the side that is
    passed over once a position has them, with their bias as a layer."""
    hidden = tf.nn.relu(dense(network, f"{name}_hidden", features))
    if not transposed:
        shortcut = dense(network, f"{name}_shortcut", features)
        return dense(network, f"{name}_out", hidden) + shortcut
    out, shortcut, bias = (
        tf.convert_to_tensor(network.get_layer(f"{name}_{layer}").kernel)
        for layer in ("out", "shortcut", "bias")
    )
    return (
        tf.matmul(hidden, out, transpose_b=True)
        + tf.matmul(features, shortcut, transpose_b=True)
        + bias[:, 0]
    )


def plain_dot_scores(network, kind, inputs):
    """Scores `(batch of images, positions, batch of codes)`."""
    maps = tf.reshape(inputs["feature_map"], [BATCH * MAP[0] * MAP[1], MAP[2]])
    if kind == "global":
        maps = summary(network, inputs["feature_map"])
    maps = embed(network, "map", maps, transposed=True)
    codes = embed(network, "code", inputs["code"])
    scores = tf.matmul(maps, codes, transpose_b=True) / UNITS**0.5
    return tf.reshape(scores, [BATCH, -1, BATCH])


@pytest.mark.parametrize("kind", ("local", "global"))
def test_dot_network_is_all_pairs_of_plain_dot_products(kind):
    network = build(getattr(dot_networks, f"{kind}_dot_network"))
    inputs = critic_inputs()
    sources = [inputs["feature_map"], inputs["code"]]
    sources += [v.value for v in network.trainable_variables]
    with tf.GradientTape() as tape:
        tape.watch(sources)
        scores = network(inputs)
        loss = jsd_loss(scores["joint"], scores["marginal"])
    gradients = tape.gradient(loss, sources)
    with tf.GradientTape() as tape:
        tape.watch(sources)
        plain = plain_dot_scores(network, kind, inputs)
        joint = tf.stack([plain[i, :, i] for i in range(BATCH)])
        others = [plain[i, :, j] for j in range(BATCH) for i in range(BATCH) if i != j]
        loss = jsd_loss(joint, tf.stack(others))
    expected = tape.gradient(loss, sources)

    positions = plain.shape[1]
    assert scores["marginal"].shape == (BATCH - 1, BATCH, positions)
    np.testing.assert_allclose(scores["joint"], joint, atol=1e-5)
    marginal = tf.reshape(scores["marginal"], [-1, positions])
    np.testing.assert_allclose(marginal, others, atol=1e-5)
    for left, right in zip(gradients, expected, strict=True):
        scale = max(1.0, np.abs(right).max())
        np.testing.assert_allclose(left / scale, right / scale, atol=1e-5)


def jsd_loss(joint, marginal):
    return tf.reduce_mean(tf.nn.softplus(-joint)) + tf.reduce_mean(
        tf.nn.softplus(marginal)
    )


def test_dot_marginals_exclude_the_own_pair():
    codes = tf.eye(5)
    joint, marginal = dot_networks.PairScores()(
        codes[:, None, :], codes, tf.zeros((5, 1))
    )
    np.testing.assert_allclose(joint, np.ones((5, 1)), rtol=1e-6)
    assert not marginal.numpy().any()


@pytest.mark.parametrize("kind", ("local", "global"))
def test_dot_network_round_trips(kind, tmp_path):
    network = build(getattr(dot_networks, f"{kind}_dot_network"))
    network.save(tmp_path / "critic.keras")
    restored = keras.saving.load_model(tmp_path / "critic.keras")
    before, after = network(critic_inputs()), restored(critic_inputs())
    np.testing.assert_array_equal(before["marginal"], after["marginal"])


def discriminator_inputs(batch=16):
    generator = np.random.default_rng(0)
    sizes = {"shared": 3, "exclusive": 2, "marginal_exclusive": 2}
    return {
        name: 1e3 * generator.normal(size=(batch, size)).astype("f")
        for name, size in sizes.items()
    }


def test_discriminator_is_three_dense_layers_on_the_concatenation():
    network = concat_networks.discriminator(3, 2, units=8)
    inputs, result = discriminator_inputs(), None
    result = network(inputs)
    parts = [network.get_layer(f"{part}_part") for part in ("shared", "exclusive")]
    kernel = tf.concat([part.kernel for part in parts], axis=0)
    for name, exclusive in (("joint", "exclusive"), ("marginal", "marginal_exclusive")):
        pair = tf.concat([inputs["shared"], inputs[exclusive]], axis=-1)
        hidden = tf.nn.leaky_relu(pair @ kernel + parts[0].bias, 0.2)
        hidden = tf.nn.leaky_relu(dense(network, "hidden", hidden), 0.2)
        plain = dense(network, "logit", hidden)
        np.testing.assert_allclose(result[name], plain, rtol=1e-4, atol=1e-2)
        # Logits, not probabilities.
        assert np.abs(plain).max() > 1


def test_dot_discriminator_scores_every_shared_with_every_exclusive():
    network = dot_networks.dot_discriminator(3, 2, units=UNITS)
    inputs = {name: 1e-3 * v for name, v in discriminator_inputs().items()}
    result = network(inputs)
    shared = embed(network, "shared", inputs["shared"], transposed=True)
    exclusive = embed(network, "exclusive", inputs["exclusive"])
    scores = (exclusive @ tf.transpose(shared) / UNITS**0.5).numpy()
    own = np.eye(16, dtype=bool)
    np.testing.assert_allclose(result["joint"][:, 0], scores[own], atol=1e-5)
    np.testing.assert_allclose(np.ravel(result["marginal"]), scores[~own], atol=1e-5)


@pytest.mark.parametrize(
    "make", [concat_networks.discriminator, dot_networks.dot_discriminator]
)
def test_spectral_norm_bounds_every_layer_but_the_offsets(make):
    network = make(3, 2, units=UNITS, spectral_norm=True)
    inputs = discriminator_inputs()
    network(inputs)
    before = largest_singular_values(network)
    assert max(before.values()) > 1.2
    for _ in range(30):
        network(inputs, training=True)
    after = largest_singular_values(network)
    assert after.pop("shared_bias", 0) == 0
    assert list(after.values()) == pytest.approx([1] * len(after), abs=0.05)


def largest_singular_values(network):
    """`{last part of a kernel's path: value}`."""
    return {
        variable.path.split("/")[-2]: np.linalg.norm(variable.numpy(), 2)
        for variable in network.trainable_variables
        if variable.path.endswith("kernel")
    }


def test_without_spectral_norm_a_discriminator_is_of_dense_layers_alone():
    for make in (concat_networks.discriminator, dot_networks.dot_discriminator):
        assert not make(3, 2, units=UNITS).non_trainable_variables
