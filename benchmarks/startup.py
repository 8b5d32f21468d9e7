"""How long a user waits: for `tfmi --help`, and for the first training step.

    python benchmarks/startup.py

`--help` takes turns with a Python that does nothing. The first step is read
from the progress bar of `tfmi train colored-mnist --sample`; the imports are
timed apart, as a command that imports what training does.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import threading

import measuring
import numpy as np

TFMI = [sys.executable, "-c", "from tfmi.cli import main; main()"]
COMMANDS = {
    "python, nothing": [sys.executable, "-c", "pass"],
    "tfmi --help": [*TFMI, "--help"],
    "imports of training": [sys.executable, "-c", "import tfmi.training.stages"],
}
# Seconds after which a training that makes no step is ended.
LIMIT = 300
STEP = re.compile(rb"shared:.*\| *[1-9]\d*/\d+")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    options = parser.parse_args()
    runners = {name: _command(command) for name, command in COMMANDS.items()}
    runners["first training step"] = _first_step
    seconds = measuring.take_turns(runners, options.rounds, warmups=1)
    rows = [
        {"what": name, "median s": float(np.median(times)), "least s": min(times)}
        for name, times in seconds.items()
    ]
    after = rows[-1]["median s"] - rows[-2]["median s"]
    least = rows[-1]["least s"] - rows[-2]["least s"]
    rows.append(
        {"what": "first step after imports", "median s": after, "least s": least}
    )
    measuring.report(rows, options.json)


def _command(command):
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _first_step():
    """Run training until its bar has counted a step."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*TFMI, "train", "colored-mnist", "--sample", "--runs", folder]
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process:
            limit = threading.Timer(LIMIT, process.kill)
            limit.start()
            try:
                _wait_for_step(process.stderr)
            finally:
                limit.cancel()
                process.kill()


def _wait_for_step(stream):
    seen = b""
    while not STEP.search(seen):
        read = stream.read1()
        if not read:
            raise RuntimeError(f"training ended before a step: {seen.decode()}")
        seen += read


if __name__ == "__main__":
    main()
