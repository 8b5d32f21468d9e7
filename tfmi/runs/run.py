"""One run folder: its files by name, its models and its representations."""

import functools
import pathlib

from tfmi import methods
from tfmi import pipelines
from tfmi import recipes
from tfmi.errors import DataError
from tfmi.files import read_json
from tfmi.files import write_json

CONFIG = "config.json"
CHECKPOINT = "checkpoint.keras"
HISTORY = "history.csv"
UNFINISHED = "the run must be finished (tfmi train --resume RUN)"


class Run:
    """One run folder. Models and data are loaded when first asked for.

    Attributes:
        path: of the folder.
        config: what config.json holds.
        recipe: the `Recipe`.
        method: the `Method`.
    """

    def __init__(self, path, config):
        self.path = pathlib.Path(path)
        self.config = config
        self.recipe = recipes.from_dict(config["recipe"])
        self.method = methods.find(self.recipe.method)

    @property
    def progress_file(self):
        return self.path / "progress.json"

    @property
    def progress(self):
        """`{"stage", "step", "steps", "finished"}`, empty where nothing is known."""
        progress = read_json(self.progress_file)
        return progress if isinstance(progress, dict) else {}

    @property
    def finished(self):
        return self.progress.get("finished") is True

    @property
    def stages(self):
        """Names of those that the run consists of: the first ones, or all."""
        return tuple(self.config.get("stages", [s.name for s in self.method.stages]))

    @property
    def representations(self):
        """The representations that the run's stages learn."""
        return self.method.representations(self.stages)

    @property
    def data(self):
        """`{option: value}` of the dataset; `None` where it was made in Python."""
        return pipelines.with_earlier_defaults(
            self.recipe.pipeline, self.config["data"]
        )

    @property
    def image_shape(self):
        return tuple(self._described("image_shape"))

    @property
    def channels(self):
        """Names of the channels (satellite bands), empty for pictures."""
        return tuple(self.config.get("channels", ()))

    @property
    def domains(self):
        return ["x"] if self.recipe.share_weights else ["x", "y"]

    @property
    def factors(self):
        return self._described("factors")

    def _described(self, name):
        """What the config says of the data, from when it is first trained on."""
        if name not in self.config:
            raise DataError(f"{UNFINISHED}. Received: {self.path}")
        return self.config[name]

    @property
    def evaluation_folder(self):
        return self.path / "evaluation"

    @property
    def report_file(self):
        return self.path / "report.html"

    @property
    def samples_file(self):
        return self.path / "samples.npz"

    @property
    def encoder_file(self):
        return self.path / "encoder.keras"

    def stage_folder(self, stage):
        return self.path / stage

    def history_file(self, stage):
        return self.path / stage / HISTORY

    def model_file(self, stage):
        return self.path / f"{stage}.keras"

    def save_config(self, **entries):
        self.config.update(entries)
        write_json(self.path / CONFIG, self.config)

    def save_split(self, split):
        """Keep which images are for training; the first split stays."""
        if split is not None and not self._split_file.is_file():
            write_json(self._split_file, split)

    @property
    def _split_file(self):
        return self.path / "split.json"

    def save_progress(self, **progress):
        write_json(self.progress_file, progress)

    def open_dataset(self, validation=False):
        """The dataset that the run was trained on.

        Args:
            validation: whether images are held out of it even where none were in
                training, so that encoders have seen them, without labels.

        Raises:
            DataError: where it is gone, or has images of another size.
        """
        options = self.data
        if options is None:
            raise DataError(
                "the run's dataset must be given (dataset=...), as it was made in "
                f"Python. Received: {self.path}"
            )
        if validation:
            options = {**pipelines.holding_out(self.recipe.pipeline), **options}
        if self._split_file.is_file():
            options["split_file"] = str(self._split_file)
        dataset = pipelines.open_dataset(self.recipe.pipeline, options)
        shape = tuple(dataset.image_shape)
        if (trained := tuple(self.config.get("image_shape") or shape)) != shape:
            raise DataError(
                f"the data must have images of {trained} as in training. "
                f"Received: {shape}"
            )
        channels = tuple(dataset.channels)
        if self.channels not in ((), channels):
            raise DataError(
                f"the data must have the channels {', '.join(self.channels)} as in "
                f"training. Received: {', '.join(channels)}"
            )
        return dataset

    def encoder(self, representation, domain):
        """The trained encoder of a representation (its name) for a domain."""
        if representation not in [r.name for r in self.representations]:
            raise DataError(
                f"the run must have a stage {representation}. Received: {self.path} "
                f"of the stage {', '.join(self.stages)}"
            )
        return self.method.encoder(self._last_model, representation, domain)

    def represent(self, representation, domain):
        """A function from raw images to vectors."""
        from tfmi.models.preprocessing import representer

        return representer(self.encoder(representation, domain))

    def represent_untrained(self, representation, domain):
        """The same function before any training (`Method.untrained`)."""
        from tfmi.models.preprocessing import representer

        model = self._untrained_models[representation]
        return representer(self.method.encoder(model, representation, domain))

    @functools.cached_property
    def samples(self):
        """The `samples.Samples` that were kept, or, of a run that kept none, those
        of its dataset."""
        from tfmi.runs import samples

        if self.samples_file.is_file():
            return samples.load(self.samples_file)
        return samples.collect(self.open_dataset())

    def sample_images(self, domain, count, split="test"):
        """Raw images of a split `(count, height, width, channels)` or fewer."""
        return self.samples.first[domain, split][:count]

    def build(self, stage, **options):
        """A new model of a stage, as `Method.build`."""
        options |= {"encoder": self.own_encoder}
        recipe = self.recipe.built(stage)
        return self.method.build(stage, recipe, self.image_shape, **options)

    @property
    def own_encoder(self):
        """A function `(image_shape) -> keras.Model` for the encoder that the user
        gave, or None."""
        if not self.recipe.encoder:
            return None
        from tfmi.models import own_encoder

        file = self.encoder_file if self.encoder_file.is_file() else None
        return own_encoder.opener(self.recipe.encoder, file)

    def trained_model(self, stage):
        """The trained model of a stage.

        Raises:
            DataError: where it is not there yet, or damaged.
        """
        from tfmi.models import saving

        if not self.model_file(stage).is_file():
            raise DataError(f"{UNFINISHED}. Received: {self.path}")
        self.method.register()
        return saving.load_model(self.model_file(stage))

    @functools.cached_property
    def _last_model(self):
        return self.trained_model(self.stages[-1])

    @functools.cached_property
    def _untrained_models(self):
        """`{name of a representation: the untrained model of its stage}`."""
        import keras

        recipe, model, models = self.method.untrained(self.recipe), None, {}
        build = functools.partial(self.method.build, encoder=self.own_encoder)
        keras.utils.set_random_seed(recipe.seed)
        for stage in self.method.stages:
            if stage.name in self.stages:
                model = build(stage.name, recipe, self.image_shape, before=model)
                models |= {r.name: model for r in stage.representations}
        return models
