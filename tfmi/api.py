"""What the package's face does, beyond the classes that it names."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING
from typing import Any

from tfmi import pipelines
from tfmi import progress
from tfmi import recipes
from tfmi import runs
from tfmi.errors import DataError
from tfmi.errors import UsageError

if TYPE_CHECKING:
    from tfmi.evaluation.results import Results
    from tfmi.models import ExclusiveModel
    from tfmi.models import SharedModel
    from tfmi.pipelines.base import PairDataset
    from tfmi.recipes import Recipe
    from tfmi.runs import Run


def open_chosen(name, settings, data):
    """The recipe with its settings, its dataset, and the options of that.

    All are checked here, before a folder is made. Where epochs are automatic images
    are held out (`automatic.settled`).

    Args:
        name: of the recipe, or a `Recipe`.
        settings: `{setting: value}` to change of it.
        data: `{option: value}` of the dataset, or a `PairDataset`, whose options are
            `None`.

    Raises:
        UsageError, DataError: for a recipe, settings or data that cannot be used.
    """
    from tfmi.models import own_encoder
    from tfmi.training import automatic
    from tfmi.training import stages

    own = recipes.find(name) if isinstance(name, str) else name
    own.replace(**settings).check_files()
    dataset, options = data, None
    if isinstance(data, dict):
        settings, options = automatic.settled(own, settings, data)
        dataset = pipelines.open_dataset(own.pipeline, options)
    recipe = _fitting(own, settings, dataset)
    try:
        stages.check_sizes(recipe, dataset)
    except (UsageError, DataError) as error:
        if not automatic.automatic_stages(recipe):
            raise
        lines = []
        settings = automatic.with_budgets(own, settings, error, lines.append)
        if isinstance(data, dict) and options != data:
            # What was held out is trained on.
            dataset, options = pipelines.open_dataset(own.pipeline, data), data
        recipe = _fitting(own, settings, dataset)
        # An error that has nothing to do with the epochs comes alone.
        stages.check_sizes(recipe, dataset)
        progress.write(*lines)
    if recipe.encoder:
        # Built once, so that one that does not fit is told before a run is begun.
        own_encoder.opener(recipe.encoder)(dataset.image_shape)
    return recipe, dataset, options


def _fitting(recipe, settings, dataset):
    """The recipe with its settings; images of two domains share no weights unless
    that is set, which is an error."""
    if len(dataset.domains) > 1 and "share_weights" not in settings:
        settings = {**settings, "share_weights": False}
    return recipe.replace(**settings)


def train(
    recipe: str | Recipe,
    dataset: PairDataset | None = None,
    *,
    root: str | PathLike[str] = runs.FOLDER,
    precision: str = "auto",
    jit: str = "auto",
    probe_every: int = 0,
    stop: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Run:
    """Train all stages of a recipe in a new run folder, as `tfmi train` does.

    Args:
        recipe: name of a recipe, or a `Recipe`.
        dataset: a `PairDataset` (`pipelines.from_dataset`), in place of what the
            recipe's own options open.
        root: folder of the run folders.
        precision: "auto", "float32", "mixed_bfloat16" or "mixed_float16".
        jit: "auto", "on" or "off": whether XLA compiles the steps.
        probe_every: steps between two online probes, 0 for none.
        stop: function that says, between two steps, whether to stop now.
        options: settings of the recipe and options of its dataset, such as
            `data_dir`.

    Returns:
        The `Run`; where it was stopped, `resume` goes on with it.

    Raises:
        UsageError, DataError: for a recipe, settings or data that cannot be used.

    Example:
        >>> run = tfmi.train("colored-mnist", sample=True, shared_epochs=1)
        >>> vectors = run.represent("shared", "x")(images)
    """
    from tfmi.training import hardware
    from tfmi.training import stages

    recipe = recipes.find(recipe) if isinstance(recipe, str) else recipe
    own = {field.name for field in recipe.settings()}
    settings = {name: options.pop(name) for name in own & set(options)}
    if dataset is not None and options:
        raise UsageError(
            "options must be settings of the recipe where the dataset is given. "
            f"Received: {', '.join(sorted(options))}"
        )
    if dataset is None:
        pipelines.check_options(recipe.pipeline, options)
    hardware.prepare()
    data = options if dataset is None else dataset
    recipe, opened, options = open_chosen(recipe, settings, data)
    run = runs.create(recipe, options, root)
    with runs.locked(run.path):
        hardware.choose_execution(run, opened.image_shape, precision, jit)
        stages.train(run, opened, stop, probe_every)
    return run


def resume(
    run: Run | str | PathLike[str],
    dataset: PairDataset | None = None,
    *,
    probe_every: int = 0,
    stop: Callable[[], bool] = lambda: False,
) -> Run:
    """Go on with a run that was stopped.

    Args:
        run: a `Run`, or the path of one.
        dataset: as given to `train`, where it was.
        probe_every, stop: as of `train`.

    Returns:
        The `Run`.

    Raises:
        DataError: where another process trains it.
    """
    from tfmi.training import hardware
    from tfmi.training import stages

    run = load_run(run)
    hardware.prepare()
    with runs.locked(run.path):
        opened = run.open_dataset() if dataset is None else dataset
        # As it began: where nothing was chosen, without either.
        hardware.choose_execution(run, opened.image_shape, "float32", "off")
        stages.train(run, opened, stop, probe_every)
    return run


def load_run(path: Run | str | PathLike[str] | None = None) -> Run:
    """The `Run` in a folder; by default the one that was finished last in runs/.

    Raises:
        DataError: where there is none.
    """
    if isinstance(path, runs.Run):
        return path
    return runs.newest() if path is None else runs.load(path)


def evaluate(
    subject: Run | str | PathLike[str] | Mapping[Any, Any],
    dataset: PairDataset | None = None,
    output: str | PathLike[str] | None = None,
    **options: Any,
) -> Results:
    """Score representations with the paper's protocol and a stronger one.

    Args:
        subject: a `Run` or the path of one, scored into its own folder; or
            functions from raw images to vectors, `{(Representation, domain):
            function}`, as `model.representations()` gives them, or one such dict
            a row, `{row: {...}}`.
        dataset: a `PairDataset`; by default that of the run.
        output: folder to write tables, charts and records into; `None` writes
            nothing, but for a run.
        options: of `evaluation.evaluate.evaluate`: protocols, seed, seeds, limit,
            split, progress, metrics.

    Returns:
        `evaluation.results.Results`.
    """
    if isinstance(subject, dict):
        from tfmi.evaluation.evaluate import evaluate as evaluate_functions

        return evaluate_functions(subject, dataset, output, **options)
    from tfmi.evaluation import scoring

    run = load_run(subject)
    if dataset is None:
        dataset = run.open_dataset(options.get("split") == "validation")
    return scoring.score(run, dataset, **options)


def export(
    subject: Run | str | PathLike[str] | SharedModel | ExclusiveModel,
    output: str | PathLike[str] = "exported",
    formats: Iterable[str] = ("savedmodel", "onnx"),
    **options: Any,
) -> list[dict[str, Any]]:
    """Export encoders, each compared with Keras before it is put in place.

    Args:
        subject: a `Run`, the path of one, a `SharedModel` or an `ExclusiveModel`.
        output: folder; exports of a run go into its subfolder named by the recipe.
        formats: names of formats: "savedmodel", "onnx", "float16", "int8", and those
            of installed packages.
        options: of `exporting.publish`.

    Returns:
        A list of what was written: `{"path", "difference", ...}`.

    Raises:
        DataError: where an export differs from Keras (nothing is written).
    """
    from tfmi.exporting import publish

    if isinstance(subject, runs.Run | str | pathlib.Path):
        return publish.export_run(load_run(subject), formats, output, **options)
    return publish.export_model(subject, output, formats, **options)
