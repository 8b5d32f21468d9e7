"""What MkDocs does beside building pages: a page a command, and help texts.

`{{ help train iam }}` in a page stands for what `tfmi train iam --help` prints.
"""

import importlib
import pathlib
import re
import sys

from click.testing import CliRunner
from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).parents[1]
HELP = re.compile(r"^\{\{ help (.+) \}\}$", re.MULTILINE)


def on_config(config):
    """List the commands in the navigation."""
    from tfmi.cli import COMMANDS

    pages = [{f"tfmi {name}": f"commands/{name}.md"} for name in COMMANDS]
    for entry in config.nav:
        if "Commands" in entry:
            entry["Commands"] = ["commands/index.md", *pages]
    return config


def on_files(files, config):
    from tfmi.cli import COMMANDS

    for name, about in COMMANDS.items():
        text = command_page(name, about)
        files.append(File.generated(config, f"commands/{name}.md", content=text))
    return files


def on_page_markdown(markdown, **_):
    return HELP.sub(lambda match: help_text(match[1].split()), markdown)


def command_page(name, about):
    """Markdown of a command: what it does, examples, options."""
    examples = "\n".join(read_examples().get(name, ()))
    parts = [f"# tfmi {name}", about]
    if examples:
        parts.append(f"```bash\n{examples}\n```")
    parts += [f"{{{{ help {words} }}}}" for words in documented(name)]
    return "\n\n".join(parts) + "\n"


def documented(name):
    """The commands whose help is shown: those below a group too."""
    module = importlib.import_module(f"tfmi.cli.{name.replace('-', '_')}")
    below = getattr(module.command, "commands", {})
    if below:
        return [f"{name} {each}" for each in below]
    first = next((each.name for each in module.command.params), None)
    return [f"{name} colored-mnist" if first == "recipe" else name]


def read_examples():
    """`{command: lines}` of examples.toml."""
    text = (ROOT / "docs" / "examples.toml").read_text(encoding="utf-8")
    return {
        name: lines.strip().splitlines()
        for name, lines in re.findall(r"^(\S+) = '''\n(.*?)'''$", text, re.S | re.M)
    }


def help_text(words):
    """What `tfmi WORDS --help` prints, as a block of code."""
    from tfmi.cli import cli

    result = CliRunner().invoke(cli, [*words, "--help"], prog_name="tfmi")
    if result.exit_code:
        sys.exit(f"tfmi {' '.join(words)} --help: {result.output}")
    return f"```text\n$ tfmi {' '.join(words)} --help\n{result.output}```"
