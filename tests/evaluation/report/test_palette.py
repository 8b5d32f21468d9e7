"""A colour and a shape for each value."""

import types

import numpy as np

from tfmi.evaluation.report import palette


def _factor(values):
    return types.SimpleNamespace(name="factor", values=tuple(values))


def test_values_differ_in_colour_or_shape():
    factor = _factor(map(str, range(palette.MOST)))
    entries, places = palette.legend(factor, np.arange(palette.MOST))
    assert [e["label"] for e in entries] == list(factor.values)
    assert places == list(range(palette.MOST))
    assert len({(e["color"], e["shape"]) for e in entries}) == palette.MOST
    assert palette.GREY not in {entry["color"] for entry in entries}


def test_only_values_that_occur_are_in_the_legend():
    entries, places = palette.legend(_factor("abcd"), np.array([3, 1, 3, -1]))
    assert [e["label"] for e in entries] == ["b", "d", palette.UNKNOWN]
    assert places == [1, 0, 1, 2]


def test_rare_values_of_many_share_a_mark():
    count = palette.MOST + 6
    labels = np.concatenate([np.arange(count), np.arange(6, count), [-1]])
    entries, places = palette.legend(_factor(map(str, range(count))), labels)
    shown = [str(value) for value in range(6, count)]
    assert [e["label"] for e in entries] == [*shown, palette.OTHERS, palette.UNKNOWN]
    names = [entries[place]["label"] for place in places]
    assert names[0] == names[5] == palette.OTHERS
    assert (names[6], names[-1]) == ("6", palette.UNKNOWN)


def test_names_of_colours_get_these_colours():
    entries, _ = palette.legend(_factor(["Red", "spring green"]), np.array([0, 1]))
    assert [entry["color"] for entry in entries] == ["#e50000", "#a9f971"]
    assert entries[0]["shape"] != entries[1]["shape"]
    entries, _ = palette.legend(_factor(["red", "square"]), np.array([0, 1]))
    assert [entry["color"] for entry in entries] == palette.COLORS[:2]
