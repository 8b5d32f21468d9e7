"""What the recipes of the compared systems have of their datasets alone."""

# Settings that follow from a dataset, whatever learns from it.
SETTINGS = {
    "colored-mnist": {},
    "shapes3d": {"share_weights": True},
    "pairs": {"share_weights": True, "max_shift": 0.125},
    "iam": {"share_weights": True, "max_shift": 0.125},
    "sentinel2": {"share_weights": True},
}
# Of a system of one stage: a pass over shapes3d is long, one over satellite images
# short.
EPOCHS = {"colored-mnist": 20, "shapes3d": 5, "pairs": 80, "iam": 40, "sentinel2": 60}


def for_datasets(kind, method, pipelines=tuple(SETTINGS), **settings):
    """A recipe a dataset, called `<dataset>-<method>`.

    Args:
        kind: class of the recipes.
        method: name.
        pipelines: names of the datasets.
        settings: values of settings, or functions of the dataset's name that give one.
    """
    return tuple(
        kind(
            name=f"{pipeline}-{method}",
            pipeline=pipeline,
            method=method,
            **SETTINGS[pipeline],
            **{
                name: value(pipeline) if callable(value) else value
                for name, value in settings.items()
            },
        )
        for pipeline in pipelines
    )
