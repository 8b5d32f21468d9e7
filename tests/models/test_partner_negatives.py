"""Stage 2 whose negatives are the other images' E (`exclusive_negatives`)."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from tiny_models import exclusive_model
from tiny_models import jsd
from tiny_models import pair

from tfmi import recipes
from tfmi.errors import UsageError

KINDS = {
    "share_weights": True,
    "adversarial_weight": 0.0,
    "exclusive_negatives": "partner",
}


def codes(model, data):
    """S and E `(batch, size)` by domain; E by the statistics of the batch."""
    both = tf.concat([data["x"], data["y"]], axis=0)
    maps = model.encoder_x(both, training=True)
    exclusive = tf.split(maps["vector"], 2)
    feature_maps = tf.split(maps["feature_map"], 2)
    shared = tf.split(model.shared_encoder_x(both, training=False)["vector"], 2)
    return shared, exclusive, feature_maps


@pytest.mark.parametrize("critic", ["concat", "dot"])
def test_the_negative_is_the_partners_e_with_the_images_own_s(critic):
    model, data = exclusive_model(**KINDS, critic=critic), pair()
    model.code_noise = 0.0
    shared, exclusive, maps = codes(model, data)
    expected = 0.0
    for own, other in ((0, 1), (1, 0)):
        code = tf.concat([shared[own], exclusive[own]], axis=-1)
        negative = tf.concat([shared[own], exclusive[other]], axis=-1)
        for name, weight in (("global", 0.5), ("local", 1.0)):
            network = getattr(model, f"{name}_network_x")
            parts = network.map_part(maps[own])
            scores = [
                np.stack([np.asarray(all_of)[row, row] for row in range(8)])
                for all_of in (
                    network.scores(parts, network.code_part(each))
                    for each in (code, negative)
                )
            ]
            expected += weight * jsd(*scores)
    logs = model.train_step(data)
    np.testing.assert_allclose(-float(logs["loss"]), expected, rtol=1e-4)


def test_what_both_images_share_brings_nothing():
    """Where the two images of each pair are the same, nothing tells codes apart."""
    model, data = exclusive_model(**KINDS), pair()
    model.code_noise = 0.0
    terms = model.test_step({"x": data["x"], "y": data["x"]})
    assert float(terms["local"]) <= -2 * 2 * np.log(2) + 1e-6


def test_it_is_kept_in_a_file(tmp_path):
    model = exclusive_model(**KINDS)
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").negatives == "partner"


@pytest.mark.parametrize(
    "changes",
    [
        {"share_weights": False},
        {"estimator": "info_nce", "critic": "dot"},
        {"exclusive_negatives": "others"},
    ],
)
def test_what_cannot_be(changes):
    with pytest.raises(UsageError, match="negatives"):
        recipes.find("pairs").replace(**{**KINDS, **changes})
