"""Which stages have automatic epochs, and whether there are held-out pairs for them.

A recipe's own automatic epochs are a wish: where they cannot be, their budget is the
number of epochs, and a line says so. Those that were asked for must be had.
"""

from tfmi import pipelines
from tfmi import progress
from tfmi.errors import DataError
from tfmi.errors import UsageError

SUFFIX = "_epochs"


def settled(recipe, settings, data, replicas=False):
    """What a training begins with: where a stage's epochs are automatic, the dataset
    holds out images of the training split.

    Args:
        recipe: a `Recipe`.
        settings: `{setting: value}` to change of it.
        data: `{option: value}` of its dataset, as given.
        replicas: whether several devices train together, which do not look at
            held-out pairs.

    Returns:
        The settings, with budgets in the place of the recipe's own automatic epochs
        where these cannot be, and the options.

    Raises:
        UsageError: where automatic epochs were asked for and cannot be.
    """
    chosen = recipe.replace(**settings)
    if not automatic_stages(chosen):
        return settings, data
    if replicas:
        return with_budgets(recipe, settings, no_replicas()), data
    options = {**pipelines.holding_out(chosen.pipeline), **data}
    if not options.get(pipelines.HOLD_OUT):
        error = UsageError(
            "automatic epochs must have a --validation-fraction above 0 of the "
            f"training images. Received: {_held_out(chosen, options)}"
        )
        return with_budgets(recipe, settings, error), data
    return settings, options


def no_replicas():
    """The error of automatic epochs on several devices."""
    return UsageError(
        "--strategy must go with numbers of epochs. Received: automatic epochs"
    )


def _held_out(recipe, options):
    if pipelines.HOLD_OUT in options:
        return options[pipelines.HOLD_OUT]
    return f"{recipe.pipeline}, which holds out none"


def with_budgets(recipe, settings, error, say=progress.write):
    """Settings with the budget of each automatic stage as its number of epochs.

    Args:
        recipe: a `Recipe`.
        settings: `{setting: value}` to change of it.
        error: why a stage's epochs cannot be automatic; raised where such epochs are
            among the settings.
        say: called with a line of what is taken, and why.
    """
    chosen = recipe.replace(**settings)
    stages = automatic_stages(chosen)
    if any(stage + SUFFIX in settings for stage in stages):
        raise error
    epochs = {stage: chosen.epochs(stage) for stage in stages}
    taken = ", ".join(f"{number} of {stage}" for stage, number in epochs.items())
    say(f"epochs  {taken}, as {error}")
    return settings | {stage + SUFFIX: number for stage, number in epochs.items()}


def automatic_stages(recipe):
    """Names of the stages whose number of epochs is automatic."""
    fields = [f.name for f in recipe.settings() if f.metadata["auto"]]
    names = [name.removesuffix(SUFFIX) for name in fields]
    return [name for name in names if recipe.is_auto(name)]


def check_held_out(recipe, dataset):
    """Raise where a stage's epochs are automatic and there are no held-out pairs.

    Args:
        dataset: a `PairDataset`.

    Raises:
        UsageError: for a dataset without a validation split.
        DataError: for fewer than two held-out images that have a partner.
    """
    if not automatic_stages(recipe):
        return
    if "validation" not in dataset.splits:
        raise UsageError(
            "automatic epochs must have a validation split of the dataset. "
            f"Received: {dataset.name} of {', '.join(dataset.splits)}"
        )
    if (images := dataset.num_images("validation")) < 2:
        raise DataError(
            "automatic epochs must have held-out images of one group (a larger "
            f"--validation-fraction). Received: {images}"
        )
