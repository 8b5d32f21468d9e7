"""What TensorFlow writes to stderr: nothing of a command that succeeds, its errors,
and all of it where that is asked for."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import sentinel2_data
import tiny
from own_images import write_manifest

from tfmi.cli import COMMANDS
from tfmi.cli import quiet
from tfmi.pipelines.eurosat import CLASSES

NEWS = [
    b"WARNING: All log messages before absl::InitializeLog() is called are written\n",
    b"I0000 00:00:1795812746.546786   16405 port.cc:153] oneDNN custom operations\n",
    b"W0000 00:00:1795812746.546786   16405 gpu_device.cc:2342] Cannot dlopen some\n",
    b"2026-11-27 20:52:31.888674: I tensorflow/core/util/port.cc:153] oneDNN custom\n",
    b"2026-11-27 20:52:31.888674: E external/local_xla/xla/cuda_fft.cc:485] Unable to"
    b" register cuFFT factory: one has already been registered\n",
    b"E0000 00:00:1795812750.085502   16405 cuda_platform.cc:52] failed call to cuInit:"
    b" INTERNAL: CUDA error: Failed call to cuInit: UNKNOWN ERROR (303)\n",
]
ERRORS = [
    b"E0000 00:00:1795812750.085502   16405 cuda_platform.cc:52] failed call to cuInit:"
    b" CUDA_ERROR_SYSTEM_DRIVER_MISMATCH: system has unsupported driver\n",
    b"F0000 00:00:1795812750.085502   16405 cpu_feature_guard.cc:43] was compiled to\n",
    b"2026-11-27 20:52:31.888674: E tensorflow/core/grappler.cc:1] out of memory\n",
    b"Segmentation fault\n",
]


def test_only_errors_are_no_news():
    assert [line for line in NEWS if not quiet.is_news(line)] == []
    assert [line for line in ERRORS if quiet.is_news(line)] == []


WRITING = """
import os, sys
from tfmi.cli import quiet
from tfmi.pipelines.eurosat import CLASSES
quiet.start()
for line in sys.stdin.buffer:
    os.write(2, line)
print("of Python", file=sys.stderr)
{end}
"""


@pytest.mark.parametrize("end, code", [("", 0), ("os.abort()", -6)])
def test_errors_pass_whatever_comes_after(end, code):
    """Those before a crash too, and what Python writes to stderr."""
    result = subprocess.run(
        [sys.executable, "-c", WRITING.format(end=end)],
        input=b"".join([*NEWS, *ERRORS]),
        capture_output=True,
        check=False,
    )
    assert result.returncode == code
    lines = result.stderr.splitlines(keepends=True)
    assert sorted(lines) == sorted([*ERRORS, b"of Python\n"])


# A stand-in that says what TensorFlow says when it is imported.
STAND_IN = "import os; os.write(2, b''.join({lines})); __version__ = '2.21'"
IMPORTING = """
import sys
from tfmi import cli
import click

@click.command()
def command():
    import tensorflow

sys.modules["tfmi.cli.info"] = type(sys)("tfmi.cli.info")
sys.modules["tfmi.cli.info"].command = command
cli.main()
"""


@pytest.mark.parametrize("arguments", [["info"], ["info", "--verbose"]])
def test_verbose_shows_all(tmp_path, arguments):
    (tmp_path / "tensorflow.py").write_text(STAND_IN.format(lines=[*NEWS, *ERRORS]))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", IMPORTING, *arguments],
        env=environment,
        capture_output=True,
        check=True,
    )
    expected = [*NEWS, *ERRORS] if "--verbose" in arguments else ERRORS
    assert result.stderr == b"".join(expected)


# One process for all commands: to import TensorFlow for each takes minutes.
IN_TURN = """
import glob, shlex, sys
from tfmi.cli import main

for line in sys.stdin:
    # The folder of a run ends in the time at which it began.
    words = [(glob.glob(f"{w}-2*") or [w])[0] for w in shlex.split(line)]
    sys.argv = ["tfmi", *words]
    try:
        main()
    except SystemExit as end:
        if end.code:
            sys.exit(f"{end.code}: {line}")
"""
# One epoch each: what stands on stderr does not depend on how many there are.
EPOCHS = ["--shared-epochs", "1", "--exclusive-epochs", "1"]
TRAINING = shlex.join([*tiny.OPTIONS, *EPOCHS])
# With the statistics networks that maps of mutual information need.
ALSO = "--independent-epochs 1 --local-weight 1"
PAIRS = "pairs --manifest words/words.csv --share writer --evaluate writer,word"
LINES = f"""
datasets
train {PAIRS} {TRAINING} {ALSO} --runs first
info first/pairs
data check {PAIRS}
data synthesize-iam iam --writers 2 --words-per-writer 3
evaluate first/pairs --protocol paper --no-metrics --limit 100
retrieve first/pairs
report first/pairs
compare first/pairs
mi-map first/pairs --image image.png --point 4,4
export first/pairs --quantize int8 --output exported
verify exported/pairs
embed exported/pairs/shared/1 words/words.csv --output served.npz
embed first/pairs words/words.csv --output run.npz
ablate {PAIRS} {TRAINING} {ALSO} --rows baseline --output ablation --reuse first/pairs
sweep {PAIRS} {TRAINING} {ALSO} --l1-weight 0,0.1 --output sweep --reuse first/pairs
study study.json {PAIRS[6:]} --output study --reuse first/pairs
train sentinel2 --data-dir places --window 12 --stride 6 {TRAINING} --runs second
eurosat second/sentinel2 --data-dir eurosat
"""
STUDY = {
    "recipe": "pairs",
    "settings": {
        **tiny.SETTINGS,
        **dict.fromkeys(("shared_epochs", "exclusive_epochs", "independent_epochs"), 1),
        "local_weight": 1.0,
    },
    "seeds": [0],
    "shared": {"l1_weight": [0.1]},
}
# It trains and scores as `ablate` does, with the paper's networks.
LONG = {"reproduce"}
OF_TENSORFLOW = re.compile(
    r"[IWEF]\d{4} \d\d:|\d{4}-\d\d-\d\d \d\d:\d\d:[\d.]+: [IWEF] |WARNING:"
)


@pytest.fixture
def folder(tmp_path):
    """Data for every command."""
    words = write_manifest(tmp_path).parent.rename(tmp_path / "words")
    shutil.copy(words / "straße 1" / "ö 0.png", tmp_path / "image.png")
    (tmp_path / "study.json").write_text(json.dumps(STUDY))
    sentinel2_data.write_places(tmp_path / "places", places=2)
    for name in CLASSES:
        for number in range(15):
            pixels = sentinel2_data.ground(64, 64, 13, seed=number)
            path = tmp_path / "eurosat" / name / f"{name}_{number}.tif"
            sentinel2_data.write_tiff(path, pixels, None)
    return tmp_path


@pytest.mark.long
def test_commands_that_succeed_say_nothing_of_tensorflows(folder):
    lines = LINES.strip().splitlines()
    named = {line.split()[0] for line in lines}
    assert named >= set(COMMANDS) - LONG
    environment = {k: v for k, v in os.environ.items() if k != quiet.LEVEL}
    result = subprocess.run(
        [sys.executable, "-c", IN_TURN],
        input="\n".join(lines),
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    said = result.stderr.splitlines()
    assert [line for line in said if OF_TENSORFLOW.search(line)] == []
