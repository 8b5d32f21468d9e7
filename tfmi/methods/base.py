"""What a method is to everything else: its stages and its representations."""

import abc
import dataclasses
from collections.abc import Mapping

from tfmi.representation import Representation


@dataclasses.dataclass(frozen=True)
class Stage:
    """One training of a method, with a model of its own.

    Attributes:
        name: as in files and in settings (`<name>_epochs`).
        title: for people.
        representations: what it learns; those of the stages before stay.
        remedy: what may help where a representation collapses.
        chance_loss: value of the log `discriminator` where that player is at
            chance; `None` for a stage without one.
        as_used: whether codes are in it what they are in use: of images that are not
            moved (`max_shift`), in float32.
    """

    name: str
    title: str
    representations: tuple[Representation, ...]
    remedy: str = ""
    chance_loss: float | None = None
    as_used: bool = False

    def precision(self, config):
        """The dtype policy of its networks, of a run's `config`."""
        return "float32" if self.as_used else config.get("precision", "float32")

    def max_shift(self, recipe):
        """How far images are moved in it, as a fraction of a side."""
        return 0.0 if self.as_used else recipe.max_shift


class Method(abc.ABC):
    """A system that learns representations from pairs.

    Importing and asking it costs nothing: only `build` loads Keras.

    Attributes:
        name: as in recipes.
        title: for people.
        stages: in the order of training.
        terms: `{log: what it means}` of the models' logs.
        ablations: `{key: (title, {setting: value})}`, what `tfmi ablate` changes.
        alternatives: the same of rows that it has where they are asked for by name.
        ours: whether it is the paper's method, or a variant of it, whose figures in
            the paper stand beside; other systems go by their titles.
    """

    name: str
    title: str
    stages: tuple[Stage, ...]
    terms: Mapping = {}
    ablations: Mapping = {}
    alternatives: Mapping = {}
    ours: bool = False

    @abc.abstractmethod
    def build(self, stage, recipe, image_shape, **options):
        """The compiled model of a stage.

        Args:
            stage: name of the stage.
            recipe: a `Recipe` of this method.
            image_shape: `(height, width, channels)`.
            options: `before`, the model of the stage before, in the precision of
                this one, or `None`; `total_steps` of the stage; `precision`, a
                dtype policy; `jit`, whether XLA compiles the step; `encoder`, a
                function `(image_shape) -> keras.Model` that gives the user's own
                encoder (`models.from_encoder`), or `None`.

        Returns:
            A `keras.Model` with a `train_step` on `{"x", "y"}` batches of scaled
            images that gives scalars, "loss" among them; a variable `steps_done`
            that counts its steps; and `encoder(representation, domain)`.
        """

    def register(self):  # noqa: B027
        """Import what registers the method's own classes with Keras, so that its
        models load from files."""

    def encoder(self, model, representation, domain):
        """The Keras model from scaled images to `{"vector": (batch, size), ...}`.

        Args:
            model: of the last stage that was trained.
            representation: name of a representation.
            domain: "x" or "y".
        """
        return model.encoder(representation, domain)

    def pictures(self, model, test_pairs):
        """What a trained model draws, `{name: rows of images}`, for people to see;
        kept as `RUN/<stage>/<name>.png`.

        Args:
            model: of a stage that was just trained.
            test_pairs: function that gives a few scaled test pairs, `{"x", "y"}`.

        Returns:
            `{name: list of (n, height, width, channels)}` in [-1, 1], a row each;
            nothing for a method that draws no images.
        """
        return {}

    def untrained(self, recipe):
        """The recipe of the untrained encoders that results stand beside."""
        return recipe

    def representations(self, stages=None):
        """The representations that the stages (by default all) learn, each once."""
        learnt = [
            representation
            for stage in self.stages
            if stages is None or stage.name in stages
            for representation in stage.representations
        ]
        return tuple(dict.fromkeys(learnt))

    def representation(self, name):
        """The representation of that name."""
        return {r.name: r for r in self.representations()}[name]

    def stage_of(self, recipe, setting):
        """Name of the first stage whose outcome depends on a setting."""
        (field,) = (f for f in recipe.settings() if f.name == setting)
        return field.metadata["stage"] or self.stages[0].name

    def stage_settings(self, recipe, stage):
        """`{setting: value}` of all that the outcome of a stage depends on."""
        names = [each.name for each in self.stages]
        reached = names[: names.index(stage) + 1]
        own = {
            field.name: getattr(recipe, field.name)
            for field in recipe.settings()
            if self.stage_of(recipe, field.name) in reached
        }
        return {"pipeline": recipe.pipeline, "method": recipe.method, **own}
