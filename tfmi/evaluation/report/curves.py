"""Training curves from the history files of a run, and what its models drew."""

import csv
import io
import math

from tfmi.evaluation.report import thumbnails
from tfmi.evaluation.report import vega_charts
from tfmi.files import foreign
from tfmi.files import open_plain
from tfmi.runs.pictures import pictures_of

VALIDATION = "val_"


def read_history(path):
    """Values by epoch.

    Args:
        path: of a stage's history.csv.

    Returns:
        `{column: [(epoch, value)]}`, epochs from 1, without what is no finite number;
        empty where there is no file.
    """
    if not path.is_file():
        return {}
    columns = {}
    with foreign("history.csv must be a table with a column epoch", path):
        with io.TextIOWrapper(open_plain(path), "utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            epoch = int(row.pop("epoch")) + 1
            for name, text in row.items():
                value = _number(text)
                if value is not None:
                    columns.setdefault(name, []).append((epoch, value))
    return columns


def _number(text):
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def training_curves(run):
    """What `stage_curves` gives, for each stage of a run that has a history, with
    "pictures": `{name: data URI}` of what its model drew."""
    histories = {name: read_history(run.history_file(name)) for name in run.stages}
    return [
        {
            **stage_curves(stage, run.method.terms, histories[stage.name]),
            "pictures": {
                name: thumbnails.file_uri(path)
                for name, path in pictures_of(run, stage.name).items()
            },
        }
        for stage in run.method.stages
        if histories.get(stage.name)
    ]


def stage_curves(stage, terms, history):
    """A chart a term, the loss first.

    Args:
        stage: a `Stage`.
        terms: `{log: what it means}`.
        history: as `read_history` gives it.

    Returns:
        `{"title", "terms": [{"name", "about", "last", "chart"}]}`.
    """
    names = [name for name in history if not name.startswith(VALIDATION)]
    return {
        "title": stage.title,
        "terms": [
            {
                "name": name,
                "about": terms.get(name, ""),
                "last": history[name][-1][1],
                "chart": vega_charts.curve(
                    name,
                    {
                        "training": history[name],
                        "validation": history.get(VALIDATION + name, []),
                    },
                ),
            }
            for name in sorted(names, key=lambda name: (name != "loss", name))
        ],
    }
