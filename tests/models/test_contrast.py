"""The contrast of the codes of stage 1, and models without statistics networks."""

import keras
import numpy as np
import own_models
import pytest
from tiny_methods import equal_after_reload
from tiny_methods import terms_of
from tiny_models import SHAPE
from tiny_models import pair
from tiny_models import recipe
from tiny_models import shared_model
from tiny_models import values

import tfmi
from tfmi.errors import UsageError
from tfmi.maps.pair_information import PairInformation
from tfmi.models import from_recipe
from tfmi.models.shared import SharedModel

ALONE = {"contrast_weight": 0.7, "global_weight": 0.0, "local_weight": 0.0}


def info_nce_of_cosines(network, codes, temperature):
    """By the textbook: the pair's own cosine among those with all others."""
    first, second = (np.asarray(network(each), np.float64) for each in codes)
    first, second = (
        each / np.linalg.norm(each, axis=1, keepdims=True) for each in (first, second)
    )
    scores = first @ second.T / temperature
    own = np.diag(scores)
    rows, columns = (np.log(np.exp(scores).sum(axis)) for axis in (1, 0))
    return ((own - rows) + (own - columns)).mean() / 2 + np.log(len(scores))


def codes_of(model, data):
    return [model.encoder("shared", d)(data[d])["vector"] for d in "xy"]


@pytest.mark.parametrize("share_weights", (True, False))
def test_loss_in_numpy(share_weights):
    changes = {"contrast_temperature": 0.3, "l1_weight": 0.2}
    model = shared_model(**ALONE, **changes, share_weights=share_weights)
    data = pair()
    codes = codes_of(model, data)
    contrast = info_nce_of_cosines(model.contrast_network, codes, 0.3)
    l1 = np.abs(np.subtract(*map(np.asarray, codes))).mean()
    terms = terms_of(model, data)
    assert set(terms) == {"loss", "l1", "contrast"}
    np.testing.assert_allclose(terms["contrast"], contrast, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(terms["loss"], 0.2 * l1 - 0.7 * contrast, rtol=1e-4)


def test_it_is_added_to_the_papers_objective():
    data = pair()
    terms = terms_of(shared_model(contrast_weight=0.7, l1_weight=0.2), data)
    information = 0.5 * terms["global"] + terms["local"] + 0.7 * terms["contrast"]
    np.testing.assert_allclose(
        terms["loss"], 0.2 * terms["l1"] - information, rtol=1e-5
    )


@pytest.mark.parametrize(
    "weights, there",
    [
        ({**ALONE, "global_weight": 0.5}, {"global"}),
        ({**ALONE, "local_weight": 1.0}, {"local"}),
        ({**ALONE, "contrast_weight": 0.0}, {"global", "local"}),
    ],
)
def test_beside_it_a_term_of_no_weight_has_no_network(weights, there):
    model = shared_model(**weights)
    networks = {"global": model.global_network_x, "local": model.local_network_y}
    assert {name for name, network in networks.items() if network} == there
    assert {"global", "local"} & set(model.train_step(pair())) == there


def unit_codes(model, data):
    """What the contrast compares, of a mean square of 1."""
    for domain in "xy":
        own = domain if model.encoder_y is not None else "x"
        vector = getattr(model, f"encoder_{own}")(data[domain])["vector"]
        code = np.asarray(model.contrast_network(vector), np.float64)
        yield code / np.sqrt(np.mean(code**2, axis=1, keepdims=True))


@pytest.mark.parametrize("share_weights", (True, False))
def test_with_a_head_s_is_what_is_compared(share_weights, tmp_path):
    changes = {**ALONE, "contrast_head": True, "share_weights": share_weights}
    model, data = shared_model(**changes, contrast_temperature=0.3), pair()
    size = model.encoder_x.output["vector"].shape[-1]
    assert model.contrast_network.output_shape == (None, size) != (None, 8)
    expected = list(unit_codes(model, data))
    stage_2 = from_recipe.build_exclusive_model(recipe(**changes), SHAPE, model)
    of_call, of_stage_2 = model(data), stage_2._shared(data)
    functions = model.representations()
    for number, domain in enumerate("xy"):
        outputs = model.encoder("shared", domain)(data[domain])
        assert len(outputs["feature_map"].shape) == 4
        found = [outputs["vector"], of_call[domain], of_stage_2[number]]
        found += [f(data[d].numpy()) for (_, d), f in functions.items() if d == domain]
        for vectors in found:
            np.testing.assert_allclose(vectors, expected[number], atol=1e-5)
    # Nothing else changes: the contrast is of their cosines, the L1 distance of what
    # the encoder gives.
    contrast = info_nce_of_cosines(np.asarray, expected, 0.3)
    assert terms_of(model, data)["contrast"] == pytest.approx(contrast, rel=1e-4)
    stage_2.save(tmp_path / "stage_2.keras")
    loaded = keras.models.load_model(tmp_path / "stage_2.keras")._shared(data)
    for vectors, wanted in zip(loaded, expected, strict=True):
        np.testing.assert_allclose(vectors, wanted, atol=1e-5)
    kept = {id(v) for v in stage_2.trainable_variables}
    assert not kept & {id(v) for v in model.contrast_network.variables}


def test_a_head_is_saved_and_models_without_a_contrast_have_none(tmp_path):
    model, data = shared_model(**ALONE, contrast_head=True), pair()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(data)["x"], model(data)["x"], atol=1e-6)
    without = shared_model(contrast_head=True)
    assert without.encoder("shared", "x") is without.encoder_x
    model = tfmi.SharedModel.from_encoder(
        own_models.sequential(), **ALONE, contrast_head=True, size=6
    )
    assert model.contrast_network.output_shape == (None, 6) and model.contrast_head


def test_every_network_learns():
    model = shared_model(**ALONE)
    before = values(model.encoder_variables)
    for _ in range(2):
        model.train_step(pair())
    after = values(model.encoder_variables)
    assert not any((a == b).all() for a, b in zip(before, after, strict=True))
    networks = model.contrast_network, model.encoder_x, model.encoder_y
    assert len(before) == sum(len(n.trainable_variables) for n in networks)


@pytest.mark.any_versions
def test_pairs_are_told_from_others():
    """S of 32 different pairs that share all but noise: the bound nears log(32)."""
    model, generator = shared_model(**ALONE, learning_rate=1e-2), np.random
    generator = generator.default_rng(0)
    images = generator.normal(size=(32, 12, 12, 3)).astype("float32")
    for _ in range(60):
        noisy = {
            d: images + 0.1 * generator.normal(size=images.shape).astype("float32")
            for d in "xy"
        }
        terms = model.train_step(noisy)
        model.reset_metrics()
    assert np.log(32) - 0.5 < float(terms["contrast"]) < np.log(32)


def test_saved_whole_and_read_from_before(tmp_path):
    assert equal_after_reload(shared_model(**ALONE), pair(), tmp_path / "model.keras")
    old = shared_model()
    config = old.get_config()
    for name in ("contrast_network", "contrast_weight", "temperature"):
        del config[name]
    again = SharedModel.from_config(config)
    assert again.contrast_network is None
    again.set_weights(old.get_weights())
    for ours, olds in zip(codes_of(again, pair()), codes_of(old, pair()), strict=True):
        np.testing.assert_array_equal(ours, olds)


def test_around_any_encoder():
    model = tfmi.SharedModel.from_encoder(
        own_models.sequential(), units=8, **ALONE, temperature=0.2
    )
    assert model.local_network_x is None and model.global_network_x is None
    assert model.contrast_network.output_shape == (None, 8)
    model.compile(optimizer="adam")
    history = model.fit(own_models.pairs(), verbose=0).history
    assert set(history) == {"loss", "l1", "contrast"}
    assert model.temperature == 0.2


def test_maps_need_statistics_networks():
    without = shared_model(**ALONE, share_weights=True)
    with pytest.raises(UsageError, match="must have statistics networks: .* alone"):
        PairInformation(without)
    images = np.random.default_rng(0).integers(0, 256, (3, 12, 12, 3), np.uint8)
    model = shared_model(**{**ALONE, "global_weight": 0.5}, share_weights=True)
    pairs = PairInformation(model)
    encoded = pairs.encode(images)
    assert len(encoded.maps) == 1
    assert pairs.information(encoded, encoded, encoded).shape == (3, 3)


def test_codes_of_a_head_are_not_rounded():
    with pytest.raises(UsageError, match="shared_levels must be 0 with.*Received: 3"):
        shared_model(**ALONE, contrast_head=True, shared_levels=3)


def test_temperature_is_bounded():
    with pytest.raises(UsageError, match="contrast_temperature must be .*0.001"):
        shared_model(contrast_temperature=0.0)
