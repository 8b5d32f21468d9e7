"""The discriminators of both stages: whose gradient is whose, and what is kept."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_models import SHAPE
from tiny_models import equal
from tiny_models import exclusive_model
from tiny_models import jsd
from tiny_models import pair
from tiny_models import recipe
from tiny_models import shared_model
from tiny_models import values

from tfmi.errors import UsageError
from tfmi.models import from_recipe
from tfmi.models import pair_step

pytestmark = pytest.mark.any_versions


def shared_model_with_adversary(**changes):
    return shared_model(shared_adversarial_weight=0.7, **changes)


def test_stage_1_has_no_discriminator_unless_asked():
    model = shared_model()
    assert model.discriminator is None
    assert set(model.train_step(pair())) == {"loss", "global", "local", "l1"}


def test_loss_of_stage_1_with_an_adversary():
    model, data = shared_model_with_adversary(l1_weight=0.3), pair()
    seeds = pair_step.step_seeds(0, 0, 4)
    terms = model._terms(data, seeds, training=False)
    x, y = model.encoder_x(data["x"]), model.encoder_y(data["y"])
    logits = [model.discriminator(encoded["vector"]) for encoded in (x, y)]
    value = jsd(joint=logits[1], marginal=logits[0])
    np.testing.assert_allclose(terms["adversarial"], value, rtol=1e-5)
    np.testing.assert_allclose(terms["discriminator"], -value, rtol=1e-5)
    objective = 0.5 * terms["global"] + terms["local"] - 0.3 * terms["l1"]
    np.testing.assert_allclose(terms["loss"], 0.7 * value - objective, rtol=1e-5)


def test_stage_1_discriminator_learns_what_tells_the_domains():
    """Where only it learns, it ends at half its chance loss or less."""
    model = shared_model_with_adversary(share_weights=True)
    model.optimizer.learning_rate = 0.0
    model.discriminator_optimizer.learning_rate = 0.01
    data = pair(batch=32)
    data["x"] += 2.0
    step = tf.function(model.train_step)
    for _ in range(150):
        model.reset_metrics()
        loss = float(step(data)["discriminator"])
    assert loss < np.log(2)


def test_stage_2_discriminator_learns_what_tells_s_and_e_of_one_image():
    """Where only it learns, it tells them from those of others."""
    model, data = exclusive_model(), pair(batch=32)
    model.optimizer.learning_rate = 0.0
    model.discriminator_optimizer.learning_rate = 0.01
    step, losses = tf.function(model.train_step), []
    for _ in range(200):
        model.reset_metrics()
        losses.append(float(step(data)["discriminator"]))
    # Of chance, 2 log 2 a domain; a shuffle may leave what it has learnt of few codes.
    assert np.mean(losses[-20:]) < 0.85 * 4 * np.log(2)


def exclusive_model_with_club():
    return exclusive_model(independence="club")


@pytest.mark.parametrize(
    "build",
    [shared_model_with_adversary, exclusive_model, exclusive_model_with_club],
)
@pytest.mark.parametrize("still", ["encoder", "discriminator"])
def test_each_side_learns_from_its_own_loss_only(build, still):
    """With one side's learning rate at 0, a step moves the other alone."""
    model = build()
    optimizers = {
        "encoder": model.optimizer,
        "discriminator": model.discriminator_optimizer,
    }
    optimizers[still].learning_rate = 0.0
    sides = {name: getattr(model, f"{name}_variables") for name in optimizers}
    before = {name: values(variables) for name, variables in sides.items()}
    model.train_step(pair())
    for name, variables in sides.items():
        assert equal(before[name], values(variables)) == (name == still)


def test_discriminator_steps():
    model = exclusive_model(discriminator_steps=3)
    model.train_step(pair())
    assert int(model.optimizer.iterations) == 1
    assert int(model.discriminator_optimizer.iterations) == 3


def singular_values(model):
    """The largest of each kernel of the discriminators but the offsets'."""
    kernels = [
        variable.numpy()
        for variable in model.discriminator_variables
        if variable.path.endswith("kernel") and "_bias" not in variable.path
    ]
    return [np.linalg.norm(kernel, 2) for kernel in kernels]


@pytest.mark.long
@pytest.mark.parametrize(
    "discriminator, precision", [("concat", "mixed_bfloat16"), ("dot", "mixed_float16")]
)
def test_spectral_norm_holds_in_training(tmp_path, discriminator, precision):
    chosen = recipe(
        share_weights=True,
        discriminator=discriminator,
        discriminator_spectral_norm=True,
        discriminator_steps=2,
    )
    shared = from_recipe.build_shared_model(chosen, SHAPE, precision=precision)
    model = from_recipe.build_exclusive_model(
        chosen, SHAPE, shared, precision=precision
    )
    steps, data = tf.function(model.train_step), pair()
    assert max(singular_values(model)) > 1.2
    for _ in range(25):
        assert np.isfinite(steps(data)["loss"])
    values_there = singular_values(model)
    assert values_there == pytest.approx([1] * len(values_there), abs=0.05)
    # Kernels are not rounded to half precision where they are normalised.
    kernel = model.discriminator_variables[0].numpy()
    assert np.abs(kernel - kernel.astype("float16")).max() > 0
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert singular_values(loaded) == values_there
    assert np.isfinite(loaded.train_step(data)["loss"])


def test_evaluating_moves_no_discriminator():
    model = exclusive_model(discriminator_spectral_norm=True)
    before = values(model.discriminator_x.variables)
    model.test_step(pair())
    assert equal(before, values(model.discriminator_x.variables))


def test_adversary_warms_up():
    """lambda_adv rises from 0 over the given share of the stage's steps."""
    chosen = recipe(adversarial_weight=0.4, adversarial_warmup=0.5)
    shared = from_recipe.build_shared_model(chosen, SHAPE)
    model = from_recipe.build_exclusive_model(chosen, SHAPE, shared, total_steps=40)
    data, weights = pair(), []
    for step in (0, 10, 20, 40):
        model.reset_metrics()
        model.steps_done.assign(step)
        terms = model.test_step(data)
        information = 0.5 * terms["global"] + 1.0 * terms["local"]
        weight = (terms["loss"] + information) / terms["adversarial"]
        weights.append(float(weight))
    assert weights == pytest.approx([0, 0.2, 0.4, 0.4], abs=1e-5)
    model.steps_done.assign(0)
    model.train_step(data)
    assert int(model.steps_done) == 1


def test_discriminator_sees_codes_with_noise_and_the_networks_without():
    """The noise is of the asked size, other in S and E, the same E in both pairs."""
    model, data = exclusive_model(discriminator_noise=0.5, exclusive_size=64), pair()
    plain = exclusive_model(exclusive_size=64)
    for own, weight in zip(plain.variables, model.variables, strict=True):
        own.assign(weight)
    seen = []
    model.discriminator_x = lambda codes, training: seen.append(codes) or codes_of(8)
    with_noise, without = model.test_step(data), plain.test_step(data)
    for name in ("global", "local"):
        np.testing.assert_allclose(with_noise[name], without[name], rtol=1e-6)
    shared = model.shared_encoder_x(data["x"])["vector"]
    noise = {
        "shared": seen[0]["shared"] - shared,
        "exclusive": seen[0]["exclusive"] - model.encoder_x(data["x"])["vector"],
    }
    assert np.std(noise["exclusive"]) == pytest.approx(0.5, rel=0.2)
    assert np.std(noise["shared"]) == pytest.approx(0.5, rel=0.5)
    assert np.abs(noise["shared"][:, :4] - noise["exclusive"][:, :4]).max() > 0.1
    rows = {tuple(row) for row in seen[0]["exclusive"].numpy()}
    assert {tuple(row) for row in seen[0]["marginal_exclusive"].numpy()} == rows


def test_discriminator_noise_on_s_is_not_that_on_e():
    size = exclusive_model().shared_encoder_x.output["vector"].shape[-1]
    model, data = exclusive_model(discriminator_noise=0.5, exclusive_size=size), pair()
    seen = []
    model.discriminator_x = lambda codes, training: seen.append(codes) or codes_of(8)
    model.test_step(data)
    codes = {"shared": model.shared_encoder_x, "exclusive": model.encoder_x}
    first, second = (
        seen[0][name] - encoder(data["x"])["vector"] for name, encoder in codes.items()
    )
    assert np.abs(first - second).max() > 0.1


def codes_of(batch):
    return {name: tf.zeros((batch, 1)) for name in ("joint", "marginal")}


def test_unknown_adversarial_loss():
    model = exclusive_model()
    config = {**model.get_config(), "adversarial_loss": "wasserstein"}
    with pytest.raises(UsageError, match="Received: wasserstein"):
        type(model).from_config(config)
