"""A whole step of either stage against the plain implementation of benchmarks/.

Same weights, same shuffles: the loss must be the same, whatever is factored,
batched or shared between the players. (Gradients are compared on each network,
in test_networks: over a whole step some activation always lies within a rounding
of the kink of its ReLU, where the gradient jumps.)
"""

import pathlib
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmi import building
from tfmi import objectives
from tfmi import recipes

sys.path.append(str(pathlib.Path(__file__).parents[1] / "benchmarks"))
import measuring  # noqa: E402
import operations  # noqa: E402
import plain  # noqa: E402

SHAPE = (12, 12, 3)
RECIPE = recipes.COLORED_MNIST_PAPER
# Layers of ours, in the order of the plain network's; of a tuple, the first
# layers of a concatenation, whose kernels are stacked.
ENCODER = ["conv_0", "norm_0", "conv_1", "norm_1", "vector"]
LOCAL = [("map_part", "code_part"), "hidden", "score"]
GLOBAL = ["summary_0", "summary_1", *LOCAL]
DISCRIMINATOR = [("shared_part", "exclusive_part"), "hidden", "logit"]


def rolled(codes, seed):
    return tf.roll(codes, 1, axis=0)


def kernels(network, names):
    """Kernels and scales of our layers as the plain network has them."""
    for name in names:
        if isinstance(name, str):
            yield network.get_layer(name).get_weights()[0]
            continue
        first, second = (network.get_layer(part).get_weights()[0] for part in name)
        second = second.reshape((1,) * (first.ndim - 2) + second.shape)
        yield np.concatenate([first, second], axis=-2)


def plain_kernels(network):
    return [layer.trainable_variables[0] for layer in network.layers if layer.weights]


def matched(own, other, stage):
    """`(our network, its layers, the plain network)` of everything trained."""
    for n, domain in enumerate("xy"):
        yield getattr(own, f"encoder_{domain}"), ENCODER, other.encoders[n]
        yield getattr(own, f"global_network_{domain}"), GLOBAL, other.globals[n]
        yield getattr(own, f"local_network_{domain}"), LOCAL, other.locals[n]
        if stage == "exclusive":
            name, networks = f"discriminator_{domain}", other.discriminators
            yield getattr(own, name), DISCRIMINATOR, networks[n]


def both(stage):
    keras.utils.set_random_seed(0)
    shared, other = (
        building.build_shared_model(RECIPE, SHAPE),
        plain.SharedTraining(SHAPE),
    )
    pairs = list(matched(shared, other, "shared"))
    own = shared
    if stage == "exclusive":
        own = building.build_exclusive_model(RECIPE, SHAPE, shared)
        other = plain.ExclusiveTraining(SHAPE, other)
        pairs += matched(own, other, stage)
    for network, names, copy in pairs:
        for value, target in zip(
            kernels(network, names), plain_kernels(copy), strict=True
        ):
            target.assign(value)
    return own, other


@pytest.mark.parametrize("stage", ["shared", "exclusive"])
def test_loss_is_that_of_the_plain_formulas(stage, monkeypatch):
    monkeypatch.setattr(objectives, "shuffled", rolled)
    own, other = both(stage)
    generator = np.random.default_rng(1)
    batch = {
        domain: tf.constant(generator.normal(size=(4, *SHAPE)), tf.float32)
        for domain in "xy"
    }
    loss = float(own.train_step(batch)["loss"])
    tf.config.run_functions_eagerly(True)
    try:
        expected = float(other.step(batch))
    finally:
        tf.config.run_functions_eagerly(False)
    assert loss == pytest.approx(expected, rel=1e-5)


def test_operations_of_the_paper_are_counted_by_hand():
    # Products: encoder 0.60 + 14.80 M, global 5.79 M, local 28.97 M an image.
    encoder = (14 * 14 * 16 * 3 * 64, 7 * 7 * 16 * 64 * 128, 4 * 4 * 16 * 128 * 256)
    vector = 4 * 4 * 256 * 64
    later, code = 512 * 512 + 512, 64 * 512
    local = 49 * (128 * 512 + 2 * later) + 2 * code
    summary = 49 * 9 * (128 * 64 + 64 * 32)
    whole = summary + 49 * 32 * 512 + 2 * (later + code)
    products = 2 * encoder[0] + 3 * (sum(encoder[1:]) + vector + local + whole)
    counted = operations.step_operations(RECIPE, (28, 28, 3), "shared")
    assert counted == 2 * 2 * 64 * products


def test_dot_critic_needs_fewer_operations():
    dot = RECIPE.replace(critic="dot")
    counts = [
        operations.step_operations(r, (28, 28, 3), "shared") for r in (RECIPE, dot)
    ]
    assert counts[1] < 0.6 * counts[0]


def test_turns_alternate(tmp_path, capsys):
    calls = []
    runners = {name: lambda name=name: calls.append(name) for name in "ab"}
    seconds = measuring.take_turns(runners, 3, warmups=1)
    assert "".join(calls) == "ab" * 4
    assert [len(times) for times in seconds.values()] == [3, 3]
    measuring.report([{"name": "a", "ms": 1.23456}], tmp_path / "result.json")
    assert capsys.readouterr().out.splitlines()[-1].split() == ["a", "1.235"]
    assert '"cores"' in (tmp_path / "result.json").read_text()
