"""Help, lists and wrong input are answered before TensorFlow is loaded."""

import subprocess
import sys

WRONG = """
train imagenet
train pairs --batch-size 1 --folder .
train iam --writers many
train pairs --manifest none.csv
train colored-mnist --l1-weight -1
train pairs --config none.json --folder .
train pairs --encoder none.keras --folder .
train pairs --encoder resnet --folder .
train --resume none
ablate imagenet
ablate colored-mnist --rows none
sweep iam --data-dir none
study none.json
evaluate none
evaluate --protocol weak
retrieve none
eurosat none
mi-map none --image none --point 1,1
report none
compare none
export none
export --format bogus
verify none
embed none . --output vectors.txt
info none
data check imagenet
data check pairs --manifest none.csv
""".strip().splitlines()
RIGHT = ["--help", "datasets", "train iam --help", "train --help", "--version"]
CODE = """
import sys
from click.testing import CliRunner
from tfmi.cli import cli
for line in sys.stdin.read().splitlines():
    result = CliRunner().invoke(cli, line.split())
    light = "tensorflow" not in sys.modules
    print(result.exit_code, light, line)
    if not light:
        break
"""


def answers(lines):
    code = subprocess.run(
        [sys.executable, "-c", CODE],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    return [line.split(maxsplit=2) for line in code.stdout.splitlines()]


def test_wrong_input():
    found = answers(WRONG)
    assert [line for _, _, line in found] == WRONG
    assert [row for row in found if row[0] not in "12" or row[1] != "True"] == []


def test_help_and_lists():
    assert answers(RIGHT) == [["0", "True", line] for line in RIGHT]
