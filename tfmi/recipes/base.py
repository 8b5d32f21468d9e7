"""The settings of a run: what all methods have in common, and how one is declared."""

import dataclasses
import math
import pathlib
import re

from tfmi.errors import DataError
from tfmi.errors import UsageError

NUMBERS = (int, float)
# Of a whole number: what 32 bits without a sign hold, as seeds must.
LARGEST = 2**32 - 1
# A run lies in a folder that begins with it.
PLAIN_NAME = re.compile(r"\w[\w .+-]{0,99}")
KERAS_FILE, KERAS_APPLICATION = ".keras", "keras.applications:"
# Epochs that follow the data, and the most that "auto" alone allows.
AUTO, AUTO_EPOCHS = re.compile(r"auto(?::([1-9]\d{0,8}))?"), 200


def setting(
    default,
    help,
    *,
    stage=None,
    at_least=0,
    at_most=math.inf,
    below=math.inf,
    choices=None,
    code_levels=False,
    auto=False,
):
    """A field of a recipe, with all that a command line and a check need of it.

    Args:
        default: its value; the field's annotation is its type: `bool`, `int`,
            `float` or `str`.
        help: a sentence for `--help`.
        stage: name of the first stage whose outcome depends on it. `None` says
            that every stage does.
        at_least, at_most, below: bounds of a number.
        choices: the values of a text.
        code_levels: whether 1 is refused, since one level is no code.
        auto: whether it may be a text of `AUTO` as well.
    """
    rules = {"at_least": at_least, "at_most": at_most, "below": below}
    metadata = {"help": help, "stage": stage, "choices": choices, **rules}
    metadata |= {"code_levels": code_levels, "auto": auto}
    return dataclasses.field(default=default, metadata=metadata)


def epochs_setting(default, help, *, stage=None):
    """A setting `<stage>_epochs`: a number, or "auto:N", which trains until the losses
    on held-out pairs are flat, N epochs at most ("auto": `AUTO_EPOCHS`).

    It is for stages whose model has `held_out_step` and `networks_state`, as a
    `models.pair_model.PairModel`, and losses that tell it (`training.convergence`).
    """
    help = (
        f"{help.removesuffix('.')}. auto:N trains until the losses on held-out pairs "
        f"are flat, N epochs at most (auto: {AUTO_EPOCHS})."
    )
    return setting(default, help, stage=stage, at_least=1, auto=True)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Everything that a run depends on but the data.

    A method's own settings are the fields of a subclass, each made by `setting`.
    For each of its stages a method has a setting `<stage>_epochs`, made by `setting`
    or by `epochs_setting`.

    Attributes:
        name: of the recipe, as `tfmi train NAME`.
        pipeline: name of the dataset (`tfmi.pipelines`).
        method: name of what learns from it (`tfmi.methods`).

    Raises:
        UsageError: for a value that no run can have.
    """

    name: str
    pipeline: str
    method: str = "cross-mi"
    share_weights: bool = setting(
        False, "Whether x and y share one set of weights (images of one kind)."
    )
    encoder: str = setting(
        "",
        "Encoder to train in place of the recipe's own: a .keras file, or "
        "keras.applications:NAME, which starts without trained weights.",
    )
    batch_size: int = setting(64, "Pairs of images in a step.", at_least=2)
    learning_rate: float = setting(1e-4, "Learning rate of Adam.")
    learning_rate_decay: str = setting(
        "none", "How the learning rate falls over a stage.", choices=("none", "cosine")
    )
    max_shift: float = setting(
        0.0,
        "How far training images are moved at random, as a fraction of a side.",
        below=1,
    )
    seed: int = setting(0, "Seed of weights, pairs, negatives and noise.")

    def __post_init__(self):
        if not (isinstance(self.name, str) and PLAIN_NAME.fullmatch(self.name)):
            raise UsageError(
                "name must be a plain name of a folder: letters, digits, space, _ + . "
                f"and -, the first a letter or digit. Received: {self.name!r}"
            )
        for field in dataclasses.fields(self):
            _check(field, getattr(self, field.name))
        forms = self.encoder.startswith(KERAS_APPLICATION), self.has_encoder_file
        if self.encoder and not any(forms):
            raise UsageError(
                f"encoder must be a {KERAS_FILE} file or {KERAS_APPLICATION}NAME. "
                f"Received: {self.encoder}"
            )

    @property
    def has_encoder_file(self):
        """Whether the encoder is a file of the user's."""
        return self.encoder.endswith(KERAS_FILE)

    def check_files(self):
        """Raise a DataError where a file that the recipe names is not there."""
        if self.has_encoder_file and not pathlib.Path(self.encoder).is_file():
            raise DataError(f"encoder must be a file. Received: {self.encoder}")

    @classmethod
    def settings(cls):
        """The fields that `setting` made, in their order."""
        return [field for field in dataclasses.fields(cls) if field.metadata]

    def replace(self, **changes):
        """A recipe with some values changed, checked like any other."""
        unknown = sorted(set(changes) - {f.name for f in dataclasses.fields(self)})
        if unknown:
            raise UsageError(
                f"settings must be fields of a recipe. Received: {', '.join(unknown)}"
            )
        return dataclasses.replace(self, **changes)

    def epochs(self, stage):
        """Number of epochs of a stage; the most where it is automatic."""
        value = getattr(self, f"{stage}_epochs")
        if isinstance(value, int):
            return value
        return int(AUTO.fullmatch(value)[1] or AUTO_EPOCHS)

    def is_auto(self, stage):
        """Whether a stage ends where its losses on held-out pairs are flat."""
        return isinstance(getattr(self, f"{stage}_epochs"), str)

    def built(self, stage):
        """The recipe that a stage's model is built by: where its epochs are automatic,
        the training lets the learning rate fall, as only then its steps are known."""
        if self.is_auto(stage):
            return self.replace(learning_rate_decay="none")
        return self

    def idle_settings(self):
        """Names of settings that change nothing beside the values of the others."""
        return ()

    def to_dict(self):
        """`{field: value}`, which `recipes.from_dict` reads."""
        return dataclasses.asdict(self)


def _check(field, value):
    name, kind, rules = field.name, field.type, field.metadata
    if rules.get("auto") and isinstance(value, str):
        if not AUTO.fullmatch(value):
            raise UsageError(
                f"{name} must be a whole number, auto or auto:N. Received: {value}"
            )
        return
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value) if abs(value) <= LARGEST else math.inf
    if type(value) is not kind:
        raise UsageError(f"{name} must be of type {kind.__name__}. Received: {value!r}")
    if not rules:
        return
    if rules["choices"] and value not in rules["choices"]:
        raise UsageError(
            f"{name} must be one of {', '.join(rules['choices'])}. Received: {value}"
        )
    if kind in NUMBERS:
        _check_number(name, kind, value, rules)


def _check_number(name, kind, value, rules):
    least, most, below = rules["at_least"], rules["at_most"], rules["below"]
    if kind is float and not (math.isfinite(value) and value >= least):
        raise UsageError(f"{name} must be >= {least} and finite. Received: {value}")
    if value < least:
        raise UsageError(f"{name} must be >= {least}. Received: {value}")
    if rules["code_levels"] and value == 1:
        raise UsageError(f"{name} must be 0 (continuous) or >= 2. Received: 1")
    if kind is int:
        most = min(most, LARGEST)
    if value > most:
        raise UsageError(f"{name} must be <= {most}. Received: {value}")
    if value >= below:
        raise UsageError(f"{name} must be below {below}. Received: {value}")
