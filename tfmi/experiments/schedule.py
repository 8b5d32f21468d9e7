"""How long a reproduction trains: epochs that fit into a number of hours."""

import collections
import time

import keras
import tensorflow as tf

from tfmi import methods
from tfmi.training import hardware

# Of the time, what training gets; the rest is for building, saving and scoring.
TRAINING_SHARE = 0.5
WARM_UPS, TIMED = 3, 10


def seconds_per_step(recipe, dataset):
    """Mean wall time of a step of the first stage, data included, in the precision
    that training chooses here."""
    method = methods.find(recipe.method)
    precision, _ = hardware.choose_precision("auto")
    model = method.build(
        method.stages[0].name, recipe, dataset.image_shape, precision=precision
    )
    step = tf.function(model.train_step)

    def train(first, steps):
        begun = time.perf_counter()
        for pair in dataset.pairs(recipe.batch_size, recipe.seed, first, steps):
            logs = step(pair)
        # The step is over when its loss is there.
        float(logs["loss"])
        return time.perf_counter() - begun

    train(0, WARM_UPS)
    seconds = train(WARM_UPS, TIMED) / TIMED
    keras.backend.clear_session()
    return seconds


def trained_stages(rows, recipe):
    """How often each stage is trained for the rows of an experiment.

    A stage that differs from the baseline's in no setting is taken from it.

    Args:
        rows: list of `Variant`.

    Returns:
        A `Counter` of stages' names.
    """
    method, trainings = methods.find(recipe.method), collections.Counter()
    for row in rows:
        changed = {method.stage_of(recipe, setting) for setting in row.changes}
        stages = [stage.name for stage in method.stages]
        first = min(map(stages.index, changed), default=0)
        trainings.update(
            stage.name
            for stage in method.stages[first:]
            if {each.name for each in stage.representations} & set(row.scored)
        )
    return trainings


def full_seconds(recipe, rows, seeds, images, per_step):
    """Wall time of training all rows with the recipe's own epochs.

    Args:
        rows: list of `Variant`.
        seeds: number of seeds.
        images: number of training images.
        per_step: as `seconds_per_step` gives it.
    """
    steps = images // recipe.batch_size * per_step
    trainings = trained_stages(rows, recipe).items()
    return seeds * steps * sum(n * recipe.epochs(stage) for stage, n in trainings)


def fitted_epochs(recipe, full, budget):
    """`{"<stage>_epochs": number}` that take the part of a budget which training
    gets, at least 1 and at most the recipe's own.

    Args:
        full: sum of `full_seconds` over all experiments.
        budget: seconds.
    """
    fraction = min(1.0, TRAINING_SHARE * budget / full)
    names = [stage.name for stage in methods.find(recipe.method).stages]
    return {f"{n}_epochs": max(1, int(recipe.epochs(n) * fraction)) for n in names}
