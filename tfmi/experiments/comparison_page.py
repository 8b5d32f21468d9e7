"""Runs beside each other as one page: `tfmi report --compare`."""

import itertools

from tfmi.evaluation.report import curves
from tfmi.evaluation.report import facts
from tfmi.evaluation.report import page
from tfmi.evaluation.report import palette
from tfmi.evaluation.report import score_tables
from tfmi.evaluation.report import vega_charts
from tfmi.experiments import compare
from tfmi.experiments import costs
from tfmi.files import write_text

# Of runs. The page's orange is the paper's.
COLORS = [color for color in palette.COLORS if color != "#E69F00"]


def write(path, runs, every):
    """Write one page that needs nothing else, neither network nor other files.

    Args:
        path: of the page.
        runs: scored runs of one dataset, two or more.
        every: `{name: Results}` of them, as `compare.results_of` gives it.

    Raises:
        DataError: as `compare.comparison_tables`, and where the file cannot be
            written.
    """
    colors = dict(zip(every, itertools.cycle(COLORS)))
    by_name = dict(zip(every, runs, strict=True))
    panels = _panels(compare.comparison_tables(every), colors)
    stages = _stages(by_name, colors)
    drawn = [table for panel in panels for table in panel["tables"]]
    drawn += [term for terms in stages.values() for term in terms]
    charts = vega_charts.take_out(drawn)
    about = [facts.about(run) for run in runs]
    text = page.render(
        "comparison.html.jinja",
        dataset=next(iter(every.values())).about["dataset"],
        runs=colors,
        facts=_side_by_side([dict(facts.overview(each)) for each in about]),
        settings=_differing([each["recipe"] for each in about]),
        costs=costs.render(costs.cost_rows(by_name)),
        panels=panels,
        stages=stages,
        data={"charts": charts},
    )
    write_text(path, text)


def _side_by_side(columns):
    """`[(name, [text of each column])]`, in the order of the first that has it."""
    names = dict.fromkeys(name for column in columns for name in column)
    return [(name, [column.get(name, "") for column in columns]) for name in names]


def _differing(recipes):
    """The settings that are not the same in all, those that a recipe lacks too."""
    lines = _side_by_side(recipes)
    return [
        (name, values) for name, values in lines if any(v != values[0] for v in values)
    ]


def _panels(compared, colors):
    """As `scores.panels`, a panel a probe."""
    panels = {}
    for table in compared:
        shown = score_tables.accuracy_table(
            f"{table['representation']} of {table['domain']}",
            table["title"],
            list(table["ideal"]),
            [_ideal(table), *table["rows"]],
            _colors_of(table["rows"], colors),
        )
        panel = {"about": table["probe"], "key": {}, "tables": []}
        panel = panels.setdefault(table["protocol"], panel)
        panel["key"] |= shown.pop("key")
        panel["tables"].append(shown)
    return [{"name": f"Probe: {name}", **panel} for name, panel in panels.items()]


def _ideal(table):
    return {
        "row": score_tables.IDEAL,
        "source": None,
        "accuracies": table["ideal"],
        "distance": 0.0,
    }


def _colors_of(rows, colors):
    """The runs' colours, and the page's for what they stand beside."""
    beside = {"paper": "var(--paper)", "untrained": "var(--rest)"}
    names = [row["row"] for row in rows]
    kept = {n: colors.get(n) or beside.get(score_tables.row_kind(n)) for n in names}
    return {name: color for name, color in kept.items() if color}


def _stages(named, colors):
    """`{title: [{"name", "about", "chart"}]}`: a chart a term, a line a run."""
    stages = {}
    for name, run in named.items():
        for stage in run.method.stages:
            history = curves.read_history(run.history_file(stage.name))
            if history:
                stages.setdefault(stage.title, {})[name] = history
    about = {k: v for run in named.values() for k, v in run.method.terms.items()}
    return {t: _terms(histories, about, colors) for t, histories in stages.items()}


def _terms(histories, about, colors):
    terms = {term for history in histories.values() for term in history}
    trained = [term for term in terms if not term.startswith(curves.VALIDATION)]
    return [
        {
            "name": term,
            "about": about.get(term, ""),
            "chart": vega_charts.curve(
                term, {n: h.get(term, []) for n, h in histories.items()}, colors
            ),
        }
        for term in sorted(trained, key=lambda term: (term != "loss", term))
    ]
