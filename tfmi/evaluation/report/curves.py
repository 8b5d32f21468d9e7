"""Training curves from the history files of a run."""

import csv
import math

from tfmi.evaluation.report import vega_charts

STAGES = {
    "shared": "Stage 1: the shared representation",
    "exclusive": "Stage 2: the exclusive representation",
}
TERMS = {
    "loss": "The stage's loss: minus its objective. Falls.",
    "global": "Mutual information, of whole images and codes (weight alpha). Rises.",
    "local": "Mutual information, of places of the feature map and codes (weight "
    "beta). Rises.",
    "l1": "Distance of the two images' S (Eq. 6, weight gamma). Falls.",
    "adversarial": "The encoder's side of the discriminator's game (Eq. 9 in stage 2).",
    "discriminator": "The discriminator's loss: high where it cannot tell which S and "
    "E belong together (in stage 1, which S are of x).",
}
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
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = {}
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


def stage_curves(stage, history):
    """A chart a term, the loss first.

    Args:
        stage: name of a stage.
        history: as `read_history` gives it.

    Returns:
        `{"title", "terms": [{"name", "about", "last", "chart"}]}`.
    """
    names = [name for name in history if not name.startswith(VALIDATION)]
    return {
        "title": STAGES.get(stage, stage),
        "terms": [
            {
                "name": name,
                "about": TERMS.get(name, ""),
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
