"""The command line: one module a command, imported when it is asked for.

Exit codes: 1 for data that cannot be used, 2 for a wrong command, 130 for Ctrl-C, 70
for an error that nothing foresees. Of the last, one line is shown, and its traceback
is kept in a file of the folder for temporary files; with TFMI_TRACEBACK=1 in the
environment it is shown as Python does, which tests of this package and developers want.
"""

import importlib
import os
import shlex
import sys
import tempfile
import traceback

import click
from click.shell_completion import CompletionItem

from tfmi import missing
from tfmi.cli import quiet
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.errors import data_error_in
from tfmi.files import printable

# Exit code of an error that nothing foresees, EX_SOFTWARE of sysexits.h.
UNFORESEEN = 70
# Characters of what an error says.
LONGEST = 1000

COMMANDS = {
    "train": "Train all stages of a recipe.",
    "evaluate": "Score a run's representations (Tables 1 to 5).",
    "retrieve": "How often the nearest test image shows the same place.",
    "ablate": "Train and score a recipe without each term (Tables 6, 7).",
    "sweep": "Train and score a recipe with several values of a setting (Figure 5).",
    "study": "What the settings of a recipe do, each by itself, from a JSON file.",
    "reproduce": "The paper's tables and figures beside ours, by one command.",
    "eurosat": "Classify EuroSAT by a run that was trained on Sentinel-2.",
    "mi-map": "Distances and regions of one image, by mutual information.",
    "report": "One page about a run: scores, curves, maps, neighbours.",
    "compare": "Runs, baselines and the paper in one table and picture.",
    "export": "Export a run's encoders to SavedModel and ONNX.",
    "verify": "Check an export again: its files and what they compute.",
    "embed": "Vectors of image files, by a run or an export.",
    "data": "Check a dataset, or make a synthetic one.",
    "datasets": "What can be trained, and the data that each needs.",
    "info": "What a run is and how far it got.",
}


class LazyGroup(click.Group):
    """A group that imports a command's module only to run it or show its help."""

    def list_commands(self, ctx):
        return list(COMMANDS)

    def get_command(self, ctx, name):
        if name not in COMMANDS:
            return None
        module = name.replace("-", "_")
        return _with_verbose(importlib.import_module(f"tfmi.cli.{module}").command)

    def shell_complete(self, ctx, incomplete):
        names = [name for name in COMMANDS if name.startswith(incomplete)]
        options = super(click.Group, self).shell_complete(ctx, incomplete)
        return [*(CompletionItem(n, help=COMMANDS[n]) for n in names), *options]

    def format_commands(self, ctx, formatter):
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except UsageError as error:
            raise click.UsageError(one_line(error)) from error
        except DataError as error:
            raise click.ClickException(one_line(error)) from error
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            raise click.exceptions.Exit(130) from None
        except Exception as error:
            message = missing.line_of(error) or data_error_in(error)
            if message is None:
                raise
            raise click.ClickException(one_line(message)) from error


def _show_all(ctx, param, value):
    if value:
        quiet.show_all()


_VERBOSE = click.Option(
    ["--verbose"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_all,
    help="Show all that TensorFlow says.",
)


def _with_verbose(command):
    """The command, or every command of a group, with --verbose."""
    for each in getattr(command, "commands", {}).values():
        _with_verbose(each)
    if not hasattr(command, "commands") and _VERBOSE not in command.params:
        command.params.append(_VERBOSE)
    return command


def one_line(error):
    """What an error says, whatever names and texts of files are in it."""
    text = " ".join(printable(error).split())
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


@click.group(
    cls=LazyGroup,
    params=[_VERBOSE],
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="tfmi")
def cli():
    """Disentangled representations of image pairs, by mutual information."""


def main():
    """Entry point of the `tfmi` script."""
    quiet.install()
    try:
        sys.exit(cli())
    except Exception as error:
        if os.environ.get("TFMI_TRACEBACK"):
            raise
        said = f"{type(error).__name__}: {one_line(error)}"
        click.echo(f"Error: unforeseen {said} ({_save_traceback()})", err=True)
        sys.exit(UNFORESEEN)


def _save_traceback():
    """Write the command and the traceback of its error; says where it is."""
    content = f"{shlex.join(sys.argv)}\n\n{traceback.format_exc()}"
    try:
        number, path = tempfile.mkstemp(prefix="tfmi-", suffix=".txt")
        with open(number, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(content)
    except OSError as error:
        return f"its traceback cannot be written: {error.strerror}"
    return f"its traceback is in {path}"
