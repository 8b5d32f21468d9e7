"""What the models of a run drew, `RUN/<stage>/<name>.png`."""


def picture_file(run, stage, name):
    """Path of a picture of a stage."""
    return run.stage_folder(stage) / f"{name}.png"


def pictures_of(run, stage):
    """`{name: path}` of the pictures that a stage left, none where it draws nothing."""
    folder = run.stage_folder(stage)
    return {path.stem: path for path in sorted(folder.glob("*.png"))}
