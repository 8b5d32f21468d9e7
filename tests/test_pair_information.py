"""Statistics networks in parts, and Eq. 5 of single pairs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfmi import recipes
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.maps import pair_information
from tfmi.maps import patches as maps_patches
from tfmi.maps.pair_information import PairInformation
from tfmi.models import concat_networks
from tfmi.models import dot_networks
from tfmi.models import from_recipe
from tfmi.models.preprocessing import scale_images

SHAPE = (12, 12, 2)


def softplus(values):
    return np.log1p(np.exp(values))


@pytest.mark.parametrize(
    "build",
    [
        concat_networks.global_statistics_network,
        concat_networks.local_statistics_network,
        dot_networks.global_dot_network,
        dot_networks.local_dot_network,
    ],
)
def test_parts_give_the_networks_own_scores(build, monkeypatch):
    # Several calls of the layers after the first.
    monkeypatch.setattr("tfmi.maps.pair_information.CALL_SCORES", 40)
    generator = np.random.default_rng(0)
    network = build((3, 3, 4), 5, units=8)
    maps = generator.normal(size=(6, 3, 3, 4)).astype(np.float32)
    codes = generator.normal(size=(6, 5)).astype(np.float32)
    inputs = {"feature_map": maps, "code": codes, "marginal_code": codes[::-1].copy()}
    wanted = np.asarray(network(inputs)["joint"]).reshape(6, -1)
    parts = network.map_part(maps), network.code_part(codes)
    scores = pair_information.all_scores(network, *parts)
    assert scores.shape == (6, 6, wanted.shape[1])
    assert np.abs(scores[range(6), range(6)] - wanted).max() < 1e-5


def test_a_network_whose_names_are_given_anew_has_parts():
    """A loaded network keeps the names of the process that made it."""
    network = dot_networks.local_dot_network((2, 2, 3), 4, units=5)
    keras.backend.clear_session()
    assert network.code_part(np.ones((2, 4))).shape == (2, 5 + 3 + 1)


def model(critic="concat", share_weights=True, estimator="jsd"):
    keras.utils.set_random_seed(1)
    recipe = recipes.find("sentinel2-paper").replace(
        share_weights=share_weights,
        shared_size=5,
        encoder_width=4,
        critic=critic,
        estimator=estimator,
        critic_units=8,
        global_weight=0.3,
        local_weight=0.7,
    )
    return from_recipe.build_shared_model(recipe, SHAPE)


def images(count, seed=0):
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, *SHAPE), dtype=np.uint8)


JSD = (lambda t: -softplus(-t).mean(), lambda t: softplus(t).mean(axis=0).mean())
INFO_NCE = (np.mean, lambda t: np.log(np.exp(t).mean(axis=0)).mean())


@pytest.mark.parametrize(
    "critic, estimator, terms",
    [("concat", "jsd", JSD), ("dot", "jsd", JSD), ("dot", "info_nce", INFO_NCE)],
)
def test_information_is_equation_5_of_the_pair(critic, estimator, terms):
    trained = model(critic, estimator=estimator)
    pairs = PairInformation(trained)
    x, y, others = images(3), images(4, 1), images(5, 2)
    found = pairs.information(*(pairs.encode(part) for part in (x, y, others)))
    assert found.shape == (3, 4)
    assert (found < 0).all() or estimator == "info_nce"

    def term(network, image, codes):
        """Scores of one image with several codes, by the network as a whole."""
        maps = trained.encoder_x(scale_images(image[None]))["feature_map"]
        maps = tf.repeat(maps, len(codes), axis=0)
        # A dot network's joint scores do not depend on the rest of the batch.
        inputs = {"feature_map": maps, "code": codes, "marginal_code": codes}
        return np.asarray(network(inputs)["joint"])

    def code(image):
        return trained.encoder_x(scale_images(image))["vector"]

    wanted = 0
    networks_of = (trained.global_network_x, trained.local_network_x)
    for network, weight in zip(networks_of, (0.3, 0.7), strict=True):
        for image, other in ((x[1], y[2]), (y[2], x[1])):
            joint = terms[0](term(network, image, code(other[None])))
            marginal = terms[1](term(network, image, code(others)))
            wanted += weight * (joint - marginal)
    assert found[1, 2] == pytest.approx(wanted, abs=1e-4)


def test_two_domains_are_refused():
    with pytest.raises(UsageError, match=r"\(one domain\). Received: two"):
        PairInformation(model(share_weights=False))


def test_another_methods_model_is_refused():
    with pytest.raises(UsageError, match="must be of cross-mi, .* Received: a Model"):
        PairInformation(keras.Model())


def test_patches_are_centred_and_mirrored():
    pixels = np.arange(20 * 16, dtype=np.uint16).reshape(20, 16, 1)
    patches = maps_patches.Patches(pixels, (4, 4))
    assert patches.shape == (20, 16) and len(patches) == 320
    (patch,) = patches[[5 * 16 + 7]]
    assert (patch == pixels[3:7, 5:9]).all()
    (corner,) = patches.at([0], [0])
    assert corner[2, 2, 0] == 0 and corner[0, 0, 0] == pixels[2, 2, 0]
    coarse = maps_patches.Patches(pixels, (4, 4), stride=3)
    assert coarse.shape == (7, 5)
    assert (coarse[[0]] == patches.at([1], [1])).all()
    with pytest.raises(DataError, match="at least 21x4 pixels.*Received: 20x16"):
        maps_patches.Patches(pixels, (21, 4))


def test_maps_hold_the_information_of_each_patch(monkeypatch):
    monkeypatch.setattr(maps_patches, "BATCH", 50)
    pairs = PairInformation(model("dot"))
    patches = maps_patches.Patches(images(1)[0].repeat(2, 0)[:20], SHAPE[:2])
    done = []
    maps = maps_patches.information_maps(
        pairs, patches, [(3, 4), (10, 2)], progress=done.append
    )
    assert maps.shape == (20, 12, 2) and sum(done) == 240
    whole = [pairs.encode(patches[range(240)]), pairs.encode(patches.at([3], [4]))]
    sample = np.random.default_rng(0).choice(240, maps_patches.SAMPLE, replace=False)
    wanted = pairs.information(*whole, pairs.encode(patches[np.sort(sample)]))
    assert np.abs(maps[..., 0].ravel() - wanted[:, 0]).max() < 1e-4
    profile = maps_patches.information_maps(pairs, patches)
    assert profile.shape == (20, 12, maps_patches.SAMPLE)
