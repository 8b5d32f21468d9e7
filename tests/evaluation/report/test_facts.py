"""What was trained on what."""

import pytest
import report_content as content

from tfmi.evaluation.report import facts

pytestmark = pytest.mark.any_versions


@pytest.fixture
def about(tmp_path):
    return facts.about(content.run(tmp_path))


def test_overview(about):
    lines = dict(facts.overview(about))
    assert lines["Data"] == content.SOURCE
    assert lines["Images"].startswith("640 to train on, 60 to test")
    assert lines["Stage shared"] == "30 steps in 3 epochs, 1 min 2 s"
    assert lines["Stage exclusive"] == "10 steps in 1 epoch, 3 s"
    assert lines["Wall time"] == "1 min 5 s"
    assert lines["Computed in"] == "mixed_bfloat16, XLA"
    assert lines["Versions"] == "python 3.11, tfmi 0.1.0"


def test_time_that_is_not_known(about):
    stages = {"shared": {"epochs": 2, "steps": 1000, "seconds": None}}
    lines = dict(facts.overview({**about, "stages": stages}))
    assert lines["Stage shared"] == "1,000 steps in 2 epochs"
    assert lines["Wall time"] == "not recorded"


@pytest.mark.parametrize(
    "seconds, text",
    [(0.4, "0 s"), (59.6, "1 min 0 s"), (3599, "59 min 59 s"), (7384, "2 h 3 min")],
)
def test_duration(seconds, text):
    assert facts.duration(seconds) == text


def test_changed_settings_come_first(about):
    defaults = {**about["recipe"], "shared_epochs": 5}
    first, *others = facts.settings({**about, "defaults": defaults})
    assert first == {"name": "shared_epochs", "value": 3, "default": 5}
    assert {row["default"] for row in others} == {None}
    # A recipe that is no longer known.
    assert about["defaults"] == {}
    assert {row["default"] for row in facts.settings(about)} == {None}
