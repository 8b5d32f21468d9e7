"""What others have in the place of a term: KL of posteriors, InfoNCE, CLUB."""

import numpy as np
import own_models
import pytest
import tensorflow as tf
from tiny_methods import equal_after_reload
from tiny_methods import every_command
from tiny_methods import resumed_is_unbroken
from tiny_methods import terms_of
from tiny_models import exclusive_model
from tiny_models import jsd
from tiny_models import pair
from tiny_models import shared_model

from tfmi.errors import UsageError
from tfmi.models import club
from tfmi.models import dot_networks
from tfmi.models import gaussians
from tfmi.models import objectives
from tfmi.models import pair_step

ALL = {
    "shared_kl_weight": 0.3,
    "l1_weight": 0.0,
    "estimator": "info_nce",
    "critic": "dot",
    "independence": "club",
}
TINY = {"encoder_width": 4, "critic_units": 8, "discriminator_units": 8}
SMALL = {**TINY, "shared_size": 4, "exclusive_size": 4, "batch_size": 8}


def distributions(model, data):
    """`{domain: outputs of its encoder}` as arrays."""
    return {
        domain: {
            name: np.asarray(value)
            for name, value in getattr(model, f"encoder_{domain}")(data[domain]).items()
        }
        for domain in "xy"
    }


def divergence(first, second):
    """KL(first || second) in nats, by the textbook."""
    (m, v), (n, w) = (
        (each["vector"], np.exp(each["log_variance"])) for each in (first, second)
    )
    terms = np.log(np.sqrt(w / v)) + (v + (m - n) ** 2) / (2 * w) - 0.5
    return terms.sum(axis=-1).mean()


def info_nce(scores):
    own = np.diag(scores)
    rows, columns = (np.log(np.exp(scores).sum(axis)) for axis in (1, 0))
    return ((own - rows) + (own - columns)).mean() / 2 + np.log(len(scores))


def all_pairs_information(network, feature_map, code):
    """InfoNCE of a statistics network, a position at a time."""
    parts = network.map_part(feature_map), network.code_part(code)
    scores = np.asarray(network.scores(*parts))
    return np.mean([info_nce(scores[..., n]) for n in range(scores.shape[-1])])


def test_kl_of_posteriors_in_numpy():
    """Draws meet the networks, means the L1 distance."""
    model, data = shared_model(shared_kl_weight=0.3, l1_weight=0.2), pair()
    seeds, encoded = pair_step.step_seeds(0, 0, 6), distributions(model, data)
    x, y = encoded["x"], encoded["y"]
    kl = (divergence(x, y) + divergence(y, x)) / 2
    drawn = {
        domain: gaussians.sample(outputs["vector"], outputs["log_variance"], seed)
        for (domain, outputs), seed in zip(encoded.items(), seeds[4:], strict=True)
    }
    information = 0.0
    for index, (domain, other) in enumerate(("xy", "yx")):
        inputs = {
            "feature_map": tf.constant(encoded[domain]["feature_map"]),
            "code": drawn[other],
            "marginal_code": objectives.shuffled(drawn[other], seeds[2 + index]),
        }
        for kind, weight in (("global", 0.5), ("local", 1.0)):
            scores = getattr(model, f"{kind}_network_{domain}")(inputs)
            information += weight * jsd(scores["joint"], scores["marginal"])
    terms = terms_of(model, data)
    l1 = np.abs(x["vector"] - y["vector"]).mean()
    np.testing.assert_allclose(terms["kl"], kl, rtol=1e-5)
    np.testing.assert_allclose(terms["l1"], l1, rtol=1e-5)
    expected = 0.3 * kl + 0.2 * l1 - information
    np.testing.assert_allclose(terms["loss"], expected, rtol=1e-5)


def test_levels_and_unit_variance_are_the_means():
    """The variance is left as it is."""
    changes = {"normalize_codes": True, "shared_levels": 3, "shared_kl_weight": 0.1}
    model = shared_model(**changes)
    x = distributions(model, pair(32))["x"]
    assert set(np.unique(x["vector"])) <= {-1.0, 0.0, 1.0}
    assert len(np.unique(x["log_variance"])) > 3
    np.testing.assert_array_equal(model.encoder("shared", "x").name, "shared_encoder_x")


def test_pair_matrix_is_the_scores_before_they_are_divided():
    generator = np.random.default_rng(0)
    keys, queries = generator.normal(size=(5, 3, 4)), generator.normal(size=(5, 4))
    layer = dot_networks.PairScores()
    joint, marginal = layer(keys, queries, np.zeros((5, 1)))
    expected = np.einsum("ipk,ck->cip", keys, queries)
    matrix = dot_networks.pair_matrix(joint, marginal)
    np.testing.assert_allclose(matrix, expected, rtol=1e-5, atol=1e-6)


def test_info_nce_of_both_stages_in_numpy():
    model, data = shared_model(estimator="info_nce", critic="dot"), pair()
    encoded = distributions(model, data)
    expected = {"global": 0.0, "local": 0.0}
    for domain, other in ("xy", "yx"):
        for kind in expected:
            network = getattr(model, f"{kind}_network_{domain}")
            code = encoded[other]["vector"]
            maps = encoded[domain]["feature_map"]
            expected[kind] += all_pairs_information(network, maps, code)
    terms = terms_of(model, data)
    for kind, value in expected.items():
        np.testing.assert_allclose(terms[kind], value, rtol=1e-4, atol=1e-6)
    second = exclusive_model(estimator="info_nce", critic="dot")
    encoded = distributions(second, data)
    expected = 0.0
    for domain in "xy":
        shared = getattr(second, f"shared_encoder_{domain}")(data[domain])["vector"]
        code = np.hstack([shared, encoded[domain]["vector"]])
        network = getattr(second, f"local_network_{domain}")
        maps = encoded[domain]["feature_map"]
        expected += all_pairs_information(network, maps, code)
    local = terms_of(second, data)["local"]
    np.testing.assert_allclose(local, expected, rtol=1e-4, atol=1e-6)


def normal_log_likelihood(codes, mean, log_variance):
    """`(distributions, codes)`."""
    squares = (codes[None] - mean[:, None]) ** 2 * np.exp(-log_variance[:, None])
    return -(squares + log_variance[:, None] + np.log(2 * np.pi)).sum(-1) / 2


def likelihoods(network, shared, exclusive):
    """log q(e_j|s_i) by the layers that give mean and variance."""
    parts = [network.get_layer(name).output for name in ("mean", "log_variance")]
    inputs = {"shared": shared, "exclusive": exclusive, "marginal_exclusive": exclusive}
    mean, log_variance = tf.keras.Model(network.input, parts)(inputs)
    return normal_log_likelihood(*map(np.asarray, (exclusive, mean, log_variance)))


def test_loss_with_club_in_numpy():
    changes = {"adversarial_weight": 0.4, "exclusive_size": 3}
    model, data = exclusive_model(independence="club", **changes), pair()
    bound = likelihood = 0.0
    for domain in "xy":
        network = getattr(model, f"discriminator_{domain}")
        shared = getattr(model, f"shared_encoder_{domain}")(data[domain])["vector"]
        exclusive = getattr(model, f"encoder_{domain}")(data[domain])["vector"]
        scores = likelihoods(network, shared, exclusive)
        own, others = np.diag(scores), scores[~np.eye(8, dtype=bool)]
        bound += own.mean() - others.mean()
        likelihood += own.mean()
    terms = terms_of(model, data)
    np.testing.assert_allclose(terms["club"], bound, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(terms["likelihood"], -likelihood, rtol=1e-4)
    information = 0.5 * terms["global"] + terms["local"]
    expected = 0.4 * bound - information
    np.testing.assert_allclose(terms["loss"], expected, rtol=1e-4)


def gaussian_pairs(rho, count, seed=0):
    x, noise = np.random.default_rng(seed).normal(size=(2, count, 1)).astype("f")
    return x, rho * x + np.sqrt(1 - rho**2) * noise


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_club_of_gaussians_of_known_information(rho):
    """With the true p(y|x) it is rho^2 / (1 - rho^2), and no less than the mutual
    information."""
    x, y = gaussian_pairs(rho, 3000)
    log_variance = np.full_like(x, np.log(1 - rho**2))
    scores = normal_log_likelihood(y, rho * x, log_variance)
    bound = float(club.upper_bound(scores, np.diag(scores)))
    assert bound == pytest.approx(rho**2 / (1 - rho**2), abs=0.1)
    assert bound > -np.log(1 - rho**2) / 2 - 0.01


def test_clubs_network_learns_the_likelihood():
    """Its bound goes to that of the true one."""
    tf.keras.utils.set_random_seed(0)
    network = club.conditional_network(1, 1, units=16)
    optimizer = tf.keras.optimizers.Adam(0.03)

    @tf.function(reduce_retracing=True)
    def step(x, y):
        codes = {"shared": x, "exclusive": y, "marginal_exclusive": y}
        with tf.GradientTape() as tape:
            scores = network(codes)
            loss = -club.log_likelihood(scores["marginal"], scores["joint"])
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        return club.upper_bound(scores["marginal"], scores["joint"])

    bounds = [
        float(step(*map(tf.constant, gaussian_pairs(0.7, 256, seed))))
        for seed in range(150)
    ]
    assert abs(bounds[0]) < 0.4
    assert np.mean(bounds[-20:]) == pytest.approx(0.49 / 0.51, abs=0.1)


@pytest.mark.parametrize("build", [shared_model, exclusive_model])
def test_a_saved_model_trains_on(tmp_path, build):
    model = build(share_weights=True, **ALL)
    assert equal_after_reload(model, pair(), tmp_path / "model.keras")


def test_they_are_within_reach_of_a_users_own_encoder():
    first = own_models.shared(
        kl_weight=0.1, estimator="info_nce", statistics_network="dot", size=None
    )
    assert first.encoder_x.output["log_variance"].shape == (None, 4)
    (batch,) = own_models.pairs().take(1)
    assert np.isfinite(first.train_step(batch)["kl"])
    second = own_models.exclusive(before=first, independence="club")
    terms = {"loss", "global", "local", "club", "likelihood"}
    assert set(second.train_step(batch)) == terms


def test_what_does_not_go_together():
    with pytest.raises(UsageError, match="estimator must be one of jsd, info_nce"):
        own_models.shared(estimator="nwj")
    with pytest.raises(UsageError, match="must score all pairs of a batch"):
        own_models.shared(estimator="info_nce")
    with pytest.raises(UsageError, match="independence must be one of discriminator"):
        own_models.exclusive(independence="hsic")
    with pytest.raises(UsageError, match="must be saddle_point with the independence"):
        own_models.exclusive(independence="club", adversarial_loss="non_saturating")
    plain = shared_model().get_config()
    with pytest.raises(UsageError, match="without the last"):
        type(shared_model()).from_config({**plain, "kl_weight": 1.0})


@pytest.mark.long
def test_resumed_is_unbroken(tmp_path, monkeypatch):
    settings = {**SMALL, **ALL, "shared_epochs": 1, "exclusive_epochs": 2}
    name = "colored-mnist"
    assert resumed_is_unbroken(tmp_path, monkeypatch, name, steps=7, **settings)


@pytest.mark.long
def test_every_command(tmp_path, monkeypatch):
    settings = {**SMALL, **ALL, "shared_epochs": 1, "exclusive_epochs": 1}
    # In so few steps codes of levels may be one code.
    settings |= {"shared_levels": 0, "exclusive_levels": 0, "shared_kl_weight": 1e-3}
    every_command(tmp_path, monkeypatch, "colored-mnist", "cross-mi", settings)
