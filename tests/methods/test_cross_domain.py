"""Cross-domain disentanglement: its games in numpy, reversal, penalty, commands."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tiny_methods import SHAPE
from tiny_methods import build
from tiny_methods import equal_after_reload
from tiny_methods import every_command
from tiny_methods import losses_of
from tiny_methods import pair
from tiny_methods import resumed_is_unbroken
from tiny_methods import terms_of

from tfmi.errors import UsageError
from tfmi.models import pair_step
from tfmi.models import wgan
from tfmi.models.layers import SeededDropout

NAME = "colored-mnist-cross-domain"
TINY = {"encoder_width": 4, "exclusive_size": 3, "batch_size": 8}
OTHER = {"x": "y", "y": "x"}
SEED = tf.constant([0, 1])


def model(**changes):
    return build(NAME, **{**TINY, **changes})


def test_reversal_is_the_identity_with_the_other_sign():
    layer, values = wgan.GradientReversal(), tf.constant([[1.0, -2.0]])
    with tf.GradientTape() as tape:
        tape.watch(values)
        result = layer(values)
        loss = tf.reduce_sum(result * [[3.0, 5.0]])
    np.testing.assert_array_equal(result, values)
    np.testing.assert_array_equal(tape.gradient(loss, values), [[-3.0, -5.0]])


def test_the_encoder_hears_the_opposite_of_the_exclusive_decoder():
    """A step down the exclusive game's loss for the decoder is a step up for E."""
    own, data = model(), pair()
    decoder, critic = own.exclusive_decoder_y, own.exclusive_critic_y
    code, seed = own.encoder_x(data["x"])["vector"], {"seed": SEED}
    with tf.GradientTape() as tape:
        tape.watch(code)
        fake = tf.concat([data["x"], decoder({"exclusive": code, **seed})], axis=-1)
        loss = wgan.generator_loss(critic, fake)
    toward = code + 1e-2 * tf.math.l2_normalize(-tape.gradient(loss, code))
    fake = tf.concat([data["x"], decoder({"exclusive": toward, **seed})], axis=-1)
    assert wgan.generator_loss(critic, fake) > loss


@pytest.mark.parametrize("slope", [0.0, 1.0, 3.0])
def test_penalty_of_a_linear_critic(slope):
    """Its gradient is its weights wherever it is taken: (|w| - 1)^2."""
    weights = tf.constant([[0.6], [0.8]]) * slope

    def critic(points, training):
        return points @ weights

    real, fake = tf.random.normal((5, 2)), tf.random.normal((5, 2))
    penalty = wgan.gradient_penalty(critic, real, fake, [0, 1])
    assert float(penalty) == pytest.approx((slope - 1) ** 2, abs=1e-5)
    means = (real - fake).numpy().mean(0) @ weights.numpy()
    loss = wgan.critic_loss(critic, real, fake, [0, 1], 10.0)
    assert float(loss) == pytest.approx(10 * (slope - 1) ** 2 - means[0], abs=1e-4)


def test_dropout_is_of_its_seed():
    layer, ones = SeededDropout(0.25), tf.ones((100, 50))
    np.testing.assert_array_equal(layer(ones, SEED, training=False), ones)
    dropped = layer(ones, SEED, training=True).numpy()
    np.testing.assert_array_equal(dropped, layer(ones, SEED, training=True))
    assert (dropped == 0).mean() == pytest.approx(0.25, abs=0.03)
    np.testing.assert_allclose(dropped[dropped > 0], 1 / 0.75, rtol=1e-6)
    assert (dropped != layer(ones, SEED + 1, training=True).numpy()).any()


def test_losses_in_numpy():
    own, data = model(), pair()
    seeds = pair_step.step_seeds(0, 0, own.SEEDS)
    outputs = {d: getattr(own, f"encoder_{d}")(data[d]) for d in "xy"}
    s = {d: outputs[d]["feature_map"] for d in "xy"}
    e = {d: outputs[d]["vector"] for d in "xy"}
    z = {
        d: tf.random.stateless_normal(e[d].shape, seed)
        for d, seed in zip("xy", seeds[2:4], strict=True)
    }

    def distance(a, b):
        return np.abs(np.asarray(a) - np.asarray(b)).mean()

    expected = {"shared": distance(s["x"], s["y"]), "discriminator": 0.0}
    for name in ("translation", "reconstruction", "latent", "exclusive"):
        expected[name] = 0.0
    seed = iter(seeds[10:])
    for name in ("translation", "exclusive"):
        for d in "xy":
            o = OTHER[d]
            decoder = getattr(own, f"decoder_{d}")
            if name == "translation":
                drawn = decoder({"shared": s[o], "exclusive": z[d], "seed": SEED})
                redrawn = decoder({"shared": s[o], "exclusive": e[d], "seed": SEED})
                expected["reconstruction"] += distance(redrawn, data[d])
                again = getattr(own, f"encoder_{d}")(drawn)
                expected["latent"] += distance(again["feature_map"], s[o])
                expected["latent"] += distance(again["vector"], z[d])
                critic = getattr(own, f"critic_{d}")
            else:
                drawn = getattr(own, f"exclusive_decoder_{d}")(
                    {"exclusive": e[o], "seed": SEED}
                )
                critic = getattr(own, f"exclusive_critic_{d}")
            fake = tf.concat([data[o], drawn], -1)
            real = tf.concat([data[o], data[d]], -1)
            scores = critic(real).numpy().mean(), critic(fake).numpy().mean()
            penalty = wgan.gradient_penalty(critic, real, fake, next(seed))
            expected[name] -= scores[1]
            expected["discriminator"] += 10 * float(penalty) - scores[0] + scores[1]
    weights = {"translation": 1, "exclusive": 0.1, "reconstruction": 100}
    weights |= {"shared": 100, "latent": 100}
    expected["loss"] = sum(w * expected[n] for n, w in weights.items())
    terms = terms_of(own, data)
    assert set(terms) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(terms[name], value, rtol=1e-4, err_msg=name)


def test_noise_is_on_decoders_in_training_alone():
    own, data = model(decoder_noise=0.5), pair()
    outputs = own.encoder_x(data["x"])
    parts = outputs["feature_map"], outputs["vector"], [0, 1]
    still = [own._decoded("x", *parts, training=False) for _ in range(2)]
    np.testing.assert_array_equal(*still)
    # Dropout and batch statistics aside: of what the decoder is given.
    seen = []
    own.decoder_x.call = lambda inputs, **_: seen.append(inputs) or inputs
    own._decoded("x", *parts, training=True)
    noise = (seen[0]["shared"] - outputs["feature_map"]).numpy()
    assert noise.std() == pytest.approx(0.5, rel=0.1)


def test_s_is_probed_flat_and_pooled():
    own, data = model(), pair()
    maps = own.encoder_x(data["x"])["feature_map"].numpy()
    vectors = {
        name: own.encoder(name, "x")(data["x"])["vector"].numpy()
        for name in ("shared", "shared_pooled", "exclusive")
    }
    np.testing.assert_array_equal(vectors["shared"], maps.reshape(8, -1))
    np.testing.assert_allclose(
        vectors["shared_pooled"], maps.mean((1, 2)), atol=1e-6, rtol=1e-4
    )
    assert vectors["exclusive"].shape == (8, 3)


@pytest.mark.any_versions
def test_training_redraws_images_better():
    own, data = model(learning_rate=2e-3), pair()
    before = terms_of(own, data)["reconstruction"]
    losses = losses_of(own, data)
    assert losses[-1] < losses[0]
    own.reset_metrics()
    assert float(own.train_step(data)["reconstruction"]) < before


def test_a_shared_set_of_networks():
    own = model(share_weights=True)
    assert own.decoder_y is None
    own.train_step(pair())
    assert own.pictures(pair(3))["translations"][1].shape == (3, *SHAPE)


def test_without_exclusive_decoders():
    own = model(exclusive_weight=0.0)
    assert own.exclusive_decoder_x is None
    assert "exclusive" not in terms_of(own, pair())


def test_an_own_encoder_is_refused():
    with pytest.raises(UsageError, match="encoder must be empty for the method cross"):
        build(NAME, options={"encoder": keras.Model}, **TINY)


def test_a_saved_model_trains_on(tmp_path):
    assert equal_after_reload(model(), pair(), tmp_path / "model.keras")


@pytest.mark.long
def test_resumed_is_unbroken(tmp_path, monkeypatch):
    settings = {**TINY, "training_epochs": 2}
    assert resumed_is_unbroken(tmp_path, monkeypatch, NAME, **settings)


@pytest.mark.long
def test_every_command(tmp_path, monkeypatch):
    settings = {**TINY, "training_epochs": 1}
    chosen = "colored-mnist", "cross-domain", settings
    run = every_command(tmp_path, monkeypatch, *chosen)
    for name, rows in (("reconstructions", 4), ("translations", 8)):
        with Image.open(run.stage_folder("training") / f"{name}.png") as picture:
            assert picture.size == (12 * 76, rows * 76)
