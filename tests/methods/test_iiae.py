"""Interaction information autoencoder: the bound in numpy, and every command."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tiny_methods import build
from tiny_methods import equal_after_reload
from tiny_methods import every_command
from tiny_methods import losses_of
from tiny_methods import pair
from tiny_methods import resumed_is_unbroken
from tiny_methods import terms_of

from tfmi.models import pair_step

NAME = "colored-mnist-iiae"
TINY = {"encoder_width": 4, "shared_size": 4, "exclusive_size": 3, "batch_size": 8}


def model(**changes):
    return build(NAME, **{**TINY, "learning_rate": 1e-2, **changes})


def normal(outputs):
    return outputs["vector"].numpy(), np.exp(outputs["log_variance"].numpy())


def kl(first, second):
    (m, v), (n, w) = first, second
    return (np.log(w / v) / 2 + (v + (m - n) ** 2) / (2 * w) - 0.5).sum(1).mean()


def test_loss_in_numpy():
    own, data = model(interaction_weight=3.0, likelihood="gaussian"), pair()
    seeds = pair_step.step_seeds(0, 0, 3)
    sides = {d: getattr(own, f"encoder_{d}")(data[d]) for d in "xy"}
    joint = normal(own.joint_encoder({d: sides[d]["feature_map"] for d in "xy"}))
    prior = 0.0, np.ones(1)

    def draw(distribution, seed):
        mean, variance = distribution
        noise = tf.random.stateless_normal(mean.shape, seed).numpy()
        return mean + np.sqrt(variance) * noise

    shared = draw(joint, seeds[0])
    expected = {"kl_shared": kl(joint, prior)}
    for name in ("reconstruction", "kl_exclusive", "interaction"):
        expected[name] = 0.0
    for d, seed in zip("xy", seeds[1:], strict=True):
        exclusive = normal(getattr(own, f"exclusive_encoder_{d}")(data[d]))
        code = np.concatenate([shared, draw(exclusive, seed)], axis=1)
        decoded = getattr(own, f"decoder_{d}")(code).numpy()
        pixels = (data[d].numpy() - decoded) ** 2 / 2 + np.log(2 * np.pi) / 2
        expected["reconstruction"] += pixels.sum((1, 2, 3)).mean()
        expected["kl_exclusive"] += kl(exclusive, prior)
        expected["interaction"] += kl(joint, normal(sides[d]))
    expected["loss"] = (
        4 * (expected["reconstruction"] + expected["kl_exclusive"])
        + expected["kl_shared"]
        + 3 * expected["interaction"]
    )
    terms = terms_of(own, data)
    assert set(terms) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(terms[name], value, rtol=1e-4, err_msg=name)


def test_s_and_e_have_encoders_of_their_own():
    own = model()
    assert own.encoder("shared", "y") is own.encoder_y
    assert own.encoder("exclusive", "y") is own.exclusive_encoder_y


def test_training_raises_the_bound():
    losses = losses_of(model(), pair())
    assert losses[-1] < losses[0]


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
    run = every_command(tmp_path, monkeypatch, "colored-mnist", "iiae", settings)
    for name, rows in (("reconstructions", 4), ("translations", 8)):
        with Image.open(run.stage_folder("training") / f"{name}.png") as picture:
            assert picture.size == (12 * 76, rows * 76)
