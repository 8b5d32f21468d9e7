"""What was trained on what, as lines for people."""

from tfmi import recipes
from tfmi import runs


def about(run):
    """The facts about a `Run`.

    Returns:
        `{"run", "path", "recipe", "defaults", "source", "versions", "precision", "jit",
        "image_shape", "images": {split: count}, "stages": {name: {"epochs", "steps",
        "seconds"}}}`; "seconds" is None where it is not known.
    """
    recipe, config, images = run.recipe, run.config, run.samples.num_images
    defaults = recipes.every().get(recipe.name)
    trained = {stage: runs.trained_epochs(run, stage) for stage in run.stages}
    return {
        "run": run.path.name,
        "path": str(run.path),
        "recipe": recipe.to_dict(),
        "defaults": defaults.to_dict() if defaults else {},
        "source": config["source"],
        "versions": config["versions"],
        "precision": config.get("precision", "float32"),
        "jit": bool(config.get("jit")),
        "image_shape": run.image_shape,
        "images": images,
        "stages": {
            stage: {
                "epochs": epochs,
                "steps": images["train"] // recipe.batch_size * epochs,
                "seconds": config.get("seconds", {}).get(stage),
            }
            for stage, epochs in trained.items()
        },
    }


def overview(about):
    """The header's facts as `[(name, text)]`.

    Args:
        about: as `about` gives it.
    """
    height, width, channels = about["image_shape"]
    images = about["images"]
    lines = [
        ("Data", about["source"]),
        (
            "Images",
            f"{images['train']:,} to train on, {images['test']:,} to test, of "
            f"{height}\u00a0×\u00a0{width}\u00a0×\u00a0{channels}",
        ),
    ]
    for name, stage in about["stages"].items():
        lines.append((f"Stage {name}", _stage(stage)))
    seconds = [stage["seconds"] for stage in about["stages"].values()]
    total = None if None in seconds else sum(seconds)
    lines.append(("Wall time", "not recorded" if total is None else duration(total)))
    lines.append(("Computed in", about["precision"] + ", XLA" * about["jit"]))
    lines.append(
        ("Versions", ", ".join(f"{n} {v}" for n, v in about["versions"].items()))
    )
    return lines


def _stage(stage):
    epochs = "1 epoch" if stage["epochs"] == 1 else f"{stage['epochs']} epochs"
    text = f"{stage['steps']:,} steps in {epochs}"
    if stage["seconds"] is not None:
        text += f", {duration(stage['seconds'])}"
    return text


def duration(seconds):
    """A length of time in the two largest units that count."""
    seconds = round(seconds)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {seconds % 60} s"
    return f"{seconds} s"


def settings(about):
    """The recipe's settings, those first that differ from the recipe of that name.

    Returns:
        `[{"name", "value", "default"}]`, "default" None where it is the same.
    """
    defaults = about["defaults"]
    rows = [
        {
            "name": name,
            "value": value,
            "default": defaults[name] if defaults.get(name, value) != value else None,
        }
        for name, value in about["recipe"].items()
    ]
    return sorted(rows, key=lambda row: row["default"] is None)
