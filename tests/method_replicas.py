"""Trains a run of a recipe on two replicas, by the command: those of one process or,
started twice, of two: `method_replicas.py FOLDER RECIPE mirrored|multi-worker`."""

import sys

import tensorflow as tf
import tiny

from tfmi import recipes
from tfmi.cli import cli

SETTINGS = {**tiny.SETTINGS, "code_size": 4, "training_epochs": 2}


def options(recipe, epochs=2):
    """The tiny settings that the recipe has, as options."""
    names = {field.name for field in recipes.find(recipe).settings()}
    settings = {n: v for n, v in SETTINGS.items() if n in names}
    settings |= {n: epochs for n in settings if n.endswith("_epochs")}
    return [
        part
        for name, value in settings.items()
        for part in ("--" + name.replace("_", "-"), str(value))
    ]


def main(folder, name, strategy):
    if strategy == "mirrored":
        (cpu,) = tf.config.list_physical_devices("CPU")
        two = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(cpu, two)
    chosen = ["train", name, *options(name), "--strategy", strategy]
    where = ["--data-dir", f"{folder}/mnist", "--runs", f"{folder}/runs"]
    cli.main([*chosen, *where], standalone_mode=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
