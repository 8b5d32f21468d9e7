"""An evaluation on one screen."""

import dataclasses

import made_results

from tfmi.evaluation.tables import summary


def test_lines_of_each_reading_and_of_the_ideal():
    results = made_results.results(
        shared=(0.98, 0.1), exclusive=(0.12, 1.0), protocols=("paper", "strong")
    )
    lines = [line.split() for line in summary.text(results).splitlines()]
    names = ["probe", "digit", "background_color", "distance", "to", "ideal"]
    assert lines[0] == names
    assert lines[1] == ["S", "paper", "98.00%", "10.00%", "0.0367"]
    assert [line[:2] for line in lines[1:5]] == [
        ["S", "paper"],
        ["E", "paper"],
        ["S", "strong"],
        ["E", "strong"],
    ]
    assert lines[5:] == [
        ["ideal", "S", "100.00%", "8.33%", "0.0000"],
        ["ideal", "E", "10.00%", "100.00%", "0.0000"],
    ]


def many_factors():
    """Results of 3 representations by 8 probes on 18 factors."""
    factors = {
        f"{kind}_factor_{number}": {"values": 10, "kind": kind}
        for kind in ("shared", "exclusive")
        for number in range(9)
    }
    protocols = tuple(f"probe{number}" for number in range(8))
    few = made_results.results((1, 1), (1, 1), (1, 1), protocols)
    few.about["domains"]["x"]["factors"] = factors
    records = [
        dataclasses.replace(record, factor=name)
        for record in few.records
        if record.factor == "digit"
        for name in factors
    ]
    return dataclasses.replace(few, records=records)


def test_it_fits_on_a_screen_whatever_was_measured():
    text = summary.text(many_factors())
    lines = text.splitlines()
    assert len(lines) == 1 + 3 + 3 + 1
    assert {line.split()[1] for line in lines[1:4]} == {"probe7"}
    assert lines[0].split()[1:5] == [
        "shared_factor_0",
        "shared_factor_1",
        "exclusive_factor_0",
        "exclusive_factor_1",
    ]
    assert lines[-1] == "  14 more factors in tables.txt"
