"""What runs took: time a step and an epoch, parameters, memory."""

from tfmi import runs
from tfmi.evaluation.tables.text import aligned
from tfmi.files import write_json

MEMORY = {"process": "peak memory", "gpu": "peak GPU memory"}


def cost_rows(by_name):
    """What each run and each of its stages took.

    Args:
        by_name: `{name: Run}`, the first the one that ratios are to.

    Returns:
        A list of `{"row", "stage": name or None for all, "epochs", "steps",
        "step_seconds", "epoch_seconds", "step_ratio", "epoch_ratio", "parameters",
        "peak_memory": {kind: bytes}}`; `None` is what a run did not keep.
    """
    rows = []
    for name, run in by_name.items():
        stages = [_stage(run, stage) for stage in run.stages]
        rows.append({"row": name, "stage": None, **_timed(_together(stages))})
        if len(stages) > 1:
            named = zip(run.stages, stages, strict=True)
            rows += [{"row": name, "stage": s, **_timed(each)} for s, each in named]
    first = rows[0]
    for row in rows:
        for kind in ("step", "epoch"):
            key = f"{kind}_seconds"
            row[f"{kind}_ratio"] = _quotient(row[key], first[key])
    return rows


def _stage(run, stage):
    epochs = runs.trained_epochs(run, stage)
    per_epoch = run.samples.num_images["train"] // run.recipe.batch_size
    return {
        "epochs": epochs,
        "steps": epochs * per_epoch,
        "seconds": run.config.get("seconds", {}).get(stage),
        "parameters": run.config.get("parameters", {}).get(stage),
        "peak_memory": run.config.get("peak_memory", {}).get(stage, {}),
    }


def _together(stages):
    """All stages of a run: the sums, and the largest of the memory."""
    sums = ("epochs", "steps", "seconds", "parameters")
    kinds = {kind for each in stages for kind in each["peak_memory"]}
    return {
        **{name: _sum([each[name] for each in stages]) for name in sums},
        "peak_memory": {
            kind: max(each["peak_memory"].get(kind, 0) for each in stages)
            for kind in kinds
        },
    }


def _timed(stage):
    seconds = stage["seconds"]
    times = {
        f"{kind}_seconds": _quotient(seconds, stage[f"{kind}s"])
        for kind in ("step", "epoch")
    }
    return {**{k: v for k, v in stage.items() if k != "seconds"}, **times}


def _sum(values):
    return None if None in values else sum(values)


def _quotient(value, divisor):
    return None if value is None or not divisor else value / divisor


def render(rows):
    """The rows as text."""
    kinds = [k for k in MEMORY if any(k in row["peak_memory"] for row in rows)]
    heads = ["epochs", "steps", "ms a step", "times", "s an epoch", "times"]
    lines = [["", *heads, "parameters", *(MEMORY[kind] for kind in kinds)]]
    for row in rows:
        name = row["row"] if row["stage"] is None else f"  stage {row['stage']}"
        step = _quotient(row["step_seconds"], 1e-3)
        cells = [f"{row['epochs']}", f"{row['steps']:,}"]
        cells += [_number(step, ".1f"), _number(row["step_ratio"], ".2f")]
        cells += [_number(row["epoch_seconds"], ".1f")]
        cells += [_number(row["epoch_ratio"], ".2f"), _number(row["parameters"], ",")]
        cells += [_gigabytes(row["peak_memory"].get(kind)) for kind in kinds]
        lines.append([name, *cells])
    head = (
        "What training took (times: of the first run's; they compare systems where all "
        "were trained on one machine)"
    )
    return f"{head}\n{aligned(lines)}"


def _number(value, form):
    return "" if value is None else format(value, form)


def _gigabytes(value):
    return "" if value is None else f"{value / 1e9:.2f} GB"


def write(folder, rows):
    """Write the rows as costs.json into a folder; returns the text."""
    write_json(folder / "costs.json", rows)
    return render(rows)
