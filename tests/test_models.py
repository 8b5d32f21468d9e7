"""SharedModel and ExclusiveModel: gradients, frozen parts, saving."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny

from tfmi import building
from tfmi import information
from tfmi import objectives
from tfmi import recipes
from tfmi.errors import UsageError

SHAPE = (12, 12, 3)
RNG = np.random.default_rng(0)


def recipe(**changes):
    settings = {**tiny.SETTINGS, "learning_rate": 1e-3, "critic": "concat"}
    return recipes.find("colored-mnist-paper").replace(**{**settings, **changes})


def pair(batch=8):
    return {
        domain: tf.constant(RNG.normal(size=(batch, *SHAPE)), tf.float32)
        for domain in "xy"
    }


def shared_model(**changes):
    return building.build_shared_model(recipe(**changes), SHAPE)


def exclusive_model(**changes):
    chosen = recipe(**changes)
    shared = building.build_shared_model(chosen, SHAPE)
    return building.build_exclusive_model(chosen, SHAPE, shared)


def values(variables):
    return [np.array(v.numpy()) for v in variables]


def equal(first, second):
    return all((a == b).all() for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("critic", ["concat", "dot"])
def test_training_raises_the_objective(critic):
    model, data = shared_model(critic=critic, learning_rate=1e-2), pair()
    losses = [float(model.train_step(data)["loss"]) for _ in range(30)]
    model.reset_metrics()
    assert float(model.train_step(data)["loss"]) < losses[0]


def test_loss_is_equation_7():
    model, data = shared_model(l1_weight=0.3), pair()
    seeds = information.step_seeds(0, 0, 4)
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
    l1 = np.abs(x["vector"] - y["vector"]).sum(-1).mean()
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
        loss = model._terms(data, information.step_seeds(0, 0, 4), True)["loss"]
    kernels = [e.get_layer("vector").kernel for e in (model.encoder_x, model.encoder_y)]
    of_x, of_y = (np.abs(g).max() for g in tape.gradient(loss, kernels))
    assert (of_y > 0) == switched
    assert (of_x > 0) != switched


def test_trackers_are_means_over_batches():
    model = shared_model()
    batches = [pair(), pair()]
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
@pytest.mark.parametrize("build", [shared_model, exclusive_model])
def test_keras_round_trip(tmp_path, build, share_weights):
    model, data = build(share_weights=share_weights), pair()
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
    seeds = [information.step_seeds(0, step, 4)[2:] for step in range(10)]
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


def test_loss_is_equation_10():
    """Each image meets its own S and its own E, in its own networks."""
    model, data = exclusive_model(adversarial_weight=0.4), pair()
    seeds = information.step_seeds(0, 0, 6)
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
    np.testing.assert_allclose(terms["loss"], -(total - 0.4 * adversarial), rtol=1e-5)


def jsd(joint, marginal):
    """Eq. 2, and Eq. 9 with the real samples as the joint ones."""
    joint, marginal = np.asarray(joint), np.asarray(marginal)
    return -np.logaddexp(0, -joint).mean() - np.logaddexp(0, marginal).mean()


@pytest.mark.parametrize("still", ["encoder", "discriminator"])
def test_each_side_learns_from_its_own_loss_only(still):
    """With one side's learning rate at 0, a step moves the other alone."""
    model = exclusive_model()
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
    shared = building.build_shared_model(chosen, SHAPE, precision=precision)
    model = building.build_exclusive_model(chosen, SHAPE, shared, precision=precision)
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
    shared = building.build_shared_model(chosen, SHAPE)
    model = building.build_exclusive_model(chosen, SHAPE, shared, total_steps=40)
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


def test_unknown_adversarial_loss():
    model = exclusive_model()
    config = {**model.get_config(), "adversarial_loss": "wasserstein"}
    with pytest.raises(UsageError, match="Received: wasserstein"):
        type(model).from_config(config)


def test_noise_is_on_the_codes_only():
    codes = tf.zeros((1000, 4))
    assert information.add_noise(codes, 0.0, None) is codes
    noisy = information.add_noise(codes, 0.5, [0, 1]).numpy()
    assert noisy.std() == pytest.approx(0.5, rel=0.05)
