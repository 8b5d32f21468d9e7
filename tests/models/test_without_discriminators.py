"""Stage 2 whose adversary has no weight: no discriminators, and all else is alike."""

import keras
import numpy as np
import own_models
import pytest
from tiny_models import exclusive_model
from tiny_models import pair

from tfmi import ExclusiveModel
from tfmi.errors import UsageError
from tfmi.models.exclusive import NETWORKS

ALONE = {"adversarial_weight": 0.0}
GAME = {"adversarial", "discriminator"}


@pytest.mark.parametrize("share_weights", [False, True])
def test_the_encoders_learn_as_beside_discriminators_of_no_weight(share_weights):
    changes = {"share_weights": share_weights, "discriminator_steps": 2}
    alone = exclusive_model(**changes, **ALONE)
    beside = exclusive_model(**changes, adversarial_weight=0.5)
    beside.adversarial_weight = 0.0
    for name in NETWORKS[:4]:
        for network in (f"{name}_{domain}" for domain in "xy"):
            if (copied := getattr(beside, network)) is not None:
                getattr(alone, network).set_weights(copied.get_weights())
    for _ in range(2):
        logs, others = alone.train_step(pair()), beside.train_step(pair())
    assert set(others) - set(logs) == GAME and float(logs["loss"]) != 0
    for name in logs:
        np.testing.assert_allclose(logs[name], others[name], rtol=1e-6)
    for own, other in zip(
        alone.encoder_variables, beside.encoder_variables, strict=True
    ):
        np.testing.assert_allclose(own, other, rtol=1e-5, atol=1e-7)


def test_there_are_none_and_the_file_says_so(tmp_path):
    model = exclusive_model(**ALONE)
    assert model.discriminator_optimizer is None
    model.save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    assert model.discriminator_x is None and model.discriminator_variables == []
    assert not GAME & set(model.train_step(pair()))


def test_an_own_encoder_has_none_either():
    shared = own_models.shared()
    for weight, there in ((0.0, False), (0.5, True)):
        model = ExclusiveModel.from_encoders(
            shared, own_models.functional(), adversarial_weight=weight
        )
        assert (model.discriminator_x is not None) is there
        assert model.adversarial_weight == weight


def test_a_weight_without_discriminators_is_refused():
    model = exclusive_model(**ALONE)
    config = model.get_config() | {"adversarial_weight": 0.5}
    rule = "adversarial_weight must be 0 where there is no discriminator_x. .*: 0.5"
    with pytest.raises(UsageError, match=rule):
        ExclusiveModel.from_config(config)
