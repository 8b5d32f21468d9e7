"""The stages of a method, in a run folder that can be left and resumed."""

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable

import keras
import tensorflow as tf

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import replacing
from tfmi.files import write_text
from tfmi.models import saving
from tfmi.pipelines.preview import write_preview
from tfmi.runs import samples
from tfmi.runs.run import CHECKPOINT
from tfmi.training import automatic
from tfmi.training import checkpoint
from tfmi.training import held_out
from tfmi.training import loop
from tfmi.training import memory
from tfmi.training import utilization
from tfmi.training.augmentation import prepared
from tfmi.training.callbacks import ProgressBar
from tfmi.training.callbacks import StepScalars
from tfmi.training.checkpoint import Checkpoint
from tfmi.training.checkpoint import FiniteLoss
from tfmi.training.history import csv_logger
from tfmi.training.history import drop_rows_from
from tfmi.training.history import one_line_of_disk_errors
from tfmi.training.monitor import TrainingMonitor
from tfmi.training.pictures import write_pictures

# Seeds of the stages lie so far apart: each has its own pairs and draws.
SEED_STEP = 1_000_003


def train(run, dataset, stop, probe_every=0):
    """Train what is not trained yet of a run.

    Args:
        run: a `runs.Run`; training goes on from what it holds already.
        dataset: its `PairDataset`.
        stop: function that says whether to stop now (Ctrl-C).
        probe_every: steps between two online probes (`monitor`), 0 for none;
            no weight depends on it.

    Returns:
        Whether the run is finished; `False` where it was stopped.

    Raises:
        DataError: data that is too small, a folder that cannot be written, a
            loss that is no number.
    """
    check_sizes(run.recipe, dataset)
    _describe(run, dataset)
    training = _Training(run, dataset, stop, probe_every)
    model = None
    for stage in run.method.stages[: len(run.stages)]:
        if run.model_file(stage.name).is_file():
            model = run.trained_model(stage.name)
        else:
            model = training.stage(stage, model)
        if model is None:
            return False
    if not run.samples_file.is_file():
        samples.save(run.samples_file, samples.collect(dataset))
    run.save_progress(stage=run.stages[-1], finished=True)
    return True


def check_sizes(recipe, dataset):
    """Raise where the data cannot fill a batch, the domains do not fit, or a stage of
    automatic epochs has no held-out pairs."""
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
    automatic.check_held_out(recipe, dataset)


def _describe(run, dataset):
    """Keep what is known of the data, and a picture of pairs."""
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


@dataclasses.dataclass(frozen=True)
class _Training:
    """What the stages of a run have in common."""

    run: object
    dataset: object
    stop: Callable
    probe_every: int

    def stage(self, stage, before):
        """Train one stage to its end and save it; `None` where it was stopped.

        Args:
            stage: a `methods.Stage`.
            before: the float32 model of the stage before, or `None`.
        """
        run, seed, begun = self.run, self._seed(stage), time.monotonic()
        # Seeded anew, so that a stage is the same whatever came before it in the
        # process: the other stage, its model read from a file, or another run.
        keras.utils.set_random_seed(seed)
        per_epoch = self.dataset.num_images("train") // run.recipe.batch_size
        total = per_epoch * run.recipe.epochs(stage.name)
        precision = stage.precision(run.config)
        model = self._build(stage, before, total, precision)
        first = checkpoint.restore(model, run.stage_folder(stage.name))
        span = loop.Span(first, total, per_epoch)
        end = held_out.automatic_end(run, stage, self.dataset, span, seed)
        self._save_progress(stage, span.first, total)
        memory.reset_peak()
        bar, fitting = ProgressBar(stage.name, span, begun), time.monotonic()
        with utilization.watched(tf.config.list_physical_devices("GPU")) as use:
            paused = self._fit(model, stage, span, seed, [end] if end else [], bar)
            used = use()
        seconds = time.monotonic() - fitting - paused
        self._add_costs(stage.name, model, seconds, used)
        step = int(model.steps_done.numpy())
        if step < span.total:
            self._save_progress(stage, step, span.total)
            return None
        if end:
            end.save()
        if precision != "float32":
            # What is kept is float32 whatever it was trained in.
            model = saving.copied(
                model, lambda: self._build(stage, before, total, "float32")
            )
        write_pictures(run, stage.name, model, self.dataset)
        with replacing(run.model_file(stage.name)) as path:
            model.save(path)
        return model

    def _seed(self, stage):
        number = self.run.method.stages.index(stage)
        # numpy takes seeds of 32 bits: beyond the largest they begin anew.
        return (self.run.recipe.seed + SEED_STEP * number) % 2**32

    def _build(self, stage, before, total, precision):
        """The model of a stage; `before` is the float32 model of the last one."""
        options = {"total_steps": total, "precision": precision}
        options["jit"] = bool(self.run.config.get("jit"))
        if before is not None and precision != "float32":
            before = saving.copied(before, lambda: self._stages_before(stage, options))
        return self.run.build(stage.name, before=before, **options)

    def _stages_before(self, stage, options):
        """An untrained model of the stage before, on those before that."""
        stages, model = self.run.method.stages, None
        for earlier in stages[: stages.index(stage)]:
            model = self.run.build(earlier.name, before=model, **options)
        return model

    def _fit(self, model, stage, span, seed, ends, bar):
        """Train, with all that watches it; returns seconds that no step took."""
        run, folder = self.run, self.run.stage_folder(stage.name)
        drop_rows_from(run.history_file(stage.name), span.first // span.per_epoch)
        with (
            one_line_of_disk_errors(folder),
            contextlib.closing(bar),
            csv_logger(run.history_file(stage.name)) as history,
        ):
            monitor = TrainingMonitor(
                stage, folder, self.dataset, span, self.probe_every, bar
            )
            callbacks = [
                FiniteLoss(),
                *ends,
                bar,
                monitor,
                StepScalars(folder / "logs" / "steps", span),
                history,
                keras.callbacks.TensorBoard(folder / "logs", write_graph=False),
                Checkpoint(folder / CHECKPOINT, span, self.stop),
            ]
            pairs = self.dataset.pairs(
                run.recipe.batch_size, seed, span.first, span.total - span.first
            )
            on_host = not model.jit_compile
            shift = stage.max_shift(run.recipe)
            batches = prepared(pairs, span.first, shift, seed, on_host)
            loop.fit(
                model, batches, span, callbacks, lambda why: self._without_xla(why, bar)
            )
        return monitor.seconds

    def _without_xla(self, reason, bar):
        """What is done where XLA cannot compile a step."""
        if self.run.config.get("jit_required"):
            raise DataError(
                "XLA must compile the steps, or not be asked for (--jit on). "
                f"Received: {reason}"
            )
        bar.say(f"on without XLA, which cannot compile a step: {reason}")
        self.run.save_config(jit=False)

    def _save_progress(self, stage, step, total):
        self.run.save_progress(stage=stage.name, step=step, steps=total, finished=False)

    def _add_costs(self, stage, model, seconds, used):
        """Keep what a stage took; what a kill cut off is not in it. How busy the GPU
        was is of its last part."""
        names = "seconds", "parameters", "peak_memory"
        spent, parameters, held = (self.run.config.get(name, {}) for name in names)
        before = held.get(stage, {})
        peak = {n: max(size, before.get(n, 0)) for n, size in memory.peak().items()}
        trained = sum(math.prod(v.shape) for v in model.trainable_variables)
        self.run.save_config(
            seconds={**spent, stage: spent.get(stage, 0.0) + seconds},
            parameters={**parameters, stage: trained},
            peak_memory={**held, stage: peak},
            utilization={**self.run.config.get("utilization", {}), stage: used},
        )
