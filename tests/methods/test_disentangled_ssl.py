"""DisentangledSSL: both steps in numpy, InfoNCE and compactness on known channels."""

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

from tfmi.models import contrastive
from tfmi.models import gaussians
from tfmi.models import pair_step

NAME = "colored-mnist-disentangled-ssl"
TINY = {"encoder_width": 4, "shared_size": 4, "exclusive_size": 3, "batch_size": 8}
STILL = {"augmentation_shift": 0.0, "augmentation_noise": 0.0}


def shared_model(**changes):
    settings = {**TINY, "learning_rate": 1e-2, **changes}
    return build(NAME, "shared", **settings)


def exclusive_model(**changes):
    settings = {**TINY, "learning_rate": 1e-2, **changes}
    before = build(NAME, "shared", **settings)
    return build(NAME, "exclusive", before, **settings)


def info_nce(scores):
    own = np.diag(scores)
    rows, columns = (np.log(np.exp(scores).sum(axis)) for axis in (1, 0))
    return ((own - rows) + (own - columns)).mean() / 2 + np.log(len(scores))


def cosines(first, second):
    first, second = (
        np.asarray(v) / np.linalg.norm(v, axis=1, keepdims=True)
        for v in (first, second)
    )
    return first @ second.T


def test_info_nce_of_gaussians_of_known_information():
    """With the optimal scores, log p(y|x), it is the information from below."""
    rho = 0.8
    exact = -np.log(1 - rho**2) / 2
    generator = np.random.default_rng(0)
    x = generator.normal(size=2000)
    y = rho * x + np.sqrt(1 - rho**2) * generator.normal(size=2000)
    scores = -((y[None] - rho * x[:, None]) ** 2) / (2 * (1 - rho**2))
    scores += y[None] ** 2 / 2
    estimate = float(contrastive.info_nce(scores))
    np.testing.assert_allclose(estimate, info_nce(scores), rtol=1e-4)
    assert estimate == pytest.approx(exact, abs=0.03)


def test_info_nce_is_at_most_the_logarithm_of_the_batch():
    assert float(contrastive.info_nce(tf.zeros((8, 8)))) == pytest.approx(0, abs=1e-6)
    perfect = contrastive.info_nce(100 * tf.eye(8))
    assert float(perfect) == pytest.approx(np.log(8), abs=1e-5)


def test_correlation_of_known_codes():
    generator = np.random.default_rng(0)
    codes = generator.normal(size=(4000, 3))
    rotation = np.linalg.qr(generator.normal(size=(3, 3)))[0]
    rotated = contrastive.mean_squared_correlation(codes, 5 + codes @ rotation)
    assert float(rotated) == pytest.approx(1 / 3, abs=0.01)
    others = generator.normal(size=(4000, 5))
    assert float(contrastive.mean_squared_correlation(codes, others)) < 1e-3
    correlations = np.corrcoef(codes[:40].T, others[:40].T)[:3, 3:]
    own = contrastive.mean_squared_correlation(codes[:40], others[:40])
    np.testing.assert_allclose(own, (correlations**2).mean(), rtol=1e-3)
    assert np.isfinite(contrastive.mean_squared_correlation(codes * 0, others))


@pytest.mark.any_versions
def test_compactness_lets_go_of_what_the_other_view_lacks():
    """A channel: view i shows a shared number and one of its own. InfoNCE alone does
    not mind a code of both; with compactness nothing of its own is left."""
    generator = np.random.default_rng(0)
    shared = generator.normal(size=(256, 1))
    views = [
        tf.constant(np.hstack([shared, generator.normal(size=(256, 1))]), tf.float32)
        for _ in range(2)
    ]
    # Codes a * shared + b * own + noise, one dimension each.
    left = {}
    for weight in (0.0, 1.0):
        gains = tf.Variable([[1.0, 0.0], [0.0, 1.0]])
        optimizer = tf.keras.optimizers.SGD(0.05)
        for step in range(100):
            with tf.GradientTape() as tape:
                means = [view @ gains for view in views]
                still = tf.zeros_like(means[0])
                x, y = (
                    gaussians.sample(m, still, [step, k]) for k, m in enumerate(means)
                )
                scores = -tf.reduce_sum((x[:, None] - y[None]) ** 2, -1) / 4
                first, second = ((m, still) for m in means)
                compactness = gaussians.kl_divergence(*first, *second)
                loss = weight * compactness - contrastive.info_nce(scores)
            optimizer.apply_gradients([(tape.gradient(loss, gains), gains)])
        left[weight] = np.abs(gains.numpy()).max(axis=1)
    assert left[1.0][0] > 0.5
    assert left[1.0][1] < 0.05


def test_loss_of_step_1_in_numpy():
    own, data = shared_model(compactness_weight=0.3), pair()
    seeds = pair_step.step_seeds(0, 0, 2)
    means, variances, draws = [], [], []
    for domain, seed in zip("xy", seeds, strict=True):
        outputs = getattr(own, f"encoder_{domain}")(data[domain])
        mean, log_variance = outputs["vector"].numpy(), outputs["log_variance"].numpy()
        noise = tf.random.stateless_normal(mean.shape, seed).numpy()
        means.append(mean)
        variances.append(np.exp(log_variance))
        draws.append(mean + np.exp(log_variance / 2) * noise)
    (a, b), (v, w) = means, variances
    symmetric = (v / w + w / v - 2 + (a - b) ** 2 * (1 / v + 1 / w)) / 4
    compactness = symmetric.sum(1).mean()
    information = info_nce(cosines(*draws) / 0.1)
    terms = terms_of(own, data)
    np.testing.assert_allclose(terms["compactness"], compactness, rtol=1e-4)
    np.testing.assert_allclose(terms["information"], information, rtol=1e-4)
    expected = 0.3 * compactness - information
    np.testing.assert_allclose(terms["loss"], expected, rtol=1e-4)


def test_loss_of_step_2_in_numpy():
    own, data = exclusive_model(orthogonality_weight=0.7, **STILL), pair()
    information = orthogonality = 0.0
    for domain in "xy":
        shared = getattr(own, f"shared_encoder_{domain}")(data[domain])["vector"]
        exclusive = getattr(own, f"encoder_{domain}")(data[domain])["vector"]
        scores = (cosines(shared, shared) + cosines(exclusive, exclusive)) / 0.1
        information += info_nce(scores)
        correlations = np.corrcoef(np.transpose(shared), np.transpose(exclusive))
        orthogonality += 2 * (correlations[:4, 4:] ** 2).mean()
    terms = terms_of(own, data)
    np.testing.assert_allclose(terms["information"], information, rtol=1e-4)
    np.testing.assert_allclose(terms["orthogonality"], orthogonality, rtol=1e-3)
    expected = 0.7 * orthogonality - information
    np.testing.assert_allclose(terms["loss"], expected, rtol=1e-3)


def test_the_shared_encoders_are_frozen():
    own = exclusive_model()
    frozen = [*own.shared_encoder_x.variables, *own.shared_encoder_y.variables]
    before = [np.array(v) for v in frozen]
    own.train_step(pair())
    assert all((a == np.array(v)).all() for a, v in zip(before, frozen, strict=True))
    assert own.encoder("shared", "x") is own.shared_encoder_x
    assert own.encoder("exclusive", "x") is own.encoder_x


@pytest.mark.parametrize("model", [shared_model, exclusive_model])
def test_training_raises_the_objective(model):
    # Before and after are compared under the same noise.
    trained, data = model(learning_rate=1e-3, **STILL), pair()
    before = float(trained.held_out_step(data)["loss"])
    losses_of(trained, data, steps=16)
    trained.reset_metrics()
    assert float(trained.held_out_step(data)["loss"]) < before


@pytest.mark.parametrize("model", [shared_model, exclusive_model])
def test_a_saved_model_trains_on(tmp_path, model):
    own = model(share_weights=True)
    assert equal_after_reload(own, pair(), tmp_path / "model.keras")


@pytest.mark.long
def test_resumed_is_unbroken(tmp_path, monkeypatch):
    settings = {**TINY, "shared_epochs": 1, "exclusive_epochs": 2}
    assert resumed_is_unbroken(tmp_path, monkeypatch, NAME, steps=7, **settings)


@pytest.mark.long
def test_resumed_in_half_precision_is_unbroken(tmp_path, monkeypatch):
    """Step 2 has the encoders of step 1 in its own precision."""
    settings = {**TINY, "shared_epochs": 1, "exclusive_epochs": 2}
    settings |= {"steps": 7, "precision": "mixed_bfloat16"}
    assert resumed_is_unbroken(tmp_path, monkeypatch, NAME, **settings)


@pytest.mark.long
def test_every_command(tmp_path, monkeypatch):
    settings = {**TINY, "shared_epochs": 1, "exclusive_epochs": 1}
    every_command(tmp_path, monkeypatch, "colored-mnist", "disentangled-ssl", settings)
