"""Each warning on a constructed case, and silence beside it."""

import numpy as np
import pytest

from tfmi import methods
from tfmi.methods.cross_mi import METHOD
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED
from tfmi.training.diagnostics import Alarms

STAGES = {stage.name: stage for stage in METHOD.stages}
X, Y = (
    Domain(name, name, (Factor("digit", ("0", "1")),), (Factor("hue", ("r", "g")),))
    for name in "xy"
)


def score(accuracy, majority=0.11):
    return {"digit": {"accuracy": accuracy, "majority": majority}}


def test_collapse_is_said_once_a_domain():
    lines = []
    watch = Alarms(STAGES["shared"], lines.append)
    flat = np.full((100, 4), 3.0) + np.random.default_rng(0).normal(0, 1e-3, (100, 4))
    watch.check_collapse(SHARED, "x", flat)
    watch.check_collapse(SHARED, "x", flat)
    assert len(lines) == 1
    assert "S of x hardly differs between images (mean deviation 0.0010)" in lines[0]
    watch.check_collapse(SHARED, "y", flat)
    assert len(lines) == 2


def test_vectors_that_differ_are_no_collapse():
    lines = []
    vectors = np.random.default_rng(0).normal(0, 0.1, (100, 4))
    Alarms(STAGES["exclusive"], lines.append).check_collapse(EXCLUSIVE, "x", vectors)
    assert lines == []


def test_an_exclusive_representation_that_adds_nothing_is_said():
    lines = []
    watch = Alarms(STAGES["exclusive"], lines.append)
    watch.check_empty(EXCLUSIVE, (-2.51, -2.555))
    watch.check_empty(EXCLUSIVE, (-2.51, -2.555))
    (line,) = lines
    assert "E is nearly empty: the local term is -2.510 with it and -2.555" in line
    assert "--adversarial-weight" in line


def test_without_an_adversary_none_is_blamed():
    lines = []
    stage = methods.find("cross-mi-flow").stages[1]
    Alarms(stage, lines.append).check_empty(EXCLUSIVE, (-2.51, -2.555))
    assert lines[0].endswith("more --exclusive-epochs may help")


def test_one_that_adds_is_not():
    lines = []
    Alarms(STAGES["exclusive"], lines.append).check_empty(EXCLUSIVE, (-0.98, -7.43))
    assert lines == []


def test_a_leak_past_a_discriminator_at_chance_is_said_at_the_second_time():
    lines = []
    watch = Alarms(STAGES["exclusive"], lines.append)
    watch.check_discriminator({"discriminator": 2.76}, EXCLUSIVE, X, score(0.45))
    assert lines == []
    for _ in range(2):
        watch.check_discriminator({"discriminator": 2.76}, EXCLUSIVE, X, score(0.45))
    assert len(lines) == 1
    assert "a probe reads digit from E of x (45.0%, most frequent value" in lines[0]
    assert "loss 2.760, chance 2.773" in lines[0]


@pytest.mark.parametrize(
    "loss, accuracy",
    [
        # A discriminator that tells them apart, or nothing to be read.
        (2.0, 0.45),
        (2.76, 0.15),
    ],
)
def test_either_alone_is_silent(loss, accuracy):
    lines = []
    watch = Alarms(STAGES["exclusive"], lines.append)
    for _ in range(3):
        watch.check_discriminator(
            {"discriminator": loss}, EXCLUSIVE, X, score(accuracy)
        )
    assert lines == []


def test_no_discriminator_is_at_chance_where_there_is_none():
    """As with CLUB in its place."""
    lines = []
    watch = Alarms(STAGES["exclusive"], lines.append)
    for _ in range(3):
        watch.check_discriminator({"likelihood": 2.76}, EXCLUSIVE, X, score(0.45))
    assert lines == []


def test_a_leak_that_ends_is_forgotten():
    lines = []
    watch = Alarms(STAGES["exclusive"], lines.append)
    for accuracy in (0.45, 0.12, 0.45):
        watch.check_discriminator(
            {"discriminator": 2.76}, EXCLUSIVE, X, score(accuracy)
        )
        watch.check_discriminator({"discriminator": 2.76}, EXCLUSIVE, Y, score(0.12))
    assert lines == []


def test_chance_is_the_loss_of_a_discriminator_that_says_one_half():
    from tfmi.models import objectives

    logits = np.zeros(8, np.float32)
    value = objectives.adversarial_value(marginal_logits=logits, joint_logits=logits)
    assert -2 * float(value) == pytest.approx(STAGES["exclusive"].chance_loss)


def test_what_a_representation_should_hold_is_no_leak():
    lines = []
    alarms = Alarms(STAGES["exclusive"], lines.append)
    wanted = {"hue": {"accuracy": 0.99, "majority": 0.5}}
    for _ in range(3):
        alarms.check_discriminator({"discriminator": 2.77}, EXCLUSIVE, X, wanted)
    assert lines == []


def test_a_stage_without_a_discriminator_has_no_such_warning():
    lines = []
    alarms = Alarms(STAGES["shared"], lines.append)
    for _ in range(3):
        alarms.check_discriminator({"loss": 1.0}, SHARED, X, score(0.99))
    assert lines == []
