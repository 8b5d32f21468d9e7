"""The model card of an export: Markdown made from its manifest entry."""

import json

from tfmi.exporting.formats import saved_model

MEANING = {
    "shared": "S: what an image shares with the other image of its pair",
    "exclusive": "E: what is left of the image, the other's part taken out",
}


def render(info, scores):
    """The card's text.

    Args:
        info: the export's entry in the manifest.
        scores: what RUN/evaluation/results.json holds, or None.
    """
    title = f"# {info['name']}, version {info['version']}"
    sections = {
        "What it is": _what(info),
        "Trained on": _trained_on(info),
        "How it was trained": _recipe(info["recipe"]),
        "Scores": _scores(info, scores),
        "Intended use": INTENDED_USE,
        "Limits": _limits(info),
        "Files, and how far they are from Keras": _files(info["models"]),
        "Signatures": _signatures(info["signatures"]),
    }
    if saved_model.DEFAULT in info["signatures"]:
        sections["A request"] = _request(info)
    body = [f"## {heading}\n\n{text}" for heading, text in sections.items()]
    return "\n\n".join([title, *body]) + "\n"


def _what(info):
    height, width, channels = info["image_shape"]
    outputs = "\n".join(
        f"- `{name}`, {size} numbers. {MEANING[name]}."
        for name, size in info["outputs"].items()
    )
    return (
        "An encoder trained by mutual information estimation on pairs of images. It "
        f"takes images of {height}x{width}x{channels} (height, width, channels) and "
        f"gives:\n\n{outputs}\n\nComputed in float32, whatever precision it was "
        "trained in. Preprocessing is inside."
    )


def _trained_on(info):
    factors = "\n".join(
        f"- {kind}: {', '.join(_factors(info['factors'].get(kind, {})))}"
        for kind in ("shared", "exclusive")
    )
    return (
        f"{info['source']}; images of domain {info['domain']}, run {info['run']}. "
        f"Factors of the images:\n\n{factors}"
    )


def _factors(factors):
    return [f"{name} ({len(values)} values)" for name, values in factors.items()]


def _recipe(recipe):
    return _table(("setting", "value"), recipe.items())


def _table(headings, rows):
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines)


def _scores(info, scores):
    try:
        texts = [
            table["text"]
            for table in scores["tables"]
            if table["representation"] in info["outputs"]
            and table["domain"] == info["domain"]
        ]
    except (TypeError, KeyError):
        texts = []
    if not texts:
        return "Not evaluated (`tfmi evaluate` before the export puts scores here)."
    return "\n\n".join(f"```\n{text}\n```" for text in texts)


INTENDED_USE = (
    "Features for small classifiers, search by nearest neighbours and comparison of "
    "images like those that it was trained on: `shared` where the shared factors "
    "count and the others must not, `exclusive` for the reverse."
)


def _limits(info):
    lines = [
        "Images unlike those of the training data get vectors that mean nothing, and "
        "no warning.",
        "The two parts are separated as well as the scores above say, not perfectly: "
        "do not rely on one to hide what the other holds.",
        "An image of another size is refused; only the signature for files resizes "
        "(to fit, padded with the median colour of the border, as in training).",
        "Files: PNG and JPEG only. EXIF rotation is ignored, 16 bits a channel are cut "
        "to 8.",
    ]
    if not saved_model.takes_encoded(info["image_shape"]):
        lines[-1] = "No signature for files: images have neither 1 nor 3 channels."
    return "\n".join(f"- {line}" for line in lines)


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
        f"{representation} {factor} {100 * score['before']:.2f}% to "
        f"{100 * score['after']:.2f}%"
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


def _request(info):
    url = f"http://localhost:8501/v1/models/{info['name']}:predict"
    outputs = json.dumps({name: ["..."] for name in info["outputs"]})
    if len(info["outputs"]) == 1:
        outputs = '["..."]'
    lines = [
        "    tensorflow_model_server --rest_api_port=8501 \\\n"
        "        --model_config_file=$PWD/models.config",
    ]
    if saved_model.ENCODED in info["signatures"]:
        lines.append(
            f'    echo \'{{"signature_name": "{saved_model.ENCODED}", "instances": '
            '[{"image_bytes": {"b64": "\'$(base64 -w0 IMAGE.png)\'"}}]}\' |\n'
            f"        curl -d @- {url}"
        )
    lines.append(
        '    # IMAGES.json: {"instances": [one list of rows of pixels an image]}\n'
        f"    curl -d @IMAGES.json {url}"
    )
    lines.append(f'The answer: `{{"predictions": [{outputs}]}}`.')
    return "\n\n".join(lines)
