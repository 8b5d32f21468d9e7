"""TensorFlow works without a word, unless something is wrong.

Its C++ writes to the file descriptor of stderr before it reads TF_CPP_MIN_LOG_LEVEL,
and says as errors what every machine without a GPU has. So from its import on that
descriptor leads through a filter; what Python writes to `sys.stderr` goes past it.
"""

import importlib.abc
import logging
import os
import re
import signal
import sys

LEVEL = "TF_CPP_MIN_LOG_LEVEL"
STDERR = 2
# The letter says how bad a line is: in glog's (I0000 00:00:1700000000.000000 1
# port.cc:153] ...) and in those of TensorFlow before 2.18 (2026-01-01 00:00:00.000000:
# W tensorflow/...). I and W are news.
NEWS = re.compile(
    rb"[IW]\d{4} \d\d:\d\d:|\d{4}-\d\d-\d\d \d\d:\d\d:[\d.]+: [IW] "
    rb"|WARNING: All log messages before absl::InitializeLog"
    rb"|To enable the following instructions: "
)
# Errors that are none: a plugin that is in a wheel twice, a machine without driver
# (303) or device, kernels that oneDNN leaves to others, and programs that XLA kept,
# which it takes for text first. Any other failure, such as that of a GPU, is told.
NO_ERROR = re.compile(
    rb"already (been )?registered"
    rb"|failed call to cuInit.*(UNKNOWN ERROR \(303\)|no CUDA-capable device)"
    rb"|Error parsing text-format tensorflow.XlaSerializedCacheEntry"
    rb"|oneDNN supports DT_\w+ only on platforms with"
)


def install():
    """Filter what TensorFlow says, from whenever it is imported."""
    os.environ.setdefault(LEVEL, "2")
    # Its Python side counts one graph for each encoder as too much tracing.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    # Without fork there is no filter that outlives a crash.
    if hasattr(os, "fork"):
        sys.meta_path.insert(0, _Starter())


def show_all():
    """Undo `install`, and ask TensorFlow for all that it can say."""
    os.environ[LEVEL] = "0"
    logging.getLogger("tensorflow").setLevel(logging.INFO)
    sys.meta_path[:] = [p for p in sys.meta_path if not isinstance(p, _Starter)]


def is_news(line):
    """Whether a line (bytes) of TensorFlow's is no error."""
    return bool(NEWS.match(line) or NO_ERROR.search(line))


def start():
    """Filter the descriptor of stderr, by a process that lives as long as any that
    writes to it: what is said in a crash is not lost."""
    sys.stderr.flush()
    original = os.dup(STDERR)
    reader, writer = os.pipe()
    if not os.fork():
        os.close(writer)
        _filter(reader, original)
    os.close(reader)
    os.dup2(writer, STDERR)
    os.close(writer)
    sys.stderr = open(original, "w", 1, sys.stderr.encoding, "backslashreplace")


def _filter(reader, original):
    """The other process, which ends at the end of the pipe."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        # It must not hold open what others wait for the end of.
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(original, STDERR)
        with open(reader, "rb") as lines:
            for line in lines:
                if not is_news(line):
                    os.write(original, line)
    finally:
        os._exit(0)


class _Starter(importlib.abc.MetaPathFinder):
    """Starts the filter when TensorFlow is looked for, and leaves it to others to
    find it."""

    def find_spec(self, fullname, path, target=None):
        if fullname == "tensorflow":
            sys.meta_path.remove(self)
            start()
        return None
