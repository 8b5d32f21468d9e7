"""What packages add is found by name; one that is broken is named."""

import importlib.metadata

import pytest

from tfmi import methods
from tfmi import recipes
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.registry import Registry
from tfmi.registry import plugins

GROUP = "tfmi.things"


@pytest.fixture
def installed(monkeypatch):
    """Function that installs entry points, `name="module:attribute"`."""
    entries = []
    real = importlib.metadata.entry_points

    def entry_points(group):
        return [e for e in entries if e.group == group] + list(real(group=group))

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    return lambda group, name, value: entries.append(
        importlib.metadata.EntryPoint(name, value, group)
    )


def test_own_come_first_and_a_package_may_replace_one(installed):
    things = Registry(GROUP, {"b": "math:pi", "a": "math:e"}, "a thing must be one of")
    installed(GROUP, "c", "math:tau")
    assert things.names() == ["b", "a", "c"]
    installed(GROUP, "a", "math:inf")
    assert things.names() == ["b", "a", "c"]
    assert things.find("a") == float("inf")
    with pytest.raises(
        UsageError, match="^a thing must be one of b, a, c. Received: d"
    ):
        things.find("d")


@pytest.mark.parametrize("value", ["no_such_module:x", "math:no_such_name"])
def test_what_does_not_load_is_named(installed, value):
    installed(GROUP, "broken", value)
    message = f"entry point broken of {GROUP} must load. Received: {value} "
    with pytest.raises(DataError, match=message):
        plugins(GROUP)
    with pytest.raises(DataError, match=message):
        Registry(GROUP, {}, "").find("broken")


def test_a_broken_recipe_of_a_package_is_one_line(installed):
    installed("tfmi.recipes", "theirs", "no_such_module:x")
    recipes.every.cache_clear()
    with pytest.raises(DataError, match="entry point theirs of tfmi.recipes must load"):
        recipes.find("iam")
    recipes.every.cache_clear()


def test_each_method_of_a_recipe_is_found():
    for recipe in recipes.every().values():
        assert methods.find(recipe.method).stages
