"""What --help and shell completion show."""

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from tfmi import recipes
from tfmi.cli import COMMANDS
from tfmi.cli import cli
from tfmi.cli import help_groups


def sections(*args):
    """`{heading: text}` of a help page."""
    result = CliRunner().invoke(cli, [*args, "--help"])
    assert result.exit_code == 0, result.output
    parts = [part.partition(":\n") for part in result.output.split("\n\n")]
    return {heading: text for heading, mark, text in parts if mark}


def test_options_of_a_recipe_are_in_groups():
    found = sections("train", "colored-mnist")
    of = "of colored-mnist"
    titles = ["Data", "Objective", "Networks", "Schedule"]
    headings = ["Options", *(f"{title} {of}" for title in titles), "Machine"]
    assert [heading for heading in found if heading in headings] == headings
    for heading, option in (
        ("Options", "--config"),
        (f"Data {of}", "--sample"),
        (f"Objective {of}", "--adversarial-weight"),
        (f"Networks {of}", "--shared-size"),
        (f"Schedule {of}", "--batch-size"),
        ("Machine", "--precision"),
    ):
        assert option in found[heading]
        assert sum(f"{option} " in text for text in found.values()) == 1
    text = "".join(found.values())
    for recipe in ("iam", "sentinel2"):
        assert recipe not in text
    assert "--writers" not in text and "--bands" not in text


@pytest.mark.parametrize("name", recipes.every())
def test_each_setting_is_shown_once(name):
    text = "".join(sections("train", name).values())
    for setting in recipes.find(name).settings():
        flag = "--" + setting.name.replace("_", "-")
        assert sum(flag == word.strip(",") for word in text.split()) == 1, flag
        assert help_groups.heading(setting.name) in help_groups.PATTERNS


def complete(*words):
    """What bash shows after `tfmi WORDS<TAB>`."""
    variables = {"_TFMI_COMPLETE": "bash_complete", "COMP_CWORD": str(len(words))}
    variables["COMP_WORDS"] = " ".join(["tfmi", *words])
    code = "import sys; sys.argv[0] = 'tfmi'\nfrom tfmi.cli import main\nmain()"
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "| tensorflow\n" not in result.stderr
    return [s.partition(",")[2] for s in result.stdout.splitlines() if s]


def test_the_shell_completes_commands_without_loading_them():
    assert complete("") == list(COMMANDS)
    assert complete("ex") == ["export"]


def test_the_shell_completes_recipes_and_their_options():
    names = [name for name in recipes.every() if name.startswith("shapes")]
    assert complete("train", "shapes") == names
    assert complete("train", "iam", "--wri") == ["--writers"]
    assert complete("train", "colored-mnist", "--wri") == []
    assert complete("data", "ch") == ["check"]
    assert "cosine" in complete("train", "iam", "--learning-rate-decay", "")
