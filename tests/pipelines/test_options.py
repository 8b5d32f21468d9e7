"""Options of a dataset, read from the signature of what opens it."""

from typing import Annotated

import pytest

from tfmi import pipelines
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines.options import folder
from tfmi.pipelines.options import option
from tfmi.pipelines.options import options_of


def annotated(
    data_dir: Annotated[str, folder("Folder.")] = None,
    count: Annotated[int, option("Number.", at_least=2)] = 5,
    fast: Annotated[bool, option("Fast.")] = False,
    internal=None,
    split_file=None,
):
    pass


def plain(data_dir=None, count=5, share: float = None, fast=False, split_file=None):
    pass


def test_annotated_parameters_are_the_options():
    options = options_of(annotated)
    assert [o.flag for o in options] == ["--data-dir", "--count", "--fast"]
    assert [o.kind for o in options] == [str, int, bool]
    assert options[1].default == 5 and options[1].declared.help == "Number."


def test_without_annotations_every_parameter_is_one():
    options = {o.name: o.kind for o in options_of(plain)}
    assert options == {"data_dir": str, "count": int, "share": float, "fast": bool}


@pytest.mark.parametrize("name", pipelines.BUILT_IN)
def test_the_package_s_own_options_all_have_help(name):
    for each in options_of(pipelines.find(name)):
        assert each.declared.help.endswith("."), each


@pytest.mark.parametrize(
    "given, error, message",
    [
        ({"size": 1}, UsageError, "options of pairs must be of --manifest, .*--size"),
        ({"split_seed": -1, "folder": "none"}, UsageError, "--split-seed must be >= 0"),
        ({"folder": "none"}, DataError, "--folder must be a folder. Received: none"),
        ({"manifest": "none"}, DataError, "--manifest must be a file. Received: none"),
    ],
)
def test_options_are_checked_before_data_is_read(given, error, message):
    with pytest.raises(error, match=message):
        pipelines.check_options("pairs", given)
