"""Runs beside each other, beside untrained encoders and beside the paper."""

from tfmi.errors import DataError
from tfmi.evaluation import scoring
from tfmi.evaluation.figures.bars import bar_panels
from tfmi.evaluation.results import MAJORITY
from tfmi.evaluation.results import UNTRAINED
from tfmi.evaluation.tables.accuracy import probe_rows
from tfmi.evaluation.tables.text import aligned
from tfmi.evaluation.tables.text import decimal
from tfmi.evaluation.tables.text import percent
from tfmi.experiments import costs
from tfmi.experiments import tables
from tfmi.files import make_folder

COLUMNS = """protocol representation domain row source factor accuracy deviation
    balanced_accuracy distance""".split()


def results_of(runs):
    """`{name: Results}` of runs; a run goes by its folder's name where that is
    enough to tell it, else by its path.

    Raises:
        DataError: for a run that was not scored.
    """
    names = [run.path.resolve().name for run in runs]
    if len(set(names)) < len(names):
        names = [str(run.path) for run in runs]
    every = dict(zip(names, map(scoring.results_of, runs), strict=True))
    for run, results in zip(runs, every.values(), strict=True):
        if results is None:
            raise DataError(
                f"a run must be scored (tfmi evaluate {run.path}). "
                f"Received: {run.path}, without evaluation/results.json"
            )
    return every


def comparison_tables(every):
    """A table a protocol, representation and domain that a run has.

    Args:
        every: `{name: Results}`.

    Returns:
        A list of what `tables.describe` gives, with "rows": those of
        `accuracy.probe_rows`, the paper's first, the encoder's own under the name of
        the run.

    Raises:
        DataError: for runs of several datasets, and for those whose factors or
            their numbers of values differ, so that no ideal is of both.
    """
    _check_same(
        "runs must be of one dataset",
        {name: results.about["dataset"] for name, results in every.items()},
        "of",
    )
    for domain in dict.fromkeys(d for r in every.values() for d in r.about["domains"]):
        factors = {
            name: _described(results.factors(domain))
            for name, results in every.items()
            if domain in results.about["domains"]
        }
        _check_same(f"runs must be of the same factors of {domain}", factors, "with")
    return [_table(key, every) for key in tables.probed(every.values())]


def _check_same(rule, values, link):
    if len(set(values.values())) > 1:
        received = ", ".join(f"{name} {link} {value}" for name, value in values.items())
        raise DataError(f"{rule}. Received: {received}")


def _described(factors):
    return ", ".join(
        f"{name} ({factor['kind']}, {factor['values']} values)"
        for name, factor in factors.items()
    )


def _table(key, every):
    by_run = {
        name: {row["row"]: row for row in probe_rows(results, *key)}
        for name, results in every.items()
        if key in results.probed
    }
    first = next(iter(by_run.values()))
    rows = [row for name, row in first.items() if name.startswith("Paper")]
    rows += [{**by_run[n][every[n].row], "row": n} for n in by_run]
    rows += [
        {**rows_of_run[UNTRAINED], "row": f"Untrained, {name}"}
        for name, rows_of_run in by_run.items()
        if UNTRAINED in rows_of_run
    ]
    rows += [first[MAJORITY]] if MAJORITY in first else []
    return {**tables.describe(list(every.values()), key), "rows": rows}


def render(table):
    """A table as text."""
    factors = list(table["ideal"])
    ideal = [percent(table["ideal"][factor]) for factor in factors]
    lines = [["", *factors, "distance to ideal"], ["Ideal", *ideal, decimal(0.0)]]
    for row in table["rows"]:
        deviations = row.get("deviations") or {}
        cells = [percent(row["accuracies"][f], deviations.get(f)) for f in factors]
        distance = decimal(row["distance"], row.get("distance_deviation"))
        source = f" ({row['source']})" if row.get("source") else ""
        lines.append([row["row"] + source, *cells, distance])
    head = f"{table['title']}\nprobe {table['protocol']}: {table['probe']}"
    return f"{head}\n{aligned(lines)}"


def render_distances(every):
    """The distances to ideal of all tables in one, a line a row."""
    names = list(dict.fromkeys(row["row"] for t in every for row in t["rows"]))
    heads = [f"{t['representation']} {t['domain']} ({t['protocol']})" for t in every]
    columns = [{row["row"]: row["distance"] for row in t["rows"]} for t in every]
    lines = [["", *heads]]
    lines += [[n, *(decimal(column.get(n)) for column in columns)] for n in names]
    return f"Distance to ideal\n{aligned(lines)}"


def render_sources(every):
    """A text that names the source of each run's images, in a list; an empty list
    where all are of one source."""
    sources = {name: results.about["source"] for name, results in every.items()}
    if len(set(sources.values())) == 1:
        return []
    lines = [f"  {name}: {source}" for name, source in sources.items()]
    return ["\n".join(["The runs are of different images:", *lines])]


def write(folder, every, runs=None):
    """Write compare.txt, .json, .csv and a picture a protocol into a folder, which is
    made where there is none.

    Args:
        folder: its path.
        every: `{name: Results}`.
        runs: `{name: Run}`, whose costs stand beside the scores (`costs`).

    Returns:
        The texts.

    Raises:
        DataError: as `comparison_tables`, and where a file cannot be written.
    """
    compared = comparison_tables(every)
    texts = [*map(render, compared), render_distances(compared)]
    texts += render_sources(every)
    make_folder(folder)
    texts += [costs.write(folder, costs.cost_rows(runs))] if runs else []
    lines = [line for table in compared for line in _lines(table)]
    tables.write(folder, "compare", compared, texts, COLUMNS, lines)
    for protocol in dict.fromkeys(table["protocol"] for table in compared):
        panels = [table for table in compared if table["protocol"] == protocol]
        bar_panels(folder / f"compare_{protocol}.png", panels, f"Probe {protocol}")
    return texts


def _lines(table):
    where = [table["protocol"], table["representation"], table["domain"]]
    for row in table["rows"]:
        for factor, accuracy in row["accuracies"].items():
            deviation = (row.get("deviations") or {}).get(factor)
            balanced = (row.get("balanced_accuracies") or {}).get(factor)
            scores = [factor, accuracy, deviation, balanced, row["distance"]]
            yield [*where, row["row"], row.get("source"), *scores]
