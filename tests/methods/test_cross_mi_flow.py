"""Stage 3 of cross-mi-flow: its loss in numpy, and E as every command sees it."""

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

from tfmi import methods
from tfmi import recipes
from tfmi.errors import UsageError
from tfmi.models import pair_step
from tfmi.models.independent import IndependentModel
from tfmi.models.saving import load_model

NAME, METHOD = "colored-mnist-cross-mi-flow", "cross-mi-flow"
TINY = {
    "encoder_width": 4,
    "critic_units": 8,
    "discriminator_units": 8,
    "flow_units": 8,
    "flow_couplings": 2,
    "shared_size": 4,
    "exclusive_size": 3,
    "batch_size": 8,
}
# S of levels may be one code before training.
SETTINGS = {**TINY, "shared_levels": 0, "learning_rate": 1e-2}


def model_of(shaken=True, **changes):
    """A model of stage 3, whose flows are not new: a new one only changes the order."""
    settings, before = SETTINGS | changes, None
    for stage in ("shared", "exclusive", "independent"):
        before = build(NAME, stage, before, **settings)
    generator = np.random.default_rng(0)
    for variable in before.encoder_variables if shaken else ():
        variable.assign(generator.normal(scale=0.3, size=variable.shape))
    return before


def codes_of(model, data, domain):
    """S and E before it is written anew, of the image itself."""
    own = domain if model.flow_y is not None else "x"
    return [
        getattr(model, f"{kind}_{own}")(data[domain], training=False)["vector"]
        for kind in ("shared_encoder", "encoder")
    ]


def flow_of(model, domain):
    return model.flow_x if domain == "x" or model.flow_y is None else model.flow_y


def test_the_loss_in_numpy():
    """The likelihood of noisy E given S of the other image."""
    model, data = model_of(flow_noise=0.5), pair()
    seeds, likelihood = pair_step.step_seeds(0, 0, 2), 0.0
    for (domain, other), seed in zip(("xy", "yx"), seeds, strict=True):
        shared, _ = codes_of(model, data, other)
        _, exclusive = codes_of(model, data, domain)
        noise = pair_step.add_noise(0 * exclusive, 0.5, seed)
        assert np.std(noise) > 0.3
        inputs = {"condition": shared, "code": exclusive + noise}
        likelihood += np.mean(flow_of(model, domain)(inputs)["log_likelihood"])
    np.testing.assert_allclose(terms_of(model, data)["loss"], -likelihood, rtol=1e-5)


@pytest.mark.parametrize("share_weights", [False, True])
def test_e_is_what_the_flow_makes_of_it_and_of_the_images_own_s(share_weights):
    model, data = model_of(share_weights=share_weights), pair()
    called = model(data)
    functions = model.representations()
    assert {domain for _, domain in functions} == set("x" if share_weights else "xy")
    for domain in "xy":
        shared, exclusive = codes_of(model, data, domain)
        inputs = {"condition": shared, "code": exclusive}
        expected = np.asarray(flow_of(model, domain)(inputs)["code"])
        assert np.abs(np.sort(expected) - np.sort(exclusive)).max() > 0.1
        np.testing.assert_allclose(called[domain], expected, atol=1e-5)
        encoder = model.encoder("exclusive", domain)
        outputs = encoder(data[domain], training=False)
        np.testing.assert_allclose(outputs["vector"], expected, atol=1e-5)
        assert len(outputs["feature_map"].shape) == 4
        given = model.encoder("shared", domain)(data[domain], training=False)
        np.testing.assert_allclose(given["vector"], shared, atol=1e-5)
    for (representation, domain), function in functions.items():
        vectors = function(data[domain].numpy())
        if representation.name == "exclusive":
            np.testing.assert_allclose(vectors, called[domain], atol=1e-5)


def test_a_step_moves_the_flow_alone():
    model, data = model_of(), pair()
    moved = {id(v) for v in model.encoder_variables}
    assert moved == {id(v) for v in model.trainable_variables}
    still = [v for v in model.variables if id(v) not in moved]
    networks = [v for v in still if "encoder" in v.path]
    before = [np.array(v) for v in networks]
    losses = losses_of(model, data, steps=30)
    assert losses[-1] < losses[0] - 0.5
    for old, variable in zip(before, networks, strict=True):
        np.testing.assert_array_equal(old, variable, variable.path)


def test_a_saved_model_trains_on_and_gives_the_same_e(tmp_path):
    model, data = model_of(), pair()
    assert equal_after_reload(model, data, tmp_path / "model.keras")
    model.save(tmp_path / "again.keras")
    loaded = load_model(tmp_path / "again.keras")
    np.testing.assert_allclose(loaded(data)["x"], model(data)["x"], atol=1e-6)


def test_around_a_users_own_models():
    before = None
    for stage in ("shared", "exclusive"):
        before = build(NAME, stage, before, **SETTINGS, share_weights=True)
    model = IndependentModel.from_exclusive(before, units=8, couplings=1)
    model.compile(optimizer="adam")
    model.fit(tf.data.Dataset.from_tensors(pair()).repeat(2), verbose=0)
    assert int(model.steps_done) == 2 and model(pair())["x"].shape == (8, 3)


def test_its_stages_learn_two_representations():
    method = methods.find(METHOD)
    assert [each.name for each in method.representations()] == ["shared", "exclusive"]
    assert [s.name for s in method.stages] == ["shared", "exclusive", "independent"]
    stage_of = {
        name: method.stage_of(recipes.find(NAME), name)
        for name in ("l1_weight", "adversarial_weight", "flow_noise")
    }
    assert list(stage_of.values()) == ["shared", "exclusive", "independent"]


def test_rounded_codes_have_no_density():
    with pytest.raises(UsageError, match="exclusive_levels must be 0.*Received: 3"):
        recipes.find(NAME).replace(exclusive_levels=3)


@pytest.mark.long
def test_resumed_is_unbroken(tmp_path, monkeypatch):
    epochs = dict.fromkeys(("shared_epochs", "exclusive_epochs"), 1)
    settings = {**SETTINGS, **epochs, "independent_epochs": 2}
    # Stopped in the third stage.
    assert resumed_is_unbroken(tmp_path, monkeypatch, NAME, steps=11, **settings)


@pytest.mark.long
def test_every_command(tmp_path, monkeypatch):
    stages = ("shared", "exclusive", "independent")
    settings = SETTINGS | {f"{stage}_epochs": 1 for stage in stages}
    every_command(tmp_path, monkeypatch, "colored-mnist", METHOD, settings)
