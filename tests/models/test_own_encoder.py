"""Encoders of the user's own in recipes: keras.applications and .keras files."""

import keras
import numpy as np
import own_models
import pytest
import tensorflow as tf
import tiny_models
from tiny_models import SHAPE
from tiny_models import equal
from tiny_models import values

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.models import from_recipe
from tfmi.models import own_encoder

MOBILE_NET = "keras.applications:MobileNetV3Small"


@pytest.fixture
def file(tmp_path):
    own_models.sequential(size=5).save(tmp_path / "encoder.keras")
    return str(tmp_path / "encoder.keras")


def test_unknown_application():
    for name in ("MobileNetV9", "mobilenet_v3"):
        with pytest.raises(UsageError, match=f"MobileNetV2, .*Received: {name}"):
            own_encoder.opener(f"keras.applications:{name}")


def test_file_is_opened_anew_each_time(file):
    build = own_encoder.opener(file)
    first, second = build(SHAPE), build(SHAPE)
    assert first is not second
    assert equal(values(first.weights), values(second.weights))
    first.weights[0].assign_add(tf.ones_like(first.weights[0]))
    assert not equal(values(first.weights), values(build(SHAPE).weights))


def test_copy_of_the_run_is_read(file, tmp_path):
    kept = (tmp_path / "encoder.keras").rename(tmp_path / "kept.keras")
    assert own_encoder.opener(file, kept)(SHAPE).output_shape == (None, 5)


def test_refused_files(file, tmp_path):
    (tmp_path / "damaged.keras").write_bytes(b"no zip")
    for name in ("damaged.keras", "missing.keras"):
        with pytest.raises(DataError, match=f"whole .keras file.*{name}"):
            own_encoder.opener(str(tmp_path / name))(SHAPE)
    with pytest.raises(UsageError, match="must take images of 32x32x1. Received: "):
        own_encoder.opener(file)((32, 32, 1))
    with pytest.raises(UsageError, match="must take images of 8x8x3.*MobileNetV3"):
        own_encoder.opener(MOBILE_NET)((8, 8, 3))


def test_statistics_of_applications_follow_a_short_training():
    layers = own_encoder.opener(MOBILE_NET)((32, 32, 3)).layers
    norms = [x for x in layers if isinstance(x, keras.layers.BatchNormalization)]
    # Its own are 0.999: after 300 steps three quarters of what they began with is left.
    assert len(norms) > 10 and {layer.momentum for layer in norms} == {0.9}


def both(shape=SHAPE, name=None, precision="float32", **changes):
    """Models of both stages around an encoder by its name."""
    recipe = tiny_models.recipe(encoder=name, **changes)
    options = {"encoder": own_encoder.opener(name), "precision": precision}
    first = from_recipe.build_shared_model(recipe, shape, **options)
    return first, from_recipe.build_exclusive_model(recipe, shape, first, **options)


# Stage 2 freezes the encoders of stage 1, whose optimizer was built for them.
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_recipe_with_a_file(file, precision, tmp_path):
    models = both(name=file, precision=precision, normalize_codes=True, shared_levels=3)
    encoders = [m.encoder("exclusive", d) for m in models for d in "xy"]
    names = [encoder.name for encoder in encoders]
    assert names == [f"{s}_encoder_{d}" for s in ("shared", "exclusive") for d in "xy"]
    variables = {id(v) for encoder in encoders for v in encoder.variables}
    assert len(variables) == sum(len(encoder.variables) for encoder in encoders)
    first = encoders[0]
    assert first.output["vector"].shape == (None, 4)
    assert first.output["vector"].dtype == "float32"
    kernels = [encoder.get_layer("backbone").weights[0] for encoder in encoders]
    assert all(equal(values([kernels[0]]), values([k])) for k in kernels)
    codes = first(tiny_models.pair()["x"])["vector"]
    assert set(np.unique(codes)) <= {-1.0, 0.0, 1.0}
    for model in models:
        assert np.isfinite(model.train_step(tiny_models.pair())["loss"])
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        assert equal(values(model.weights), values(loaded.weights))


def test_custom_layers_of_a_file(tmp_path):
    path = tmp_path / "encoder.keras"
    model = own_models.Subclass()
    model(np.zeros((1, *SHAPE), "f"))
    model.save(path)
    first, second = both(name=str(path))
    assert np.isfinite(second.train_step(tiny_models.pair())["loss"])
    assert first.encoder_x.output["feature_map"].shape == (None, 4, 4, 4)


def test_mobile_net_of_224_pixels():
    """The networks of both stages fit its last map, and its configuration serves to
    build it again in float32."""
    models = both(
        (224, 224, 3), MOBILE_NET, precision="mixed_bfloat16", share_weights=True
    )
    for model in models:
        assert model.encoder_x.output["feature_map"].shape == (None, 7, 7, 576)
        assert model.encoder_x.output["feature_map"].dtype == "bfloat16"
        assert model.encoder_x.output["vector"].dtype == "float32"
    copy = type(models[1].encoder_x).from_config(models[1].encoder_x.get_config())
    assert len(copy.weights) == len(models[1].encoder_x.weights)
