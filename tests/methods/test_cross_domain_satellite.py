"""The satellite variant: one set of networks, a variational E, and every command."""

import numpy as np
import own_images
import pytest
from tiny_methods import build
from tiny_methods import equal_after_reload
from tiny_methods import every_command
from tiny_methods import losses_of
from tiny_methods import pair
from tiny_methods import terms_of

from tfmi import recipes
from tfmi.errors import UsageError

NAME = "sentinel2-cross-domain-satellite"
TINY = {"encoder_width": 4, "exclusive_size": 3, "batch_size": 8}


def model(**changes):
    return build(NAME, **{**TINY, **changes})


def test_there_is_none_of_two_domains():
    with pytest.raises(UsageError, match="of colored-mnist must be one of"):
        recipes.of_method("colored-mnist", "cross-domain-satellite")


def test_one_set_of_networks_without_exclusive_decoders():
    own = model()
    assert own.encoder_y is None and own.critic_y is None
    assert own.exclusive_decoder_x is None
    assert set(terms_of(own, pair())) == {
        "loss",
        "translation",
        "reconstruction",
        "shared",
        "latent",
        "kl",
        "discriminator",
    }


def test_kl_and_loss_in_numpy():
    own, data = model(kl_weight=0.7), pair()
    kl = 0.0
    for domain in "xy":
        outputs = own.encoder_x(data[domain])
        mean, log_variance = outputs["vector"].numpy(), outputs["log_variance"].numpy()
        kl += (np.exp(log_variance) + mean**2 - 1 - log_variance).sum(1).mean() / 2
    terms = terms_of(own, data)
    np.testing.assert_allclose(terms["kl"], kl, rtol=1e-4)
    weights = {"translation": 1, "reconstruction": 100, "shared": 100, "latent": 100}
    loss = 0.7 * kl + sum(w * terms[name] for name, w in weights.items())
    np.testing.assert_allclose(terms["loss"], loss, rtol=1e-5)


def test_the_mean_of_e_is_its_representation():
    own, data = model(), pair()
    vectors = own.encoder("exclusive", "x")(data["x"])["vector"]
    np.testing.assert_array_equal(vectors, own.encoder_x(data["x"])["vector"])
    assert vectors.shape == (8, 3)


def test_training_lowers_the_loss():
    losses = losses_of(model(learning_rate=2e-3), pair())
    assert losses[-1] < losses[0]


def test_a_saved_model_trains_on(tmp_path):
    assert equal_after_reload(model(), pair(), tmp_path / "model.keras")


@pytest.mark.long
def test_every_command(tmp_path, monkeypatch):
    manifest = own_images.write_manifest(tmp_path / "words")
    data = ["--manifest", manifest, "--share", "writer", "--evaluate", "writer,word"]
    chosen = "pairs", "cross-domain-satellite", {**TINY, "training_epochs": 1}
    run = every_command(tmp_path, monkeypatch, *chosen, data)
    assert (run.stage_folder("training") / "translations.png").is_file()
