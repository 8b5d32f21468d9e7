"""Stage 1, then stage 2, in a run folder that can be left and resumed."""

import contextlib
import csv
import time

import keras
import tensorflow as tf

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import make_folder
from tfmi.files import replacing
from tfmi.files import write_text
from tfmi.models import from_recipe
from tfmi.models import saving
from tfmi.models.preprocessing import scale_images
from tfmi.pipelines.preview import write_preview
from tfmi.runs import CHECKPOINT
from tfmi.training import distribute
from tfmi.training import loop
from tfmi.training.augmentation import random_shifts
from tfmi.training.callbacks import Checkpoint
from tfmi.training.callbacks import ProgressBar
from tfmi.training.monitor import StepScalars
from tfmi.training.monitor import Watch


def train(run, dataset, stop, probe_every=0):
    """Train what is not trained yet of a run.

    Args:
        run: a `runs.Run`; what it holds already is gone on with.
        dataset: its `PairDataset`.
        stop: function that says whether to stop now (Ctrl-C).
        probe_every: steps between two online probes (`watching`), 0 for none;
            no weight depends on it.

    Returns:
        Whether the run is finished; `False` where it was stopped.

    Raises:
        DataError: data that is too small, a folder that cannot be written, a
            loss that is no number.
    """
    check_sizes(run.recipe, dataset)
    run.save_config(
        image_shape=list(dataset.image_shape),
        source=dataset.source,
        enlarge=dataset.enlarge,
        channels=list(dataset.channels),
        factors=describe_factors(dataset),
    )
    run.save_split(dataset.split)
    if dataset.unusable:
        write_text(run.path / "unusable.txt", "\n".join(dataset.unusable) + "\n")
    write_preview(run.path / "preview.png", dataset, run.recipe.seed)
    shared = None
    for stage in run.stages:
        model = _stage_model(run, stage)
        if model is None:
            model = _train_stage(run, stage, dataset, stop, shared, probe_every)
        if model is None:
            return False
        shared = model
    run.save_progress(stage=run.stages[-1], finished=True)
    return True


def check_sizes(recipe, dataset):
    """Raise where the data cannot fill a batch or the domains do not fit."""
    images = dataset.num_images("train")
    if recipe.batch_size > images:
        raise DataError(
            "batch_size must be at most the number of training images "
            f"({images}). Received: {recipe.batch_size}"
        )
    if recipe.share_weights and len(dataset.domains) > 1:
        raise UsageError(
            "share_weights must be false for images of two domains. Received: true"
        )


def describe_factors(dataset):
    """`{domain: {"shared": {factor: values}, "exclusive": ...}}`, for JSON."""
    return {
        domain.name: {
            kind: {factor.name: list(factor.values) for factor in factors}
            for kind, factors in (
                ("shared", domain.shared_factors),
                ("exclusive", domain.exclusive_factors),
            )
        }
        for domain in dataset.domains
    }


def _stage_model(run, stage):
    path = run.path / f"{stage}.keras"
    return saving.load_model(path) if path.is_file() else None


def _train_stage(run, stage, dataset, stop, shared=None, probe_every=0):
    """Train one stage to its end and save it; `None` where it was stopped."""
    recipe = run.recipe
    # Seeded anew, so that a stage is the same whatever came before it in the
    # process: the other stage, its model read from a file, or another run.
    keras.utils.set_random_seed(_stage_seed(recipe, stage))
    per_epoch = dataset.num_images("train") // recipe.batch_size
    total = per_epoch * getattr(recipe, f"{stage}_epochs")
    precision = run.config.get("precision", "float32")
    model = _build(run, dataset, stage, shared, total, precision)
    folder = run.path / stage
    step = _restore(model, folder)
    run.save_progress(stage=stage, step=step, steps=total, finished=False)
    # A stop that one worker is asked for stops all of them.
    checkpoint = Checkpoint(folder / CHECKPOINT, lambda: distribute.agreed(stop()) > 0)
    steps = step, total, per_epoch
    bar = ProgressBar(stage, *steps)
    begun = time.monotonic()
    with _one_line_of_disk_errors(folder), contextlib.closing(bar):
        watch = Watch(folder, dataset, steps, probe_every, bar)
        _fit(model, dataset, recipe, steps, folder, [bar, checkpoint, watch])
    _add_seconds(run, stage, time.monotonic() - begun - watch.seconds)
    step = int(model.steps_done.numpy())
    if step < total:
        run.save_progress(stage=stage, step=step, steps=total, finished=False)
        return None
    if precision != "float32":
        # What is kept is float32 whatever it was trained in.
        model = saving.copied(
            model, lambda: _build(run, dataset, stage, shared, total, "float32")
        )
    with replacing(run.path / f"{stage}.keras") as path:
        model.save(path)
    return model


@contextlib.contextmanager
def _one_line_of_disk_errors(folder):
    """A DataError for what the history and the logs raise on a full disk."""
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        # TensorFlow's writers name their file or the disk's own words; its other
        # errors, a GPU without memory among them, are of no disk.
        of_disk = str(folder) in str(error) or "No space left" in str(error)
        if isinstance(error, tf.errors.OpError) and not of_disk:
            raise
        raise DataError(
            f"{folder} must be a folder that can be written. "
            f"Received: {str(error).splitlines()[0]}"
        ) from error


def _add_seconds(run, stage, seconds):
    """Keep how long a stage took; what a kill cut off is not in it."""
    spent = run.config.get("seconds", {})
    run.save_config(seconds={**spent, stage: spent.get(stage, 0.0) + seconds})


def _stage_seed(recipe, stage):
    """Each stage has its own pairs and draws, the same whether resumed or not."""
    return recipe.seed + (0 if stage == "shared" else 1_000_003)


def _build(run, dataset, stage, shared, total, precision):
    """The model of a stage; `shared` is the float32 model of stage 1."""
    arguments = total, precision, bool(run.config.get("jit"))
    if stage == "shared":
        return from_recipe.build_shared_model(
            run.recipe, dataset.image_shape, *arguments
        )
    if precision != "float32":
        shared = saving.copied(
            shared, lambda: _build(run, dataset, "shared", None, total, precision)
        )
    return from_recipe.build_exclusive_model(
        run.recipe, dataset.image_shape, shared, *arguments
    )


def _restore(model, folder):
    """Load the last checkpoint, if there is one.

    Returns:
        The step to go on from: the model's own count, so weights and step
        cannot disagree.
    """
    make_folder(folder)
    if (folder / CHECKPOINT).is_file():
        with saving.whole_file(folder / CHECKPOINT):
            model.load_weights(folder / CHECKPOINT)
    return int(model.steps_done.numpy())


def _fit(model, dataset, recipe, steps, folder, callbacks):
    step, total, per_epoch = steps
    _drop_epochs_from(folder / "history.csv", step // per_epoch)
    seed = _stage_seed(recipe, folder.name)
    callbacks = [
        *callbacks,
        StepScalars(folder / "logs" / "steps", step, per_epoch),
        keras.callbacks.CSVLogger(folder / "history.csv", append=True),
        keras.callbacks.TensorBoard(folder / "logs", write_graph=False),
    ]
    pairs = dataset.pairs(recipe.batch_size, seed, step, total - step)
    batches = prepared(pairs, step, recipe.max_shift, seed)
    loop.fit(model, batches, step, total, per_epoch, callbacks)


def prepared(pairs, first_step, max_shift, seed):
    """Pairs as the models take them. Both images of a pair are moved, each by
    itself, as a function of the seed and the step."""

    def prepare(step, pair):
        if max_shift:
            pair = {
                domain: random_shifts(images, max_shift, tf.stack([seed + k, step]))
                for k, (domain, images) in enumerate(pair.items())
            }
        return {domain: scale_images(images) for domain, images in pair.items()}

    return pairs.enumerate(first_step).map(prepare, tf.data.AUTOTUNE).prefetch(2)


def _drop_epochs_from(path, epoch):
    """Drop history rows of epochs that are to be trained again."""
    if not path.is_file():
        return
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    kept = rows[:1] + [row for row in rows[1:] if row and int(row[0]) < epoch]
    with replacing(path) as temporary:
        with open(temporary, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(kept)
