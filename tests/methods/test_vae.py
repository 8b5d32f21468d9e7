"""Variational autoencoders: the bound in numpy, PCA, total correlation, commands."""

import keras
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

from tfmi.models import gaussians
from tfmi.models import pair_step
from tfmi.models import vae
from tfmi.models.decoders import code_decoder

NAME = "colored-mnist-vae"
TINY = {"encoder_width": 4, "discriminator_units": 8, "code_size": 4, "batch_size": 8}
FACTOR = {"total_correlation_weight": 0.7}


def model(**changes):
    return build(NAME, **{**TINY, "learning_rate": 1e-2, **changes})


def negative_log_likelihood(likelihood, images, decoded):
    if likelihood == "bernoulli":
        p = 1 / (1 + np.exp(-decoded.astype(np.float64)))
        t = (images + 1) / 2
        pixels = -t * np.log(p) - (1 - t) * np.log(1 - p)
    else:
        pixels = (images - decoded) ** 2 / (2 * 0.5**2)
        pixels += np.log(0.5 * np.sqrt(2 * np.pi))
    return pixels.sum((1, 2, 3)).mean()


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_loss_in_numpy(likelihood):
    settings = {"likelihood": likelihood, "pixel_deviation": 0.5, "kl_weight": 4.0}
    own, data = model(**settings, **FACTOR), pair()
    seeds = pair_step.step_seeds(0, 0, 4)
    reconstruction = kl = correlation = game = 0.0
    for domain, drawn, permuted in zip("xy", seeds[:2], seeds[2:], strict=True):
        encoder, decoder, discriminator = (
            getattr(own, f"{name}_{domain}")
            for name in ("encoder", "decoder", "discriminator")
        )
        outputs = encoder(data[domain])
        mean, log_variance = (
            outputs[name].numpy() for name in ("vector", "log_variance")
        )
        code = mean + np.exp(log_variance / 2) * tf.random.stateless_normal(
            mean.shape, drawn
        )
        reconstruction += negative_log_likelihood(
            likelihood, data[domain].numpy(), decoder(code).numpy()
        )
        terms = np.exp(log_variance) + mean**2 - 1 - log_variance
        kl += 0.5 * terms.sum(1).mean()
        joint = discriminator(code).numpy()
        marginal = discriminator(vae.permuted_dimensions(code, permuted)).numpy()
        correlation += joint.mean()
        game += np.logaddexp(0, -joint).mean() + np.logaddexp(0, marginal).mean()
    terms = terms_of(own, data)
    expected = {
        "reconstruction": reconstruction,
        "kl": kl,
        "total_correlation": correlation,
        "discriminator": game,
        "loss": reconstruction + 4 * kl + 0.7 * correlation,
    }
    for name, value in expected.items():
        np.testing.assert_allclose(terms[name], value, rtol=1e-4, err_msg=name)


def test_kl_of_known_distributions():
    mean, log_variance = tf.constant([[3.0]]), tf.math.log([[4.0]])
    assert float(gaussians.kl_divergence(mean * 0, log_variance * 0)) == 0
    # log(1/2) + (4 + 9) / 2 - 1/2
    expected = -np.log(2) + 6.5 - 0.5
    np.testing.assert_allclose(gaussians.kl_divergence(mean, log_variance), expected)
    # Of N(3, 4) from N(1, 9): log(3/2) + (4 + 4) / 18 - 1/2.
    other = gaussians.kl_divergence(mean, log_variance, [[1.0]], tf.math.log([[9.0]]))
    np.testing.assert_allclose(other, np.log(1.5) + 8 / 18 - 0.5, rtol=1e-5)


def test_a_linear_vae_finds_the_principal_components():
    """Tipping, Bishop (1999): the decoder spans the first components, and the bound is
    the likelihood, which has a closed form."""
    generator = np.random.default_rng(0)
    scales = np.array([2.0, 1.5, 0.3, 0.3])
    basis = np.linalg.qr(generator.normal(size=(4, 4)))[0]
    points = (generator.normal(size=(4000, 4)) * scales) @ basis.T
    images = tf.constant(points.reshape(-1, 2, 2, 1), tf.float32)
    keras.utils.set_random_seed(0)
    own = linear_vae()
    own.compile(optimizer=keras.optimizers.Adam(0.02))
    step = tf.function(own.train_step)
    for _ in range(600):
        logs = step({"x": images[:1000], "y": images[1000:2000]})
        own.reset_metrics()
    weights = own.decoder_x.get_layer("linear").kernel.numpy().T
    found = np.linalg.qr(weights)[0]
    # Cosines of the angles between the two planes.
    cosines = np.linalg.svd(found.T @ basis[:, :2])[1]
    assert cosines.min() > 0.99
    # Of the model with the true covariance, of both images.
    entropy = 4 / 2 * np.log(2 * np.pi * np.e) + np.log(scales).sum()
    assert float(logs["loss"]) == pytest.approx(2 * entropy, abs=0.25)


def linear_vae():
    image = keras.Input((2, 2, 1))
    flat = keras.layers.Flatten()(image)
    encoder = keras.Model(
        image, {"feature_map": image, "vector": keras.layers.Dense(4)(flat)}
    )
    code = keras.Input((2,))
    pixels = keras.layers.Dense(4, name="linear")(code)
    decoder = keras.Model(code, keras.layers.Reshape((2, 2, 1))(pixels))
    networks = {
        "encoder_x": gaussians.gaussian_encoder(encoder),
        "decoder_x": decoder,
    }
    settings = {"likelihood": "gaussian", "pixel_deviation": 0.3}
    return vae.VAEModel(networks, settings)


def test_dimensions_are_permuted_each_by_itself():
    codes = tf.reshape(tf.range(40.0), (10, 4))
    permuted = vae.permuted_dimensions(codes, [0, 1]).numpy()
    for own, other in zip(codes.numpy().T, permuted.T, strict=True):
        assert sorted(own) == sorted(other)
    orders = {tuple((column // 4).astype(int)) for column in permuted.T}
    assert len(orders) == 4


def test_total_correlation_of_known_codes():
    """The mean log-ratio of the optimal discriminator is the total correlation."""
    rho = 0.8
    generator = np.random.default_rng(0)
    codes = generator.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 20000)

    class Optimal:
        def __call__(self, codes, training):
            a, b = tf.unstack(codes, axis=1)
            square = (a * a - 2 * rho * a * b + b * b) / (1 - rho**2)
            return (a * a + b * b - square) / 2 - np.log(1 - rho**2) / 2

    own = model()
    own.__dict__["discriminator_x"] = Optimal()
    terms = own._game({"x": tf.constant(codes, tf.float32)}, [[0, 1]], False)
    exact = -np.log(1 - rho**2) / 2
    assert float(terms["total_correlation"]) == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("changes", [{}, FACTOR])
def test_training_raises_the_bound(changes):
    losses = losses_of(model(**changes), pair())
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("shape", [(28, 28, 3), (12, 20, 1), (33, 17, 2)])
def test_decoders_give_images_of_the_encoders_size(shape):
    decoder = code_decoder(3, shape, width=2)
    assert decoder(np.zeros((2, 3), np.float32)).shape == (2, *shape)


def test_a_saved_model_trains_on(tmp_path):
    own = model(**FACTOR)
    assert equal_after_reload(own, pair(), tmp_path / "model.keras")


@pytest.mark.long
def test_resumed_is_unbroken(tmp_path, monkeypatch):
    settings = {**TINY, **FACTOR, "training_epochs": 2}
    assert resumed_is_unbroken(tmp_path, monkeypatch, NAME, **settings)


@pytest.mark.long
def test_every_command(tmp_path, monkeypatch):
    settings = {**TINY, "training_epochs": 1}
    run = every_command(tmp_path, monkeypatch, "colored-mnist", "vae", settings)
    with Image.open(run.stage_folder("training") / "reconstructions.png") as picture:
        # 12 images of 12 x 12, six times as large, and a gap.
        assert picture.size == (12 * 76, 4 * 76)
