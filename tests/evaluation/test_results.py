"""Records: their queries, their files, and files that hold something else."""

import json

import pytest

from tfmi.errors import DataError
from tfmi.evaluation import results
from tfmi.evaluation.results import Record
from tfmi.evaluation.results import Results

ABOUT = {
    "dataset": "mine",
    "row": "Ours",
    "probes": ["paper"],
    "protocols": {"paper": "2 layers"},
    "representations": {
        "shared": {"symbol": "S", "holds": "shared"},
        "latent": {"symbol": "z", "holds": "all"},
    },
    "domains": {
        "x": {
            "title": "images",
            "factors": {
                "digit": {"values": 10, "kind": "shared"},
                "color": {"values": 4, "kind": "exclusive"},
            },
        }
    },
}


def made(row="Ours", seed=0, **accuracies):
    where = row, "shared", "x", "paper", seed
    return [Record(*where, f, "accuracy", value) for f, value in accuracies.items()]


RESULTS = Results(
    ABOUT,
    [
        *made(seed=0, digit=0.9, color=0.25),
        *made(seed=1, digit=0.7, color=0.25),
        *made(results.MAJORITY, None, digit=0.1, color=0.3),
        Record("Ours", "shared", "x", "1-nn l2", None, "digit", "accuracy", 0.5),
    ],
)


def test_queries():
    ours = {"row": "Ours", "protocol": "paper"}
    assert RESULTS.row == "Ours" and RESULTS.symbol("shared") == "S"
    assert RESULTS.probed == [("shared", "x", "paper")]
    assert RESULTS.values_of("row", protocol=["paper"]) == ["Ours", results.MAJORITY]
    assert RESULTS.by_factor(**ours) == pytest.approx({"digit": 0.8, "color": 0.25})
    deviations = RESULTS.deviations(**ours)
    assert deviations == pytest.approx({"digit": 0.2 / 2**0.5, "color": 0})
    assert RESULTS.by_seed(**ours)[1] == {"digit": 0.7, "color": 0.25}
    assert RESULTS.distances("shared", "x", **ours) == pytest.approx([0.1, 0.3])
    assert RESULTS.distance("shared", "x", **ours)[0] == pytest.approx(0.2)
    assert RESULTS.ideal("latent", "x") == {"digit": 1.0, "color": 1.0}
    assert RESULTS.wanted("shared", "x") == ["digit"]


def test_results_are_read_as_they_were_written(tmp_path):
    RESULTS.save(tmp_path)
    assert results.load(tmp_path / "results.json") == RESULTS
    lines = (tmp_path / "results.csv").read_text().splitlines()
    assert lines[0] == (
        "dataset,row,representation,domain,protocol,seed,factor,score,value"
    )
    assert lines[1] == "mine,Ours,shared,x,paper,0,digit,accuracy,0.9"
    assert len(lines) == 1 + len(RESULTS.records)
    assert results.load(tmp_path / "none.json") is None


@pytest.mark.parametrize(
    "content",
    [
        {"dataset": "mine", "tables": [], "neighbours": [], "disentanglement": []},
        {"format": 1, "columns": results.FIELDS, "records": []},
        {"format": results.FORMAT, "columns": results.FIELDS, "records": [[1, 2]]},
        [],
    ],
    ids=["earlier version", "another format", "short record", "list"],
)
def test_other_files_are_one_line(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match="must be of this version of tfmi") as error:
        results.load(path)
    assert str(path) in str(error.value) and "\n" not in str(error.value)
