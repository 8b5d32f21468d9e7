"""TensorFlow's chatter is silenced before any test imports it; an error that a command
does not foresee fails its test as it is (`tfmi.cli`); weights are of one seed."""

import os
import sys

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TFMI_TRACEBACK", "1")


@pytest.fixture(autouse=True)
def seeded():
    """A test begins with the same weights alone as after others. Those that load Keras
    themselves are left as they are."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(0)
