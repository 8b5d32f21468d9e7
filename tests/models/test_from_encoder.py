"""Both stages around image models of every kind, by Keras's own methods."""

import keras
import numpy as np
import own_models
import pytest
import tensorflow as tf
from own_models import SHAPE
from own_models import SMALL
from own_models import STAGES
from own_models import pairs
from own_models import sequential
from own_models import shared
from tiny_models import equal
from tiny_models import values

from tfmi.errors import UsageError
from tfmi.models import ExclusiveModel
from tfmi.models import SharedModel
from tfmi.models.image_encoder import image_encoder
from tfmi.models.preprocessing import scale_images
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED


def mobile_net():
    return keras.applications.MobileNetV3Small(
        weights=None, include_top=False, input_shape=(32, 32, 3), alpha=0.35
    )


def nested():
    """The backbone is one layer, whose own output is no tensor of this model."""
    inner = own_models.functional()
    backbone = keras.Model(inner.inputs, inner.output["feature_map"])
    pooled = keras.layers.GlobalAveragePooling2D()
    return keras.Sequential([backbone, pooled, keras.layers.Dense(4)])


def built_subclass():
    model = own_models.Subclass()
    model(np.zeros((1, *SHAPE), "f"))
    return model


@pytest.mark.parametrize(
    "build, network, kind, dtype",
    [
        (sequential, "concat", "tuple", "uint8"),
        (own_models.functional, "dot", "dict", "float32"),
        (own_models.Subclass, "concat", "dict", "uint8"),
        (built_subclass, "dot", "tuple", "float32"),
        pytest.param(mobile_net, "dot", "tuple", "uint8", marks=pytest.mark.long),
        (nested, "dot", "dict", "uint8"),
    ],
)
def test_both_stages(build, network, kind, dtype):
    options = {**SMALL, "statistics_network": network}
    if build is own_models.Subclass:
        options["image_shape"] = SHAPE
    first = SharedModel.from_encoder(build(), **options)
    shape = first.encoder_x.input_shape[1:]
    batches = pairs(kind=kind, dtype=dtype, shape=shape)
    first.compile("adam")
    second = ExclusiveModel.from_encoders(
        first, build(), discriminator=network, discriminator_units=8, **options
    )
    second.compile("adam", discriminator_optimizer="sgd")
    for model in (first, second):
        before = values(model.encoder_variables)
        history = model.fit(batches, verbose=0).history
        assert all(np.isfinite(numbers).all() for numbers in history.values())
        assert not equal(before, values(model.encoder_variables))
        assert np.isfinite(model.evaluate(batches, verbose=0)).all()
        assert model.predict(batches, verbose=0)["x"].shape == (16, 4)


@pytest.mark.parametrize("stage", STAGES)
def test_settings_of_the_recipes_are_within_reach(stage):
    options = {"shared": {"adversarial_weight": 0.5}}.get(
        stage, {"discriminator": "dot", "spectral_norm": True, "warmup_steps": 3}
    )
    model = STAGES[stage](
        statistics_network="dot", normalize_codes=True, levels=3, **options
    )
    assert model.fit(pairs(), verbose=0).history["discriminator"]
    codes = model.predict(pairs(), verbose=0)["x"]
    assert set(np.unique(codes)) <= {-1.0, 0.0, 1.0}


def test_encoder_of_y_and_representations():
    first = SharedModel.from_encoder(
        sequential(), sequential(shape=(12, 14, 1)), **SMALL
    )
    second = ExclusiveModel.from_encoders(
        first, sequential(), sequential(shape=(12, 14, 1)), **SMALL
    )
    functions = second.representations()
    assert list(functions) == [
        (representation, domain)
        for representation in (SHARED, EXCLUSIVE)
        for domain in "xy"
    ]
    assert list(first.representations()) == [(SHARED, "x"), (SHARED, "y")]
    assert list(shared().representations()) == [(SHARED, "x")]
    images = np.random.default_rng(0).integers(0, 256, (3, 12, 14, 1), dtype=np.uint8)
    vectors = functions[EXCLUSIVE, "y"](images)
    scaled = scale_images(images).numpy()
    np.testing.assert_array_equal(vectors, functions[EXCLUSIVE, "y"](scaled))
    expected = second.encoder_y(scaled)["vector"]
    np.testing.assert_allclose(vectors, expected, atol=1e-6)


def test_encoder_is_used_not_copied():
    encoder = sequential()
    before = values(encoder.weights)
    shared(encoder).fit(pairs(), verbose=0)
    assert not equal(before, values(encoder.weights))


def feature_map(model, **options):
    return image_encoder(model, **options).output["feature_map"].shape


def test_feature_map():
    assert feature_map(sequential()) == (None, 3, 3, 5)
    assert feature_map(own_models.functional()) == (None, 5, 5, 6)
    assert feature_map(sequential(), feature_map="last_map") == (None, 3, 3, 5)
    model = sequential()
    assert feature_map(model, feature_map=model.layers[0].name) == (None, 5, 5, 4)
    maps = keras.Model(model.inputs, model.layers[0].output)
    built = image_encoder(maps)
    assert built.output["feature_map"].shape == (None, 5, 5, 4)
    assert built.output["vector"].shape == (None, 64)


def test_outputs_are_those_of_the_model():
    model, images = sequential(), np.random.default_rng(0).normal(size=(2, *SHAPE))
    outputs = image_encoder(model)(images)
    np.testing.assert_allclose(outputs["vector"], model(images), atol=1e-6)
    part = keras.Model(model.inputs[0], model.get_layer("last_map").output)
    np.testing.assert_allclose(outputs["feature_map"], part(images), atol=1e-6)


def test_vector_of_another_size_passes_a_linear_layer():
    assert image_encoder(sequential(7)).output["vector"].shape == (None, 7)
    assert image_encoder(sequential(7), size=3).output["vector"].shape == (None, 3)


def of_rank_3():
    image = keras.Input(SHAPE)
    return keras.Model(image, keras.layers.Reshape((36, 12))(image))


@pytest.mark.parametrize(
    "build, options, received",
    [
        (own_models.Opaque, {"image_shape": SHAPE}, "Opaque, with such layers: none"),
        (own_models.Opaque, {}, r"Received: opaque\w* for \(\)"),
        (sequential, {"feature_map": "flat"}, "with such layers: conv2d.*last_map"),
        (of_rank_3, {}, r"Received: \(None, 36, 12\)"),
        (sequential, {"statistics_network": "dots"}, "concat, dot. Received: dots"),
        (
            lambda: keras.Sequential([keras.layers.Conv2D(3, 3)]),
            {},
            r"give image_shape. Received: sequential\w* for \(\)",
        ),
    ],
)
def test_refused_encoders(build, options, received):
    with pytest.raises(UsageError, match=received) as error:
        SharedModel.from_encoder(build(), **options)
    assert "\n" not in str(error.value)


def test_refused_sizes_and_weights():
    encoder, first = sequential(), shared()
    with pytest.raises(UsageError, match="Received: 4 and 5"):
        SharedModel.from_encoder(sequential(4), sequential(5), units=8)
    with pytest.raises(UsageError, match="encoder_y must have weights of its own"):
        SharedModel.from_encoder(encoder, encoder, units=8)
    with pytest.raises(UsageError, match="encoder of E must have weights of its own"):
        ExclusiveModel.from_encoders(
            SharedModel.from_encoder(encoder, units=8), encoder, units=8
        )
    networks = {
        "global_network_x": first.global_network_x,
        "local_network_x": first.local_network_x,
    }
    with pytest.raises(UsageError, match="global_network_x must take.*Received: 4"):
        SharedModel(image_encoder(sequential(6)), **networks)
    with pytest.raises(UsageError, match="functional model.*Received: Sequential"):
        SharedModel(encoder, **networks)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    "name, value", [("loss", "mse"), ("metrics", ["mae"]), ("weighted_metrics", [])]
)
def test_compile_refuses_what_needs_targets(stage, name, value):
    with pytest.raises(UsageError, match=f"{name} must not be given"):
        STAGES[stage]().compile(**{name: value})


def test_refused_batches():
    model, images = shared(), tf.zeros((4, *SHAPE))
    for batch in ((images, images, images), {"x": images}, images):
        with pytest.raises(UsageError, match="a batch must be"):
            model.train_step(batch)
    with pytest.raises(UsageError, match=r"must be uint8.*Received: int32"):
        model((tf.cast(images, tf.int32), images))


@pytest.mark.parametrize("network", ["concat", "dot"])
@pytest.mark.parametrize("stage", STAGES)
def test_single_pairs_are_refused(stage, network):
    model = STAGES[stage](statistics_network=network)
    with pytest.raises(UsageError, match="at least 2 pairs.*Received: 1"):
        model.train_step(next(iter(pairs(1, 1))))
    for method in (model.fit, model.evaluate):
        with pytest.raises(tf.errors.InvalidArgumentError, match="at least 2 pairs"):
            # The last batch is of a single pair.
            method(pairs(9, 8, drop_remainder=False), verbose=0)
    assert model.predict(pairs(1, 1), verbose=0)["y"].shape == (1, 4)


class Shrinking(keras.layers.Layer):
    """Adds a constant to the loss."""

    def call(self, inputs):
        self.add_loss(keras.ops.sum(inputs) * 0 + 3.0)
        return inputs


@pytest.mark.parametrize("stage", STAGES)
def test_regularisers_and_added_losses_count(stage):
    def encoder(*layers, **options):
        layers = (*sequential(**options).layers, *layers)
        return keras.Sequential([keras.Input(SHAPE), *layers])

    data = next(iter(pairs()))
    regular = encoder(Shrinking(), kernel_regularizer=keras.regularizers.L2(0.5))
    model = STAGES[stage](regular)
    weights = (model.global_weight, model.local_weight)
    terms = {name: float(v) for name, v in model.test_step(data).items()}
    objective = weights[0] * terms["global"] + weights[1] * terms["local"]
    if stage == "shared":
        objective -= model.l1_weight * terms["l1"]
    else:
        objective -= model.adversarial_weight * terms["adversarial"]
    kernel = regular.layers[0].kernel
    added = 3.0 + 0.5 * float(tf.reduce_sum(kernel**2))
    assert terms["loss"] + objective == pytest.approx(added, abs=1e-4)
    before = np.array(kernel)
    model.optimizer.learning_rate = 1.0
    model.train_step(data)
    # Half of the L2 gradient of 0.5 w^2 each: the kernel is about gone.
    assert np.abs(kernel).mean() < 0.5 * np.abs(before).mean()
