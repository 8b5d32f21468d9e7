"""What every method of this package does: precisions, XLA, a user's own encoder."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_methods import SHAPE
from tiny_methods import build
from tiny_methods import pair

from tfmi import methods
from tfmi import recipes
from tfmi.models import saving

TINY = {
    "encoder_width": 4,
    "critic_units": 8,
    "discriminator_units": 8,
    "code_size": 4,
    "shared_size": 4,
    "exclusive_size": 3,
    "batch_size": 8,
}
# A recipe and stage each, with what turns every part of its objective on.
OTHERS = {
    "shared_kl_weight": 0.1,
    "estimator": "info_nce",
    "independence": "club",
    "shared_levels": 0,
    "exclusive_levels": 0,
}
STAGES = [
    ("colored-mnist", "shared", OTHERS),
    ("colored-mnist", "exclusive", OTHERS),
    ("colored-mnist-deep-infomax", "training", {}),
    ("colored-mnist-vae", "training", {"total_correlation_weight": 1.0}),
    ("colored-mnist-cross-domain", "training", {}),
    ("pairs-cross-domain-satellite", "training", {}),
    ("colored-mnist-disentangled-ssl", "shared", {}),
    ("colored-mnist-disentangled-ssl", "exclusive", {}),
    ("colored-mnist-iiae", "training", {}),
]


OWN = [stage for stage in STAGES if "cross-domain" not in stage[0]]


def stage_model(name, stage, changes, **options):
    known = {field.name for field in recipes.find(name).settings()}
    settings = {n: v for n, v in TINY.items() if n in known} | changes
    names = [each.name for each in methods.find(recipes.find(name).method).stages]
    model = None
    for each in names[: names.index(stage) + 1]:
        model = build(name, each, model, options=options, **settings)
    return model


def own_encoder(image_shape):
    image = keras.Input(image_shape)
    features = keras.layers.Conv2D(5, 3, strides=2, activation="relu")(image)
    return keras.Model(image, features)


@pytest.mark.parametrize("name, stage, changes", STAGES)
def test_half_precision(name, stage, changes):
    """A step changes weights, which stay float32, by finite numbers; and a float32
    copy gives nearly the same vectors."""
    chosen, data = (name, stage, changes), pair()
    model = stage_model(*chosen, precision="mixed_bfloat16")
    logs = model.train_step(data)
    assert all(np.isfinite(float(value)) for value in logs.values())
    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    copy = saving.copied(model, lambda: stage_model(*chosen))
    method = methods.find(recipes.find(name).method)
    for representation in method.representations([stage]):
        vectors = [
            np.asarray(m.encoder(representation.name, "x")(data["x"])["vector"])
            for m in (model, copy)
        ]
        assert vectors[0].dtype == np.float32
        scale = np.abs(vectors[1]).max()
        np.testing.assert_allclose(*vectors, atol=0.05 * scale)


@pytest.mark.long
@pytest.mark.parametrize("name, stage, changes", STAGES)
def test_xla(name, stage, changes):
    model = stage_model(name, stage, changes, jit=True)
    step = tf.function(model.train_step, jit_compile=True)
    logs = [step(pair()) for _ in range(2)]
    assert all(np.isfinite(float(v)) for each in logs for v in each.values())
    assert int(model.steps_done) == 2


@pytest.mark.parametrize("name, stage, changes", OWN)
def test_an_own_encoder(name, stage, changes):
    model = stage_model(name, stage, changes, encoder=own_encoder)
    model.train_step(pair())
    method = methods.find(recipes.find(name).method)
    for representation in method.representations([stage]):
        encoder = model.encoder(representation.name, "x")
        assert encoder(np.zeros((2, *SHAPE), np.float32))["vector"].shape[0] == 2
        assert any("backbone" in layer.name for layer in encoder.layers)
