"""A whole step of either stage against the plain implementation of benchmarks/.

Same weights, same shuffles: the loss and every gradient must be the same, whatever
is factored, batched or shared between the players. Gradients are compared in
float64: in float32 some activation of a whole step always lies within a rounding
of the kink of its ReLU, where the gradient jumps.
"""

import pathlib
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmi import recipes
from tfmi.models import from_recipe
from tfmi.models import networks
from tfmi.models import objectives
from tfmi.models import saving

sys.path.append(str(pathlib.Path(__file__).parents[1] / "benchmarks"))
import measuring  # noqa: E402
import operations  # noqa: E402
import plain  # noqa: E402
import step_profile  # noqa: E402

SHAPE = (12, 12, 3)
RECIPE = recipes.find("colored-mnist-paper")
# Layers of ours, in the order of the plain network's; of a tuple, the first
# layers of a concatenation, whose kernels are stacked.
ENCODER = ["conv_0", "norm_0", "conv_1", "norm_1", "vector"]
LOCAL = [("map_part", "code_part"), "hidden", "score"]
GLOBAL = ["summary_0", "summary_1", *LOCAL]
DISCRIMINATOR = [("shared_part", "exclusive_part"), "hidden", "logit"]


def rolled(codes, seed):
    return tf.roll(codes, 1, axis=0)


def own_arrays(network, name, of):
    """`of` each variable of a layer of ours, as the plain network has it."""
    if isinstance(name, str):
        return [of(v) for v in network.get_layer(name).trainable_variables]
    first, second = (network.get_layer(part).trainable_variables for part in name)
    kernels = [of(variables[0]) for variables in (first, second)]
    stacked = np.concatenate([k.reshape(k.shape[-2:]) for k in kernels])
    return [stacked, of(first[1])]


def arrays(network, names, plain_network, of, plain_of):
    """`of` our variables, each beside `plain_of` its like in the plain network."""
    layers = [layer for layer in plain_network.layers if layer.weights]
    for name, layer in zip(names, layers, strict=True):
        variables = layer.trainable_variables
        if name in ("conv_0", "conv_1"):
            # Of the bias that the plain one has, batch normalisation leaves nothing.
            variables = variables[:1]
        others = map(plain_of, variables)
        yield from zip(own_arrays(network, name, of), others, strict=True)


def matched(own, other, stage):
    """`(our network, its layers, the plain network)` of everything trained."""
    for n, domain in enumerate("xy"):
        yield getattr(own, f"encoder_{domain}"), ENCODER, other.encoders[n]
        yield getattr(own, f"global_network_{domain}"), GLOBAL, other.globals[n]
        yield getattr(own, f"local_network_{domain}"), LOCAL, other.locals[n]
        if stage == "exclusive":
            name, networks = f"discriminator_{domain}", other.discriminators
            yield getattr(own, name), DISCRIMINATOR, networks[n]


def both(stage, precision="float32"):
    keras.utils.set_random_seed(0)
    own = from_recipe.build_shared_model(RECIPE, SHAPE, precision=precision)
    other = plain.SharedTraining(SHAPE)
    copy_weights(own, other, "shared")
    if stage == "exclusive":
        own = from_recipe.build_exclusive_model(RECIPE, SHAPE, own, precision=precision)
        other = plain.ExclusiveTraining(SHAPE, other)
        copy_weights(own, other, stage)
    return own, other


def copy_weights(own, other, stage):
    for pair in matched(own, other, stage):
        for value, target in arrays(*pair, keras.ops.convert_to_numpy, lambda v: v):
            target.assign(value.reshape(target.shape))


def batch(dtype):
    generator = np.random.default_rng(1)
    return {
        domain: tf.constant(generator.normal(size=(4, *SHAPE)), dtype)
        for domain in "xy"
    }


def plain_step(other, pairs):
    tf.config.run_functions_eagerly(True)
    try:
        return float(other.step(pairs))
    finally:
        tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize("stage", ["shared", "exclusive"])
def test_loss_is_that_of_the_plain_formulas(stage, monkeypatch):
    monkeypatch.setattr(objectives, "shuffled", rolled)
    own, other = both(stage)
    loss = float(own.train_step(batch(tf.float32))["loss"])
    expected = plain_step(other, batch(tf.float32))
    assert loss == pytest.approx(expected, rel=1e-5)


class Recorder:
    """In an optimizer's place: keeps the gradients and moves nothing."""

    def __init__(self):
        self.gradients = {}

    def scale_loss(self, loss):
        return loss

    def apply(self, gradients, variables):
        for gradient, variable in zip(gradients, variables, strict=True):
            self.gradients[id(variable)] = np.array(gradient)


def recorded(model):
    """A function from a variable to its gradient in the step that follows."""
    model.optimizer = model.discriminator_optimizer = recorder = Recorder()
    return lambda variable: recorder.gradients[id(variable)]


@pytest.fixture
def double(monkeypatch):
    """Everything in float64, batch normalisation by Keras's own layer."""
    monkeypatch.setattr(objectives, "SUM_DTYPE", tf.float64)
    monkeypatch.setattr(networks, "CODE_DTYPE", "float64")
    monkeypatch.setattr(networks, "MapNormalization", keras.layers.BatchNormalization)
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    with saving.dtype_policy("float64"):
        yield
    keras.config.set_floatx(before)


@pytest.mark.parametrize("stage", ["shared", "exclusive"])
def test_gradients_are_those_of_the_plain_formulas(stage, monkeypatch, double):
    monkeypatch.setattr(objectives, "shuffled", rolled)
    own, other = both(stage, "float64")
    gradient, expected_gradient = recorded(own), recorded(other)
    loss = float(own.train_step(batch(tf.float64))["loss"])
    assert loss == pytest.approx(plain_step(other, batch(tf.float64)), rel=1e-10)
    for pair in matched(own, other, stage):
        for left, right in arrays(*pair, gradient, expected_gradient):
            difference = np.abs(left.reshape(right.shape) - right).max()
            assert difference <= 1e-10 * np.abs(right).max()


def test_operations_of_the_paper_are_counted_by_hand():
    # Of a place of the last map, 4x4x256, the networks have 16.
    encoder = (14 * 14 * 16 * 3 * 64, 7 * 7 * 16 * 64 * 128, 4 * 4 * 16 * 128 * 256)
    vector = 4 * 4 * 256 * 64
    later, code = 512 * 512 + 512, 64 * 512
    local = 16 * (256 * 512 + 2 * later) + 2 * code
    summary = 16 * 9 * (256 * 64 + 64 * 32)
    whole = summary + 16 * 32 * 512 + 2 * (later + code)
    products = 2 * encoder[0] + 3 * (sum(encoder[1:]) + vector + local + whole)
    counted = operations.step_operations(RECIPE, (28, 28, 3), "shared")
    assert counted == 2 * 2 * 64 * products


def test_dot_critic_needs_fewer_operations():
    concat = RECIPE.replace(feature_map="last_but_one")
    recipes_of_both = concat, concat.replace(critic="dot")
    counts = [
        operations.step_operations(r, (28, 28, 3), "shared") for r in recipes_of_both
    ]
    assert counts[1] < 0.6 * counts[0]


def test_profile_has_time_and_calls_of_each_kind():
    matrix = tf.ones((64, 64))
    step = tf.function(lambda: tf.nn.softplus(matrix @ matrix) @ matrix)
    step()
    times = step_profile.operation_times(step, 3)
    rows = {row["operation"]: row for row in step_profile.kinds(times)}
    (products,) = (row for name, row in rows.items() if "MatMul" in name)
    assert products["calls"] == 2
    assert rows["Softplus"]["calls"] == 1
    assert all(row["ms"] > 0 for row in rows.values())


def test_turns_alternate(tmp_path, capsys):
    calls = []
    runners = {name: lambda name=name: calls.append(name) for name in "ab"}
    seconds = measuring.take_turns(runners, 3, warmups=1)
    assert "".join(calls) == "ab" * 4
    assert [len(times) for times in seconds.values()] == [3, 3]
    measuring.report([{"name": "a", "ms": 1.23456}], tmp_path / "result.json")
    assert capsys.readouterr().out.splitlines()[-1].split() == ["a", "1.235"]
    assert '"cores"' in (tmp_path / "result.json").read_text()
