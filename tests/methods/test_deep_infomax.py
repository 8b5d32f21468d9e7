"""Deep InfoMax: the objective, and every command."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import build
from tiny_methods import equal_after_reload
from tiny_methods import every_command
from tiny_methods import losses_of
from tiny_methods import pair
from tiny_methods import resumed_is_unbroken
from tiny_methods import terms_of
from tiny_models import jsd

from tfmi.models import pair_step

NAME = "colored-mnist-deep-infomax"
TINY = {
    "encoder_width": 4,
    "critic_units": 8,
    "discriminator_units": 8,
    "code_size": 4,
    "batch_size": 8,
}


def model(**changes):
    return build(NAME, **{**TINY, "learning_rate": 1e-2, **changes})


def test_loss_in_numpy():
    own, data = model(critic="concat", prior_weight=0.3), pair()
    seeds = pair_step.step_seeds(0, 0, 4)
    total = value = 0.0
    for domain, shuffle, prior in zip("xy", seeds[:2], seeds[2:], strict=True):
        outputs = getattr(own, f"encoder_{domain}")(data[domain])
        code = outputs["vector"]
        inputs = {
            "feature_map": outputs["feature_map"],
            "code": code,
            "marginal_code": pair_step.objectives.shuffled(code, shuffle),
        }
        for kind, weight in (("global", 0.5), ("local", 1.0)):
            scores = getattr(own, f"{kind}_network_{domain}")(inputs)
            total += weight * jsd(scores["joint"], scores["marginal"])
        even = tf.random.stateless_uniform(code.shape, prior)
        discriminator = getattr(own, f"prior_discriminator_{domain}")
        value += jsd(joint=discriminator(even), marginal=discriminator(code))
    terms = terms_of(own, data)
    np.testing.assert_allclose(terms["prior"], value, rtol=1e-5)
    np.testing.assert_allclose(terms["discriminator"], -value, rtol=1e-5)
    np.testing.assert_allclose(terms["loss"], -total + 0.3 * value, rtol=1e-5)


def test_each_image_meets_its_own_code_and_no_pair():
    """What y shows changes nothing of x."""
    own, data = model(prior_weight=0.0), pair()
    with tf.GradientTape() as tape:
        loss = own._terms(data, pair_step.step_seeds(0, 0, 4), False)["loss"]
    kernel = own.encoder_x.get_layer("vector").kernel
    before = tape.gradient(loss, kernel)
    other = {"x": data["x"], "y": pair(seed=1)["y"]}
    with tf.GradientTape() as tape:
        loss = own._terms(other, pair_step.step_seeds(0, 0, 4), False)["loss"]
    np.testing.assert_array_equal(before, tape.gradient(loss, kernel))


@pytest.mark.parametrize("changes", [{}, {"prior_weight": 0.0}])
def test_training_raises_the_objective(changes):
    losses = losses_of(model(**changes), pair())
    assert losses[-1] < losses[0]


def test_a_prior_of_no_weight_has_no_discriminator():
    own = model(prior_weight=0.0)
    assert own.discriminator_variables == []
    assert set(terms_of(own, pair())) == {"loss", "global", "local"}


@pytest.mark.parametrize("share_weights", [True, False])
def test_a_saved_model_trains_on(tmp_path, share_weights):
    own = model(share_weights=share_weights)
    assert equal_after_reload(own, pair(), tmp_path / "model.keras")


@pytest.mark.long
def test_resumed_is_unbroken(tmp_path, monkeypatch):
    settings = {**TINY, "training_epochs": 2}
    assert resumed_is_unbroken(tmp_path, monkeypatch, NAME, **settings)


@pytest.mark.long
def test_every_command(tmp_path, monkeypatch):
    settings = {**TINY, "training_epochs": 1}
    every_command(tmp_path, monkeypatch, "colored-mnist", "deep-infomax", settings)
