"""tf.data pipelines: one module a dataset, found by name.

A pipeline is a function `open_dataset(**options) -> PairDataset`, which declares its
options in its signature (`options`). Packages add their own through the entry-point
group `tfmi.pipelines`; a dataset at hand in Python needs none (`from_dataset`).
"""

from tfmi.errors import UsageError
from tfmi.pipelines.options import INTERNAL
from tfmi.pipelines.options import options_of
from tfmi.registry import Registry

BUILT_IN = {
    "colored-mnist": "tfmi.pipelines.colored_mnist:open_dataset",
    "iam": "tfmi.pipelines.iam:open_dataset",
    "pairs": "tfmi.pipelines.pairs:open_dataset",
    "sentinel2": "tfmi.pipelines.sentinel2.dataset:open_dataset",
    "shapes3d": "tfmi.pipelines.shapes3d:open_dataset",
}
# The option that holds out images for validation, and what stands for it where it is
# not given: a fraction of the training images.
HOLD_OUT, HELD_OUT = "validation_fraction", 0.1
_registry = Registry("tfmi.pipelines", BUILT_IN, "the pipeline must be one of")
names, find = _registry.names, _registry.find


def check_options(name, given):
    """Raise for options that the dataset `name` cannot be opened with, as far as
    that can be told without reading data or loading TensorFlow.

    Args:
        given: `{name: value}`.

    Raises:
        DataError: where a file or a folder is not there.
        UsageError: for an option that it does not take, or a value out of range.
    """
    taken = {option.name: option for option in options_of(find(name))}
    given = {option: v for option, v in given.items() if option != INTERNAL}
    for option in given:
        if option not in taken:
            flags = ", ".join(each.flag for each in taken.values())
            raise UsageError(
                f"the data options of {name} must be of {flags}. "
                f"Received: --{option.replace('_', '-')}"
            )
    for option, value in given.items():
        taken[option].check_value(value)
    for option, value in given.items():
        taken[option].check_path(value)


def recorded(name, given):
    """The options that a run is to write down: those given, and those whose default
    is not what earlier runs were made with.

    Args:
        given: `{option: value}`, or `None` for a dataset that was made in Python.
    """
    if given is None:
        return None
    return {**{o.name: o.default for o in _changed(name)}, **given}


def with_earlier_defaults(name, recorded):
    """The options of a run, those that were not there when it was made included.

    Args:
        recorded: as the run wrote them down, or `None` as of `recorded`.
    """
    if recorded is None:
        return None
    return {**{o.name: o.declared.before for o in _changed(name)}, **recorded}


def holding_out(name):
    """The options that hold out images for validation; empty where a dataset takes
    none."""
    taken = [option.name for option in options_of(find(name))]
    return {HOLD_OUT: HELD_OUT} if HOLD_OUT in taken else {}


def _changed(name):
    return [o for o in options_of(find(name)) if o.declared.before is not None]


def open_dataset(name, given):
    """Open the dataset `name`.

    Args:
        given: `{option: value}`, of those that it takes.

    Raises:
        DataError: where there is no usable data.
        UsageError: for an unknown name, or an option that it does not take.
    """
    check_options(name, given)
    return find(name)(**given)


def from_dataset(pairs, labelled=None, factors=None, **about):
    """A `PairDataset` of a `tf.data.Dataset`; see `own_dataset.OwnDataset`."""
    from tfmi.pipelines.own_dataset import OwnDataset

    return OwnDataset(pairs, labelled, factors, **about)
