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
from tfmi.experiments import tables

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


def check_data(every):
    """Whether results can stand beside each other.

    Args:
        every: `{name: Results}`.

    Returns:
        A line for people where the runs read images of different sources, else "".

    Raises:
        DataError: for runs of several datasets, and for those whose factors or
            their numbers of values differ, so that no ideal is of both.
    """
    datasets = {name: results.about["dataset"] for name, results in every.items()}
    if len(set(datasets.values())) > 1:
        received = ", ".join(f"{name} of {d}" for name, d in datasets.items())
        raise DataError(f"runs must be of one dataset. Received: {received}")
    first, *others = every
    for name in others:
        for domain in set(_domains(every[first])) & set(_domains(every[name])):
            factors = [_described(every[each], domain) for each in (first, name)]
            if factors[0] != factors[1]:
                raise DataError(
                    "runs must be scored on the same factors. Received: "
                    f"{first} with {factors[0]}, {name} with {factors[1]}"
                )
    sources = {name: results.about["source"] for name, results in every.items()}
    if len(set(sources.values())) == 1:
        return ""
    lines = [f"  {name}: {source}" for name, source in sources.items()]
    return "\n".join(["The runs are of different images:", *lines])


def _domains(results):
    return results.about["domains"]


def _described(results, domain):
    return ", ".join(
        f"{name} ({factor['kind']}, {factor['values']} values)"
        for name, factor in results.factors(domain).items()
    )


def comparison_tables(every):
    """A table a protocol, representation and domain that a run has.

    Args:
        every: `{name: Results}`.

    Returns:
        A list of what `tables.describe` gives, with "rows": those of
        `accuracy.probe_rows`, the paper's first, the encoder's own under the name of
        the run.

    Raises:
        DataError: as `check_data`.
    """
    check_data(every)
    return [_table(key, every) for key in tables.probed(every.values())]


def _table(key, every):
    by_run = {
        name: {row["row"]: row for row in probe_rows(results, *key)}
        for name, results in every.items()
        if key in results.probed
    }
    first = next(iter(by_run.values()))
    rows = [first.get("Paper")]
    rows += [{**by_run[n][every[n].row], "row": n} for n in by_run]
    rows += [
        {**rows_of_run[UNTRAINED], "row": f"Untrained, {name}"}
        for name, rows_of_run in by_run.items()
        if UNTRAINED in rows_of_run
    ]
    rows.append(first.get(MAJORITY))
    rows = [row for row in rows if row is not None]
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


def write(folder, every):
    """Write compare.txt, .json, .csv and a picture a protocol into a folder.

    Args:
        every: `{name: Results}`.

    Returns:
        The texts.

    Raises:
        DataError: as `check_data`, and where a file cannot be written.
    """
    data = check_data(every)
    compared = comparison_tables(every)
    texts = [*map(render, compared), render_distances(compared)]
    texts += [data] if data else []
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
