"""Stage 3 of cross-mi-flow: its loss in numpy, and E as every command sees it."""

import types

import keras
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
from tiny_methods import train

from tfmi import methods
from tfmi import pipelines
from tfmi import recipes
from tfmi import runs
from tfmi.errors import UsageError
from tfmi.models import pair_step
from tfmi.models.flow import conditional_flow
from tfmi.models.independent import IndependentModel
from tfmi.models.networks import regression
from tfmi.models.saving import load_model
from tfmi.training import held_out
from tfmi.training import loop
from tfmi.training import stages

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


@pytest.mark.parametrize("share_weights", [False, True])
def test_s_is_what_it_tells_of_the_other_s(share_weights):
    """The loss of both in numpy, and both as they are used."""
    model = model_of(regression_units=8, share_weights=share_weights, flow_noise=0.0)
    data, told = pair(), {}
    for domain in "xy":
        own = "x" if share_weights else domain
        shared, _ = codes_of(model, data, domain)
        told[domain] = getattr(model, f"regression_{own}")(shared)
        assert np.abs(np.subtract(told[domain], shared)).max() > 0.1
    distance, likelihood = 0.0, 0.0
    for domain, other in ("xy", "yx"):
        distance += np.mean((told[domain] - codes_of(model, data, other)[0]) ** 2)
        _, exclusive = codes_of(model, data, domain)
        inputs = {"condition": told[other], "code": exclusive}
        likelihood += np.mean(flow_of(model, domain)(inputs)["log_likelihood"])
        encoded = model.encoder("shared", domain)(data[domain], training=False)
        np.testing.assert_allclose(encoded["vector"], told[domain], atol=1e-5)
        expected = flow_of(model, domain)({**inputs, "condition": told[domain]})["code"]
        encoded = model.encoder("exclusive", domain)(data[domain], training=False)
        np.testing.assert_allclose(encoded["vector"], expected, atol=1e-5)
        np.testing.assert_allclose(model(data)[domain], expected, atol=1e-5)
    terms = terms_of(model, data)
    assert list(terms) == ["loss", "likelihood", "distance"]
    np.testing.assert_allclose(terms["distance"], distance, rtol=1e-5)
    np.testing.assert_allclose(terms["likelihood"], likelihood, rtol=1e-5)
    np.testing.assert_allclose(terms["loss"], distance - likelihood, rtol=1e-5)


def test_the_flow_does_not_bend_what_it_is_given():
    model, data = model_of(regression_units=8), pair()
    seeds = pair_step.step_seeds(0, 0, 2)
    with tf.GradientTape() as tape:
        likelihood = model._terms(data, seeds, True)["likelihood"]
    assert tape.gradient(likelihood, model.regression_x.trainable_variables[0]) is None


def means_of(channels):
    """An encoder whose code is known: means of channels, times 10."""
    image = keras.Input((9, 9, 3))
    means = 10 * keras.layers.GlobalAveragePooling2D()(image)
    vector = keras.ops.take(means, channels, axis=-1)
    return keras.Model(image, {"feature_map": image, "vector": vector})


def test_what_one_image_alone_tells_leaves_s():
    """Of S = (what both share, what is each image's own) only the first stays; E, which
    has the first in it too, loses it."""
    keras.utils.set_random_seed(0)
    model = IndependentModel(
        {
            "shared_encoder_x": means_of([0, 1]),
            "encoder_x": means_of([2]),
            "regression_x": regression(2, 16),
            "flow_x": conditional_flow(2, 1, 16),
        }
    )
    model.compile(optimizer=keras.optimizers.Adam(3e-3))
    generator = np.random.default_rng(0)

    def images(shared, own, exclusive):
        codes = np.stack([shared, own, exclusive + shared], axis=1) / 10
        return np.broadcast_to(codes[:, None, None], (len(codes), 9, 9, 3)).astype("f")

    def pairs():
        while True:
            shared, *own = generator.normal(size=(5, 128))
            yield {"x": images(shared, *own[:2]), "y": images(shared, *own[2:])}

    spec = tf.TensorSpec((128, 9, 9, 3), tf.float32)
    data = tf.data.Dataset.from_generator(
        pairs, output_signature={"x": spec, "y": spec}
    )
    model.fit(data, verbose=0, steps_per_epoch=400)
    shared, own, exclusive = generator.normal(size=(3, 1000))
    tested = images(shared, own, exclusive)
    codes = {
        kind: np.asarray(model.encoder(kind, "x")(tested)["vector"])
        for kind in ("shared", "exclusive")
    }
    told, kept = codes["shared"].T, codes["exclusive"][:, 0]
    assert np.corrcoef(told[0], shared)[0, 1] > 0.95
    assert np.std(told[1]) < 0.2
    assert abs(np.corrcoef(kept, shared)[0, 1]) < 0.1
    assert abs(np.corrcoef(kept, exclusive)[0, 1]) > 0.95


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


def test_the_third_stage_sees_codes_as_they_are_used(tmp_path, monkeypatch):
    """Of images that are not moved, also where a stage is looked at on held-out pairs,
    and in float32: half precision moves S of an image as far as another image of its
    group lies."""
    moved, prepared, built, build = [], stages.prepared, {}, runs.Run.build

    def recorded(pairs, first_step, max_shift, *others):
        moved.append(max_shift)
        return prepared(pairs, first_step, max_shift, *others)

    def recorded_build(run, stage, **options):
        built.setdefault(stage, options["precision"])
        return build(run, stage, **options)

    monkeypatch.setattr(stages, "prepared", recorded)
    monkeypatch.setattr(held_out, "prepared", recorded)
    monkeypatch.setattr(runs.Run, "build", recorded_build)
    epochs = dict.fromkeys((f"{s.name}_epochs" for s in methods.find(METHOD).stages), 1)
    settings = {**SETTINGS, **epochs, "max_shift": 0.25}
    run = train(tmp_path, NAME, precision="mixed_bfloat16", **settings)
    assert moved == [0.25, 0.25, 0.0]
    half = "mixed_bfloat16"
    assert built == {"shared": half, "exclusive": half, "independent": "float32"}
    recipe = run.recipe.replace(**{name: "auto:2" for name in epochs})
    automatic = types.SimpleNamespace(recipe=recipe, stage_folder=run.stage_folder)
    data = {**run.data, "validation_fraction": 0.5}
    dataset = pipelines.open_dataset("colored-mnist", data)
    for stage in run.method.stages:
        span = loop.Span(0, 4, 2)
        held_out.automatic_end(automatic, stage, dataset, span, 0)
    assert moved[3:] == [0.25, 0.25, 0.0]


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
