"""Stage 1: what is trained, on what, and what is kept."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmi import networks
from tfmi import objectives
from tfmi.shared import step_seeds


class Spy:
    """A statistics network that keeps what it was given."""

    def __init__(self, scores=None):
        self.seen = []
        self.scores = scores or {"joint": tf.zeros([8]), "marginal": tf.zeros([8])}

    def __call__(self, inputs):
        self.seen.append(inputs)
        return self.scores


def arrays(variables):
    return [np.array(v) for v in variables]


def same(left, right):
    return [np.array_equal(a, b) for a, b in zip(left, right, strict=True)]


def moving_statistics(model):
    return [v for v in model.variables if "moving" in v.path]


def jsd(scores):
    joint, marginal = (np.array(scores[k], "f8") for k in ("joint", "marginal"))
    return -np.logaddexp(0, -joint).mean() - np.logaddexp(0, marginal).mean()


@pytest.mark.parametrize("share", (False, True))
def test_fit_lowers_the_loss(make_shared_model, pair_dataset, share):
    model = make_shared_model(share)
    history = model.fit(pair_dataset, epochs=12, verbose=0).history
    assert history["loss"][-1] < history["loss"][0] - 0.05
    assert np.isfinite(history["loss"]).all()
    # A mutual information of Eq. 2 is at most 0, one of two domains at least.
    assert max(history["global"] + history["local"]) <= 0


def test_the_loss_reaches_every_trainable_variable(make_shared_model, pair_batch):
    model = make_shared_model()
    with tf.GradientTape() as tape:
        terms = model._terms(pair_batch, step_seeds(0, 0, 4), training=True)
    gradients = tape.gradient(terms["loss"], model.trainable_variables)
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        assert gradient is not None, variable.path
        assert np.isfinite(gradient).all()


def test_trainable_variables_are_those_of_the_networks(make_shared_model):
    model = make_shared_model()
    parts = [
        getattr(model, f"{name}_{domain}")
        for name in ("encoder", "global_network", "local_network")
        for domain in ("x", "y")
    ]
    expected = {id(v) for part in parts for v in part.trainable_variables}
    assert {id(v) for v in model.trainable_variables} == expected


@pytest.mark.parametrize("switched", (True, False))
def test_each_image_meets_the_code_of_the_other_unless_unswitched(
    make_shared_model, pair_batch, switched
):
    spies = {
        f"{kind}_network_{domain}": Spy()
        for kind in ("global", "local")
        for domain in ("x", "y")
    }
    model = make_shared_model(switched=switched, **spies)
    model.test_step(pair_batch)
    codes = model(pair_batch)
    maps = {
        "x": model.encoder_x(pair_batch["x"])["feature_map"],
        "y": model.encoder_y(pair_batch["y"])["feature_map"],
    }
    assert np.abs(codes["x"] - codes["y"]).max() > 1e-3
    for name, spy in spies.items():
        (seen,) = spy.seen
        domain = name[-1]
        met = {"x": "y", "y": "x"}[domain] if switched else domain
        np.testing.assert_array_equal(seen["code"], codes[met])
        np.testing.assert_array_equal(seen["feature_map"], maps[domain])
        same_rows = (seen["code"] == seen["marginal_code"]).numpy().all(axis=1)
        assert not same_rows.any()
        ordered = [np.sort(seen[k], axis=0) for k in ("code", "marginal_code")]
        np.testing.assert_array_equal(*ordered)


def test_loss_is_equation_7_and_local_term_a_single_mean(make_shared_model, pair_batch):
    weights = {"global_weight": 0.7, "local_weight": 1.3, "l1_weight": 0.2}
    model = make_shared_model(seed=3, **weights)
    model.seed = 5
    terms = {k: float(v) for k, v in model.test_step(pair_batch).items()}
    encoded = {
        "x": model.encoder_x(pair_batch["x"]),
        "y": model.encoder_y(pair_batch["y"]),
    }
    seeds = step_seeds(5, 0, 4)
    expected = {"global": 0.0, "local": 0.0}
    for domain, other, seed in (("x", "y", seeds[2]), ("y", "x", seeds[3])):
        code = encoded[other]["vector"]
        inputs = {
            "feature_map": encoded[domain]["feature_map"],
            "code": code,
            "marginal_code": objectives.shuffled(code, seed),
        }
        for kind in expected:
            scores = getattr(model, f"{kind}_network_{domain}")(inputs)
            expected[kind] += jsd(scores)
            if kind == "local":
                assert scores["joint"].shape[1:3] == (6, 6)
    difference = np.abs(encoded["x"]["vector"] - encoded["y"]["vector"])
    expected["l1"] = difference.sum(axis=1).mean()
    expected["loss"] = -(
        0.7 * expected["global"] + 1.3 * expected["local"] - 0.2 * expected["l1"]
    )
    for name, value in expected.items():
        np.testing.assert_allclose(terms[name], value, rtol=1e-4, err_msg=name)


def test_history_is_the_mean_over_the_batches(make_shared_model, pair_dataset):
    # Nothing moves, and batch norm in training sees the batch alone.
    model = make_shared_model(optimizer=keras.optimizers.SGD(0.0))
    history = model.fit(pair_dataset, verbose=0).history
    each = []
    for batch in pair_dataset:
        codes = model(batch, training=True)
        each.append(float(objectives.l1_distance(codes["x"], codes["y"])))
    assert max(each) - min(each) > 1e-3
    np.testing.assert_allclose(history["l1"][0], np.mean(each), rtol=1e-4)


def test_batch_norm_is_in_training_mode_in_fit_alone(make_shared_model, pair_dataset):
    model = make_shared_model()
    before = arrays(moving_statistics(model))
    assert before
    model.evaluate(pair_dataset, verbose=0)
    assert all(same(before, arrays(moving_statistics(model))))
    model.fit(pair_dataset, verbose=0)
    assert not any(same(before, arrays(moving_statistics(model))))


def test_evaluation_changes_no_weight(make_shared_model, pair_dataset):
    model = make_shared_model()
    model.fit(pair_dataset, verbose=0)
    before = arrays(model.weights + model.optimizer.variables)
    first = model.evaluate(pair_dataset, verbose=0, return_dict=True)
    assert all(same(before, arrays(model.weights + model.optimizer.variables)))
    assert first == model.evaluate(pair_dataset, verbose=0, return_dict=True)


def test_optimizer_is_built_in_compile(make_shared_model):
    model = make_shared_model()
    assert model.optimizer.built
    assert len(model.optimizer.variables) > 2 * len(model.trainable_variables)


@pytest.mark.parametrize("share", (False, True))
def test_keras_file_restores_outputs_and_optimizer(
    make_shared_model, pair_dataset, pair_batch, tmp_path, share
):
    options = {"l1_weight": 0.3, "switched": False, "code_noise": 0.1}
    model = make_shared_model(share, **options)
    model.fit(pair_dataset, verbose=0)
    model.save(tmp_path / "shared.keras")
    restored = keras.saving.load_model(tmp_path / "shared.keras")
    for domain, codes in model(pair_batch).items():
        np.testing.assert_array_equal(restored(pair_batch)[domain], codes)
    assert int(restored.optimizer.iterations) == 4
    slots = [arrays(m.optimizer.variables) for m in (model, restored)]
    assert all(same(*slots)) and len(slots[0]) > 10
    assert (restored.encoder_y is None) == share
    for name, value in options.items():
        assert getattr(restored, name) == value


def test_shared_weights_are_half_of_the_encoders_variables(make_shared_model):
    def count(model):
        encoders = [model.encoder_x, model.encoder_y]
        return sum(len(v.variables) for v in encoders if v is not None)

    two, one = make_shared_model(), make_shared_model(share=True)
    assert count(two) == 2 * count(one)
    assert len(two.trainable_variables) == 2 * len(one.trainable_variables)


def test_shared_weights_encode_both_images_alike(make_shared_model, pair_batch):
    model = make_shared_model(share=True)
    codes = model({"x": pair_batch["x"], "y": pair_batch["x"]})
    np.testing.assert_allclose(codes["x"], codes["y"], atol=1e-6)


def test_images_may_be_of_another_size_than_28x28(make_shared_model, pair_batch):
    encoder = networks.encoder((12, 12, 3), 3, width=4)
    assert encoder.input_shape[1:] == pair_batch["x"].shape[1:]
    assert make_shared_model()(pair_batch)["x"].shape == (8, 3)


def test_step_seeds_are_a_function_of_seed_and_step():
    seeds = {
        (seed, step): [tuple(v.numpy()) for v in step_seeds(seed, step, 4)]
        for seed in (0, 1)
        for step in (0, 1, 2)
    }
    assert len({v for group in seeds.values() for v in group}) == 24
    again = [tuple(v.numpy()) for v in step_seeds(1, tf.constant(2, tf.int64), 4)]
    assert again == seeds[1, 2]
