"""The pages: their Python runs, their commands can be parsed, their links lead on."""

import pathlib
import re
import shlex

import click
import pytest
from fake_run import FakeRun

from tfmi.cli import COMMANDS
from tfmi.cli import cli
from tfmi.exporting import publish
from tfmi.representation import SHARED

pytestmark = pytest.mark.any_versions

ROOT = pathlib.Path(__file__).parents[1]
PAGES = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("README.md", "exported/README.md", "CONTRIBUTING.md")),
]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
# Of the pages whose Python is executed: here, or in test_readme.py.
EXECUTED = {"docs/python.md": 2, "docs/sklearn.md": 1}


def blocks(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_every_python_example_is_executed():
    counts = {name: len(blocks(name)) for name in NAMES}
    assert {name: count for name, count in counts.items() if count} == EXECUTED


def test_the_example_with_scikit_learn(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = FakeRun(tmp_path / "run", representations=(SHARED,))
    publish.export_run(run, "onnx", tmp_path / "exported")
    (tmp_path / "exported" / "tiny").rename(tmp_path / "exported" / "mine")
    (example,) = blocks("docs/sklearn.md")
    exec(compile(example, "sklearn.md", "exec"), {})
    assert re.fullmatch(r"\[[01]( [01]){4}\]\n", capsys.readouterr().out)


def commands(text):
    """The lines that call tfmi in blocks of code, without what follows them."""
    text = text.replace("\\\n", " ")
    lines = re.findall(r"^(?: {4})?(tfmi .*?)(?:  #.*)?$", text, re.MULTILINE)
    # Lines of prose begin with it too, and shells' variables are for shells.
    return [line for line in lines if line.split()[1] in COMMANDS]


def parse(line):
    """Raise where a command has no such option or too many arguments."""
    words = ["pairs" if word == "RECIPE" else word for word in shlex.split(line)]
    context = cli.make_context("tfmi", words[1:])
    group, words = cli, [*context._protected_args, *context.args]
    while isinstance(group, click.Group):
        name, group, words = group.resolve_command(context, words)
    group.make_context(name, words, parent=context)


SOURCES = [*NAMES, "docs/examples.toml"]


@pytest.mark.parametrize("name", SOURCES)
def test_commands_have_the_options_that_pages_name(name):
    for line in commands((ROOT / name).read_text(encoding="utf-8")):
        try:
            parse(line)
        except click.UsageError as error:
            pytest.fail(f"{line}: {error.format_message()}")


def test_examples_are_on_the_page_of_their_command():
    text = (ROOT / "docs" / "examples.toml").read_text(encoding="utf-8")
    sections = re.findall(r"^(\S+) = '''\n(.*?)'''$", text, re.DOTALL | re.MULTILINE)
    assert len(sections) > 10
    for name, lines in sections:
        called = [line for line in lines.splitlines() if not line.startswith("#")]
        assert name in COMMANDS and called
        assert {line.split()[1] for line in called} == {name}


LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_files(name):
    """As they are read in the repository; `make docs` checks those of the site."""
    page = ROOT / name
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    files = [target for target in targets if "://" not in target]
    assert [f for f in files if not (page.parent / f).exists()] == []


def messages():
    """What the page of questions quotes of errors, in parts without what varies."""
    text = (ROOT / "docs" / "faq.md").read_text(encoding="utf-8")
    headings = " ".join(re.findall(r"^\*\*(.*?)\*\*", text, re.DOTALL | re.MULTILINE))
    quoted = re.findall(r"`([^`]+)`", " ".join(headings.split()))
    parts = [re.split(r"\.\.\.|\d+|\bN\b|\(n,|\bword\b", each) for each in quoted]
    return [max(each, key=len).strip() for each in parts]


# Of TensorFlow Serving.
FOREIGN = {"Could not find variable", "to have an absolute path or URI"}


def test_questions_quote_errors_that_there_are():
    sources = [*(ROOT / "tfmi").rglob("*.py"), *(ROOT / "pipelines").rglob("*.py")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    # Texts that go on in the next line.
    source = re.sub(r'"\s*\n\s*f?"', "", source)
    assert len(messages()) > 10
    assert [m for m in messages() if m not in source and m not in FOREIGN] == []
