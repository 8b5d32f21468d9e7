"""SharedModel and ExclusiveModel: gradients, frozen parts, saving."""

import keras
import numpy as np
import own_models
import pytest
import tensorflow as tf
from tiny_models import equal
from tiny_models import exclusive_model
from tiny_models import jsd
from tiny_models import pair
from tiny_models import shared_model
from tiny_models import values

from tfmi.models import objectives
from tfmi.models import pair_step


@pytest.mark.parametrize("critic", ["concat", "dot"])
@pytest.mark.any_versions
def test_training_raises_the_objective(critic):
    model, data = shared_model(critic=critic, learning_rate=1e-2), pair()
    losses = [float(model.train_step(data)["loss"]) for _ in range(30)]
    model.reset_metrics()
    assert float(model.train_step(data)["loss"]) < losses[0]


def test_codes_in_use_are_soon_those_of_training():
    """Moving averages that lag behind the weights would give the statistics networks
    of another stage, and what is exported, other codes than were learnt."""
    model, data = shared_model(learning_rate=1e-2), pair()
    for _ in range(30):
        model.train_step(data)
    model.optimizer.learning_rate = 0.0
    for _ in range(40):
        model.train_step(data)
    trained, used = (
        model.encoder_x(data["x"], training=training)["vector"]
        for training in (True, False)
    )
    np.testing.assert_allclose(used, trained, atol=0.1)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_loss_is_equation_7(reduction):
    model, data = shared_model(l1_weight=0.3, l1_reduction=reduction), pair()
    seeds = pair_step.step_seeds(0, 0, 4)
    terms = model._terms(data, seeds, training=False)
    x, y = model.encoder_x(data["x"]), model.encoder_y(data["y"])
    total = 0.0
    for kind, weight in (("global", 0.5), ("local", 1.0)):
        for domain, own, other, seed in (
            ("x", x, y, seeds[2]),
            ("y", y, x, seeds[3]),
        ):
            scores = getattr(model, f"{kind}_network_{domain}")(
                {
                    "feature_map": own["feature_map"],
                    "code": other["vector"],
                    "marginal_code": objectives.shuffled(other["vector"], seed),
                }
            )
            total += weight * jsd(scores["joint"], scores["marginal"])
    l1 = getattr(np.abs(x["vector"] - y["vector"]), reduction)(-1).mean()
    np.testing.assert_allclose(terms["loss"], -(total - 0.3 * l1), rtol=1e-5)


@pytest.mark.parametrize("switched", [True, False])
def test_code_that_meets_x(switched):
    """Only the encoder whose code meets x gets a gradient from T_x alone."""
    model, data = shared_model(switched=switched, l1_weight=0.0), pair()
    model.global_network_y.get_layer("score").kernel.assign(
        tf.zeros_like(model.global_network_y.get_layer("score").kernel)
    )
    model.local_network_y.get_layer("score").kernel.assign(
        tf.zeros_like(model.local_network_y.get_layer("score").kernel)
    )
    with tf.GradientTape() as tape:
        loss = model._terms(data, pair_step.step_seeds(0, 0, 4), True)["loss"]
    kernels = [e.get_layer("vector").kernel for e in (model.encoder_x, model.encoder_y)]
    of_x, of_y = (np.abs(g).max() for g in tape.gradient(loss, kernels))
    assert (of_y > 0) == switched
    assert (of_x > 0) != switched


def test_trackers_are_means_over_batches():
    model = shared_model()
    batches = [pair(), pair(seed=1)]
    singles = []
    for batch in batches:
        model.reset_metrics()
        singles.append(float(model.test_step(batch)["l1"]))
    model.reset_metrics()
    for batch in batches:
        result = model.test_step(batch)
    assert float(result["l1"]) == pytest.approx(np.mean(singles), rel=1e-5)


def test_test_step_changes_nothing_and_training_moves_batch_norm():
    model, data = shared_model(), pair()
    before = values(model.encoder_x.variables)
    model.test_step(data)
    assert equal(before, values(model.encoder_x.variables))
    moving = values(model.encoder_x.non_trainable_variables)
    model.train_step(data)
    assert not equal(moving, values(model.encoder_x.non_trainable_variables))


def test_shared_weights_halve_the_networks():
    both = shared_model(share_weights=True)
    apart = shared_model()
    assert 2 * len(both.trainable_variables) == len(apart.trainable_variables)
    both.train_step(pair())


@pytest.mark.parametrize("share_weights", [True, False])
@pytest.mark.parametrize(
    "build, changes",
    [
        (shared_model, {}),
        (shared_model, {"shared_adversarial_weight": 0.5}),
        (exclusive_model, {}),
    ],
)
def test_keras_round_trip(tmp_path, build, changes, share_weights):
    model, data = build(share_weights=share_weights, **changes), pair()
    model.train_step(data)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for domain, vectors in model(data).items():
        np.testing.assert_allclose(loaded(data)[domain], vectors, atol=1e-6)
    assert loaded.get_config()["local_weight"] == model.local_weight
    assert int(loaded.optimizer.iterations) == 1
    for _ in range(2):
        loaded.train_step(data)
        model.train_step(data)
    assert equal(values(loaded.trainable_variables), values(model.trainable_variables))


def test_each_step_and_domain_has_negatives_of_its_own():
    seeds = [pair_step.step_seeds(0, step, 4)[2:] for step in range(10)]
    orders = {
        tuple(objectives.random_derangement(16, seed).numpy())
        for of_step in seeds
        for seed in of_step
    }
    assert len(orders) == 20


def test_frozen_encoders_stay_bit_identical():
    """Their batch normalisation too; that of the encoders in training moves."""
    model = exclusive_model()
    frozen = [*model.shared_encoder_x.variables, *model.shared_encoder_y.variables]
    before = values(frozen)
    moving = values(model.encoder_x.non_trainable_variables)
    for _ in range(3):
        model.train_step(pair())
    assert equal(before, values(frozen))
    assert not equal(moving, values(model.encoder_x.non_trainable_variables))
    names = {id(v) for v in model.encoder_variables + model.discriminator_variables}
    assert not names & {id(v) for v in frozen}
    assert not {id(v) for v in model.trainable_variables} & {id(v) for v in frozen}


def test_frozen_encoders_drop_nothing():
    """They run as they are used later, though the model around them trains."""
    images = keras.Input((12, 12, 3))
    maps = keras.layers.Conv2D(4, 3, strides=2, name="last_map")(images)
    dropped = keras.layers.Dropout(0.5)(keras.layers.Flatten()(maps))
    encoder = keras.Model(images, keras.layers.Dense(4)(dropped))
    model, data = own_models.exclusive(before=own_models.shared(encoder)), pair()
    codes = dict(zip("xy", model._shared(data), strict=True))
    for domain, received in codes.items():
        own = model.encoder("shared", domain)(data[domain], training=False)["vector"]
        np.testing.assert_allclose(received, own, atol=1e-6)


@pytest.mark.parametrize("build", [shared_model, exclusive_model])
def test_the_noise_is_on_the_codes_of_both_images(build, monkeypatch):
    model, data, noisy = build(), pair(), []
    module = {shared_model: "shared", exclusive_model: "negatives"}[build]

    def add_noise(codes, stddev, seed):
        noisy.append((codes, stddev, tuple(np.asarray(seed))))
        return codes

    monkeypatch.setattr(f"tfmi.models.{module}.add_noise", add_noise)
    model.code_noise = 0.3
    model.test_step(data)
    (x, *of_x), (y, *of_y) = noisy
    for domain, codes in zip("xy", (x, y), strict=True):
        own = getattr(model, f"encoder_{domain}")(data[domain])["vector"]
        np.testing.assert_allclose(codes, own, atol=1e-5)
    assert of_x[0] == of_y[0] == 0.3 and of_x[1] != of_y[1]


def test_loss_is_equation_10():
    """Each image meets its own S and its own E, in its own networks."""
    model, data = exclusive_model(adversarial_weight=0.4), pair()
    seeds = pair_step.step_seeds(0, 0, 6)
    total, adversarial = 0.0, 0.0
    for index, domain in enumerate("xy"):
        shared = getattr(model, f"shared_encoder_{domain}")(data[domain])["vector"]
        encoded = getattr(model, f"encoder_{domain}")(data[domain])
        code = tf.concat([shared, encoded["vector"]], axis=-1)
        for kind, weight in (("global", 0.5), ("local", 1.0)):
            scores = getattr(model, f"{kind}_network_{domain}")(
                {
                    "feature_map": encoded["feature_map"],
                    "code": code,
                    "marginal_code": objectives.shuffled(code, seeds[2 + index]),
                }
            )
            total += weight * jsd(scores["joint"], scores["marginal"])
        discriminator = getattr(model, f"discriminator_{domain}")
        logits = discriminator(
            {
                "shared": shared,
                "exclusive": encoded["vector"],
                "marginal_exclusive": objectives.shuffled(
                    encoded["vector"], seeds[4 + index]
                ),
            }
        )
        adversarial += jsd(joint=logits["marginal"], marginal=logits["joint"])
    terms = model.test_step(data)
    np.testing.assert_allclose(terms["adversarial"], adversarial, rtol=1e-5)
    np.testing.assert_allclose(terms["discriminator"], -adversarial, rtol=1e-5)
    np.testing.assert_allclose(terms["loss"], -(total - 0.4 * adversarial), rtol=1e-5)


def test_noise_is_on_the_codes_only():
    codes = tf.zeros((1000, 4))
    assert pair_step.add_noise(codes, 0.0, None) is codes
    noisy = pair_step.add_noise(codes, 0.5, [0, 1]).numpy()
    assert noisy.std() == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize("build", [shared_model, exclusive_model])
@pytest.mark.parametrize("share_weights", [True, False])
def test_each_image_has_the_vector_of_its_own_encoder(build, share_weights):
    model, data = build(share_weights=share_weights), pair()
    vectors, name = model(data), model.__class__.__name__[: -len("Model")].lower()
    for domain in "xy":
        own = model.encoder(name, domain)(data[domain])["vector"]
        np.testing.assert_allclose(vectors[domain], own, atol=1e-5, err_msg=domain)


def test_what_e_adds_to_the_local_term():
    model, data = exclusive_model(), pair()
    with_e, without = model.local_terms(data)
    in_training = float(model.held_out_step(data)["local"])
    assert with_e == pytest.approx(in_training, abs=1e-5)
    assert with_e != without
    for encoder in (model.encoder_x, model.encoder_y):
        for variable in encoder.get_layer("vector").variables:
            variable.assign(0 * variable)
    with_e, without = model.local_terms(data)
    assert with_e == pytest.approx(without, abs=1e-5)
