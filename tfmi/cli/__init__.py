"""The command line: one module a command, imported when it is asked for."""

import importlib
import sys

import click

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.errors import data_error_in
from tfmi.files import printable

COMMANDS = {
    "train": "Train both stages of a recipe.",
    "evaluate": "Score a run's representations (Tables 1 to 5).",
    "retrieve": "How often the nearest test image shows the same place.",
    "ablate": "Train and score a recipe without each term (Tables 6, 7).",
    "sweep": "Train and score a recipe with several values of a setting (Figure 5).",
    "study": "What the settings of a recipe do, each by itself, from a JSON file.",
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
        return importlib.import_module(f"tfmi.cli.{module}").command

    def format_commands(self, ctx, formatter):
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except UsageError as error:
            raise click.UsageError(printable(error)) from error
        except DataError as error:
            raise click.ClickException(printable(error)) from error
        except Exception as error:
            message = data_error_in(error)
            if message is None:
                raise
            raise click.ClickException(printable(message)) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tfmi")
def cli():
    """Disentangled representations of image pairs, by mutual information."""


def main():
    """Entry point of the `tfmi` script."""
    import logging
    import os

    # TensorFlow's start-up notes are no news to a user; errors still show.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Its Python side counts one graph for each encoder as too much tracing.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    sys.exit(cli())
