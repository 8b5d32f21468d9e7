"""Run folders: what training leaves, and how everything else finds it.

runs/<recipe>-<date>-<time>/
  config.json                 recipe, data, stages, versions, seconds a stage
  split.json                  names of the training and the test images, for
                              data that is split when it is read
  unusable.txt                files that could not be used, where there are any
  preview.png                 pairs as they are trained on
  progress.json               the stage and step reached, finished or not
  shared/, exclusive/         history.csv, probes.csv, checkpoint.keras, logs/
                              (TensorBoard's)
  shared.keras                the finished model of stage 1
  exclusive.keras             of stage 2; holds the shared encoders too
  evaluation/, report.html    what tfmi evaluate and tfmi report write
"""

import datetime
import functools
import pathlib
import platform
from importlib.metadata import version

from tfmi import recipes
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import read_json
from tfmi.files import write_json

CHECKPOINT = "checkpoint.keras"

FOLDER = "runs"
PACKAGES = ("tfmi", "tensorflow", "keras", "numpy")


def create(recipe, data_options, root=FOLDER):
    """A new, empty run folder with its config; never an existing one.

    Raises:
        DataError: where it cannot be written.
    """
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    for attempt in range(100):
        suffix = f"-{attempt}" if attempt else ""
        path = pathlib.Path(root) / f"{recipe.name}-{stamp}{suffix}"
        try:
            path.mkdir(parents=True)
            break
        except FileExistsError:
            continue
        except OSError as error:
            raise DataError(
                f"the runs folder must be writable. Received: {root} ({error.strerror})"
            ) from error
    else:
        raise DataError(f"the run folder must be new. Received: {path}")
    return begin(path, recipe, data_options)


def begin(path, recipe, data_options, stages=recipes.STAGES):
    """A new run in a folder that is there; its config is written.

    Args:
        stages: that the run consists of, ("shared",) or both.
    """
    config = {"recipe": recipe.to_dict(), "data": data_options, "stages": list(stages)}
    run = Run(path, config)
    run.save_config(versions=versions())
    return run


def versions():
    """`{package: version}`, Python's too, that a run was made with."""
    return {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}}


def load(path):
    """The run in a folder.

    Raises:
        DataError: where there is none.
    """
    path = pathlib.Path(path)
    config = read_json(path / "config.json")
    try:
        return Run(path, config)
    except (KeyError, TypeError, UsageError) as error:
        raise DataError(
            f"a run must be a folder that tfmi train made. Received: {path}"
        ) from error


def newest(root=FOLDER):
    """The finished run that was finished last.

    Raises:
        DataError: where there is none.
    """
    folders = pathlib.Path(root).glob("*/config.json")
    finished = [run for run in (load(f.parent) for f in folders) if run.finished]
    if not finished:
        raise DataError(
            f"there must be a finished run, or name one. Received: none in {root}/"
        )
    return max(finished, key=lambda run: (run.path / "progress.json").stat().st_mtime)


class Run:
    """One run folder. Models and data are loaded when first asked for."""

    def __init__(self, path, config):
        self.path = pathlib.Path(path)
        self.config = config
        self.recipe = recipes.Recipe(**config["recipe"])

    @property
    def progress(self):
        return read_json(self.path / "progress.json") or {}

    @property
    def finished(self):
        return bool(self.progress.get("finished"))

    @property
    def stages(self):
        """Those that the run consists of: stage 1 alone, or both."""
        return tuple(self.config.get("stages", recipes.STAGES))

    @property
    def image_shape(self):
        return tuple(self.config["image_shape"])

    @property
    def channels(self):
        """Names of the channels (satellite bands), empty for pictures."""
        return tuple(self.config.get("channels", ()))

    @property
    def domains(self):
        return ["x"] if self.recipe.share_weights else ["x", "y"]

    @property
    def factors(self):
        return self.config["factors"]

    def save_config(self, **entries):
        self.config.update(entries)
        write_json(self.path / "config.json", self.config)

    def save_split(self, split):
        """Keep which images are for training; the first split stays."""
        if split is not None and not self._split_file.is_file():
            write_json(self._split_file, split)

    @property
    def _split_file(self):
        return self.path / "split.json"

    def save_progress(self, **progress):
        write_json(self.path / "progress.json", progress)

    def open_dataset(self):
        """The dataset that the run was trained on."""
        from tfmi import pipelines

        options = dict(self.config["data"])
        if self._split_file.is_file():
            options["split_file"] = str(self._split_file)
        dataset = pipelines.open_dataset(self.recipe.pipeline, options)
        self._check_dataset(dataset)
        return dataset

    def _check_dataset(self, dataset):
        known = self.config.get("image_shape")
        if known is not None and tuple(known) != tuple(dataset.image_shape):
            raise DataError(
                f"the data must have images of {tuple(known)} as in training. "
                f"Received: {tuple(dataset.image_shape)}"
            )

    def encoder(self, representation, domain):
        """The trained encoder, "shared" or "exclusive", of a domain."""
        if representation not in self.stages:
            raise DataError(
                f"the run must have a stage {representation}. Received: {self.path} "
                f"of the stage {', '.join(self.stages)}"
            )
        prefix = "encoder" if representation == self.stages[-1] else "shared_encoder"
        return getattr(self._last_model, f"{prefix}_{domain}")

    def represent(self, representation, domain):
        """A function from raw images to vectors."""
        from tfmi.models.preprocessing import representer

        return representer(self.encoder(representation, domain))

    def represent_untrained(self, representation, domain):
        """The same function before any training, its codes not rounded."""
        from tfmi.models.preprocessing import representer

        return representer(self._untrained_model(representation, domain))

    @property
    def scores(self):
        """What tfmi evaluate found, as results.json holds it, or None."""
        return read_json(self.path / "evaluation" / "results.json")

    def sample_images(self, domain, count, split="test"):
        """Raw images of a split `(count, height, width, channels)` or fewer."""
        batches = self._dataset.labelled(domain, split, count)
        return next(iter(batches))[0].numpy()

    @functools.cached_property
    def _dataset(self):
        return self.open_dataset()

    def shared_model(self):
        """The trained model of stage 1, with its statistics networks."""
        return self._load("shared.keras")

    @functools.cached_property
    def _last_model(self):
        return self._load(f"{self.stages[-1]}.keras")

    def _load(self, name):
        from tfmi.models import saving

        path = self.path / name
        if not path.is_file():
            raise DataError(
                "the run must be finished (tfmi train --resume RUN). "
                f"Received: {self.path}"
            )
        return saving.load_model(path)

    def _untrained_model(self, representation, domain):
        import keras

        from tfmi.models import from_recipe

        # Before training a code is far from filling its levels: rounded, it would
        # be the same for every image, and flatter what is compared with it.
        recipe = self.recipe.replace(shared_levels=0, exclusive_levels=0)
        keras.utils.set_random_seed(recipe.seed)
        shared = from_recipe.build_shared_model(recipe, self.image_shape)
        if representation == "exclusive":
            shared = from_recipe.build_exclusive_model(recipe, self.image_shape, shared)
        return getattr(shared, f"encoder_{domain}")
