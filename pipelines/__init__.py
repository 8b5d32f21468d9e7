"""tf.data pipelines: one module a dataset, found by name.

A pipeline is a function `open_dataset(**options) -> PairDataset`; the names of
its options are those of the command line (`data_dir`, `sample`, ...). Packages
add their own through the entry-point group `tfmi.pipelines`.
"""

import importlib
import importlib.metadata
import inspect

from tfmi.errors import UsageError

BUILT_IN = {
    "colored-mnist": "tfmi.pipelines.colored_mnist:open_dataset",
    "pairs": "tfmi.pipelines.pairs:open_dataset",
    "iam": "tfmi.pipelines.iam:open_dataset",
    "shapes3d": "tfmi.pipelines.shapes3d:open_dataset",
    "sentinel2": "tfmi.pipelines.sentinel2.dataset:open_dataset",
}


def names():
    """Names of all pipelines, the installed plugins' included."""
    return sorted({*BUILT_IN, *_plugins()})


def find(name):
    """The function that opens the dataset `name`.

    Raises:
        UsageError: for an unknown name.
    """
    plugins = _plugins()
    if name in plugins:
        return plugins[name].load()
    if name not in BUILT_IN:
        raise UsageError(
            f"the pipeline must be one of {', '.join(names())}. Received: {name}"
        )
    module, function = BUILT_IN[name].split(":")
    return getattr(importlib.import_module(module), function)


def open_dataset(name, options):
    """Open the dataset `name`.

    Args:
        options: `{name: value}`, those that the pipeline takes.

    Raises:
        DataError: where there is no usable data.
        UsageError: for an unknown name, or an option that it does not take.
    """
    opener = find(name)
    parameters = inspect.signature(opener).parameters.values()
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        taken = [p.name for p in parameters]
        for option in options:
            if option not in taken:
                raise UsageError(
                    f"the data options of {name} must be of "
                    f"{', '.join(_flag(n) for n in taken if n != 'split_file')}. "
                    f"Received: {_flag(option)}"
                )
    return opener(**options)


def _flag(option):
    return "--" + option.replace("_", "-")


def _plugins():
    found = importlib.metadata.entry_points(group="tfmi.pipelines")
    return {entry.name: entry for entry in found}
