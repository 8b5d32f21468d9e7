"""Run folders: what training leaves, and how everything else finds it.

runs/<recipe>-<date>-<time>/
  config.json                 recipe, data, stages, versions, seconds a stage
  split.json                  names of the training and the test images, for
                              data that is split when it is read
  unusable.txt                files that could not be used, where there are any
  preview.png                 pairs as they are trained on
  encoder.keras               the user's own encoder before training, if any
  progress.json               the stage and step reached, finished or not
  <stage>/                    history.csv, probes.csv, held_out.csv (losses of a stage
                              of automatic epochs), checkpoint.keras, logs/
                              (TensorBoard's), pictures of a method that draws
  <stage>.keras               the finished model of a stage; the last one holds
                              the encoders of those before
  samples.npz                 images of both splits: an export and a report need
                              no more of the data
  evaluation/, report.html    what tfmi evaluate and tfmi report write
  .lock                       locked by the process that trains (`lock`)
"""

import contextlib
import datetime
import errno
import itertools
import pathlib
import platform
import shutil
from importlib.metadata import version

from tfmi import methods
from tfmi import pipelines
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import aside
from tfmi.files import parse_json
from tfmi.files import replacing
from tfmi.runs import config
from tfmi.runs.lock import locked
from tfmi.runs.run import CONFIG
from tfmi.runs.run import Run

__all__ = [
    "FOLDER",
    "Run",
    "begin",
    "create",
    "every",
    "load",
    "locked",
    "newest",
    "trained_epochs",
    "versions",
]

FOLDER = "runs"
PACKAGES = ("tfmi", "tensorflow", "keras", "numpy")


def create(recipe, data_options, root=FOLDER):
    """A new, empty run folder with its config; never an existing one.

    Raises:
        DataError: where it cannot be written.
    """
    root = pathlib.Path(root)
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    try:
        root.mkdir(parents=True, exist_ok=True)
        with aside(root) as folder:
            whole = folder / recipe.name
            whole.mkdir()
            content = begin(whole, recipe, data_options).config
            return Run(_put(whole, root / f"{recipe.name}-{stamp}"), content)
    except OSError as error:
        raise DataError(
            f"the runs folder must be writable. Received: {root} ({error.strerror})"
        ) from error


def _put(folder, path):
    """Rename a folder to the path, or to one with a number behind it; returns it."""
    for attempt in itertools.count():
        new = path.with_name(f"{path.name}-{attempt}") if attempt else path
        try:
            folder.rename(new)
            return new
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
                raise


def begin(path, recipe, data_options, stages=None):
    """A new run in a folder that is there; its config is written.

    Args:
        stages: names of those that the run consists of; by default all of the
            method's.
    """
    every = [stage.name for stage in methods.find(recipe.method).stages]
    stages = every if stages is None else list(stages)
    data = pipelines.recorded(recipe.pipeline, data_options)
    content = {"recipe": recipe.to_dict(), "data": data, "stages": stages}
    run = Run(path, content)
    if recipe.has_encoder_file:
        with replacing(run.encoder_file) as temporary:
            shutil.copyfile(recipe.encoder, temporary)
    run.save_config(versions=versions())
    return run


def trained_epochs(run, stage):
    """Number of epochs of a stage of a run: what it was ended after, where that was
    left to its losses, else what its recipe says."""
    ended = run.config.get("ended", {}).get(stage)
    return ended["epochs"] if ended else run.recipe.epochs(stage)


def versions():
    """`{package: version}`, Python's too, that a run is made with."""
    return {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}}


def load(path):
    """The run in a folder.

    Raises:
        DataError: where there is none, or its config.json is none that training
            wrote.
    """
    path = pathlib.Path(path)
    try:
        content = parse_json(path / CONFIG)
        run = Run(path, content)
        config.check(content, run.method)
    except (OSError, UsageError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    except (AttributeError, KeyError, TypeError):
        reason = "other entries"
    else:
        return run
    raise DataError(
        "a run must be a folder that tfmi train made. "
        f"Received: {path} ({CONFIG}: {reason})"
    )


def every(root):
    """The runs in the folders of a folder, by name; folders of other programs, of
    newer versions and broken ones are passed over."""
    for path in sorted(pathlib.Path(root).glob(f"*/{CONFIG}")):
        with contextlib.suppress(DataError):
            yield load(path.parent)


def newest(root=FOLDER):
    """The finished run that was finished last.

    Raises:
        DataError: where there is none.
    """
    finished = [run for run in every(root) if run.finished]
    if not finished:
        raise DataError(
            f"there must be a finished run, or name one. Received: none in {root}/"
        )
    return max(finished, key=lambda run: run.progress_file.stat().st_mtime)
