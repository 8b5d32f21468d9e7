"""The model card of an export: Markdown made from its manifest entry."""

from tfmi.evaluation.tables import accuracy
from tfmi.evaluation.tables.text import decimal
from tfmi.evaluation.tables.text import percent
from tfmi.exporting import card_head
from tfmi.exporting import formats
from tfmi.exporting import graph
from tfmi.recipes import paper


def render(info, results):
    """The card's text.

    Args:
        info: the export's entry in the manifest.
        results: `Results` of its evaluation, or `None`.
    """
    title = f"# {info['name']}, version {info['version']}"
    sections = {
        "What it is": _what(info),
        "Trained on": _trained_on(info),
        "How it was trained": _how(info),
        "Scores": _scores(info, results),
        "Intended use": _intended_use(info["representations"]),
        "Limits": _limits(info),
        "Files, and how far they are from Keras": _files(info["models"]),
        "Signatures": _signatures(info["signatures"]),
    }
    kinds = [model["kind"] for model in info["models"].values()]
    requests = [formats.find(kind).request(info) for kind in kinds]
    if any(requests):
        sections["A request"] = "\n\n".join(filter(None, requests))
    body = [f"## {heading}\n\n{text}" for heading, text in sections.items()]
    return card_head.head(info, results) + "\n\n".join([title, *body]) + "\n"


def _what(info):
    height, width, channels = info["image_shape"]
    outputs = "\n".join(
        f"- `{name}`, {info['outputs'][name]} numbers. {each['symbol']}: "
        f"{each['about']}."
        for name, each in info["representations"].items()
    )
    return (
        "An encoder trained by mutual information estimation on pairs of images. It "
        f"takes images of {height}x{width}x{channels} (height, width, channels) and "
        f"gives:\n\n{outputs}\n\nComputed in float32, whatever precision it was "
        "trained in. Preprocessing is inside."
    )


def _trained_on(info):
    if not info["run"]:
        return "Not recorded: it was exported from a model, not from a run."
    factors = "\n".join(
        f"- {kind}: {', '.join(_factors(info['factors'].get(kind, {})))}"
        for kind in ("shared", "exclusive")
    )
    text = (
        f"{info['source']}; images of domain {info['domain']}, run {info['run']}. "
        f"Factors of the images:\n\n{factors}"
    )
    return "\n\n".join(filter(None, [text, info["credit"]]))


def _factors(factors):
    return [f"{name} ({len(values)} values)" for name, values in factors.items()]


def _how(info):
    command = info["command"]
    shown = f"    {command}\n\n" if command else ""
    return shown + _recipe(info["recipe"])


def _recipe(recipe):
    if not recipe:
        return "Not recorded."
    notes, fixed = paper.notes(recipe)
    if not fixed:
        return _table(("setting", "value"), recipe.items())
    rows = [(name, value, notes.get(name, "")) for name, value in recipe.items()]
    rows += [(what, note.value, note) for what, note in fixed.items()]
    return _table(("setting", "value", "beside the paper"), rows)


def _table(headings, rows):
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


def _scores(info, results):
    tables = [
        _score_table(results, key)
        for key in (results.probed if results else ())
        if key[0] in info["outputs"] and key[1] == info["domain"]
    ]
    if not tables:
        return (
            "Not evaluated by this version of tfmi (`tfmi evaluate` before the export "
            "puts scores here)."
        )
    return "\n\n".join(tables)


def _score_table(results, key):
    """Accuracies of a probe on a representation, and the distance to the ideal."""
    factors = list(results.factors(key[1]))
    rows = [
        (
            row["row"],
            *(percent(row["accuracies"].get(factor)) for factor in factors),
            decimal(row["distance"]),
        )
        for row in accuracy.probe_rows(results, *key)
    ]
    headings = ("row", *factors, "distance to ideal")
    return f"`{key[0]}`, probe {key[2]}:\n\n{_table(headings, rows)}"


USES = {
    "shared": "the shared factors count and the others must not",
    "exclusive": "the exclusive factors count and the others must not",
    "all": "every factor counts",
}


def _intended_use(representations):
    uses = ", ".join(
        f"`{name}` where {USES[each['holds']]}"
        for name, each in representations.items()
    )
    return (
        "Features for small classifiers, search by nearest neighbours and comparison "
        f"of images like those that it was trained on: {uses}."
    )


def _limits(info):
    lines = [
        "Images unlike those of the training data get vectors that mean nothing, and "
        "no warning.",
        "What a representation should not hold is taken out as well as the scores "
        "above say, not perfectly: do not rely on it to hide a factor.",
        "An image of another size is refused; only the signature for files resizes "
        "(to fit, padded with the median colour of the border, as in training).",
        "Files: PNG and JPEG only, of any depth, read as in training (transparency "
        "over white, EXIF orientation applied).",
    ]
    lines += _levels(info["recipe"] or {}, info["representations"])
    if not graph.takes_files(info["image_shape"]):
        lines[3] = "No signature for files: images have neither 1 nor 3 channels."
    return "\n".join(f"- {line}" for line in lines)


def _levels(recipe, representations):
    """Lines on representations whose numbers are a few levels."""
    return [
        f"`{name}` is a code: each number is one of {levels} values from -1 to 1. "
        "Distances between codes are coarse, and many images have the same code."
        for name in representations
        for levels in [recipe.get(f"{name}_levels", 0)]
        if levels
    ]


def _files(models):
    rows = [
        (
            f"`{name}`",
            model["kind"],
            f"{max(model['differences'].values()):.1e}",
            change_text(model.get("change")),
        )
        for name, model in models.items()
    ]
    headings = ("file", "kind", "largest difference", "change in probe accuracy")
    return _table(headings, rows)


def change_text(change):
    """One line for what `change` of a manifest says; empty for None."""
    if not change:
        return ""
    if not change.get("probes"):
        return "not measured"
    return ", ".join(
        f"{representation} {factor} {percent(score['before'])} to "
        f"{percent(score['after'])}"
        for representation, factors in change["probes"].items()
        for factor, score in factors.items()
    )


def _signatures(signatures):
    rows = [
        (f"`{name}`", _tensors(signature["inputs"]), _tensors(signature["outputs"]))
        for name, signature in signatures.items()
    ]
    return _table(("signature", "inputs", "outputs"), rows)


def _tensors(tensors):
    return ", ".join(
        f"`{name}` {tensor['dtype']} ({', '.join(map(_dimension, tensor['shape']))})"
        for name, tensor in tensors.items()
    )


def _dimension(size):
    return "batch" if size is None else str(size)
