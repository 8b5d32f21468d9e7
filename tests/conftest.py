"""TensorFlow's chatter is silenced before any test imports it; an error that a command
does not foresee fails its test as it is (`tfmi.cli`)."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TFMI_TRACEBACK", "1")
