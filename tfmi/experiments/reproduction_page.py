"""A reproduction as a Markdown table and as one page."""

import jinja2

from tfmi.evaluation.report.facts import duration
from tfmi.evaluation.report.thumbnails import file_uri
from tfmi.evaluation.tables.text import decimal
from tfmi.evaluation.tables.text import markdown
from tfmi.evaluation.tables.text import percent
from tfmi.experiments.reproduced import DISTANCE
from tfmi.files import write_text

HEADS = ["", "of", "factor", "recipe", "paper", "ours", "difference", "seeds"]
RUN_HEADS = ["recipe", "run", "stage", "epochs", "steps", "wall time", "an epoch"]
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The paper, reproduced by tfmi</title>
<link rel="icon" href="data:,">
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem;
  padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #ccc; }
th:nth-child(-n+3), td:nth-child(-n+3) { text-align: left; }
figure { margin: 1rem 0; overflow-x: auto; }
img { max-width: 100%; }
</style>
</head>
<body>
<h1>The paper, reproduced</h1>
{% for line in about %}
<p>{{ line }}</p>
{% endfor %}
{% for title, lines in sections.items() %}
<h2>{{ title }}</h2>
<table>
<thead><tr>{% for cell in lines[0] %}<th scope="col">{{ cell }}</th>{% endfor %}</tr>
</thead>
<tbody>
{% for line in lines[1:] %}
<tr>{% for cell in line %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
{% for caption, uri in pictures.get(title, {}).items() %}
<figure><figcaption>{{ caption }}</figcaption>
<img src="{{ uri }}" alt="{{ caption }}"></figure>
{% endfor %}
{% endfor %}
</body>
</html>
"""


def write(folder, about, entries, trainings, pictures):
    """Write reproduction.md and reproduction.html, each whole or not at all.

    Args:
        folder: its path.
        about: lines on schedules, data and what is left out.
        entries: list of `reproduced.Entry`.
        trainings: as `reproduced.trainings` gives them.
        pictures: `{title of an item: {caption: path of a PNG file}}`.

    Returns:
        The Markdown.

    Raises:
        DataError: where they cannot be written.
    """
    lines = [HEADS, *map(_line, entries)]
    stages = [RUN_HEADS, *map(_training, trainings)]
    body = [*about, markdown(lines), "## What was trained", markdown(stages)]
    text = "\n\n".join(["# The paper, reproduced", *body]) + "\n"
    write_text(folder / "reproduction.md", text.replace("+-", "±"))
    titles = dict.fromkeys(entry.item for entry in entries)
    sections = {
        title: [HEADS[1:], *(_line(e)[1:] for e in entries if e.item == title)]
        for title in titles
    }
    page = jinja2.Environment(autoescape=True).from_string(PAGE)
    uris = {
        title: {caption: file_uri(path) for caption, path in paths.items()}
        for title, paths in pictures.items()
    }
    sections["What was trained"] = stages
    html = page.render(about=about, sections=sections, pictures=uris)
    write_text(folder / "reproduction.html", html.replace("+-", "±") + "\n")
    return text


def _line(entry):
    show = decimal if entry.factor == DISTANCE else percent
    difference = "" if entry.difference is None else show(entry.difference)
    if entry.difference is not None and entry.difference >= 0:
        difference = f"+{difference}"
    return [
        entry.item,
        entry.row,
        entry.factor.replace("_", " "),
        entry.recipe,
        show(entry.paper),
        show(entry.ours, entry.deviation),
        difference,
        str(len(entry.seeds)),
    ]


def _training(row):
    return [
        row["recipe"],
        row["run"],
        row["stage"],
        str(row["epochs"]),
        f"{row['steps']:,}",
        duration(row["seconds"]),
        duration(row["seconds"] / row["epochs"]),
    ]
