"""An experiment: a folder of runs, each trained and scored once, however often asked.

<experiment>/<variant>-seed<seed>/   a run (`runs`), its evaluation in it

A stage that another run of the folder has with the same settings and data is copied
from that run, so that variants of a later stage share the stages before it.
"""

import dataclasses
import pathlib
import shutil

from tfmi import methods
from tfmi import pipelines
from tfmi import recipes
from tfmi import runs
from tfmi.errors import DataError
from tfmi.evaluation import scoring
from tfmi.experiments.variants import Outcome
from tfmi.experiments.variants import shared_and_exclusive
from tfmi.experiments.variants import stages_until
from tfmi.files import make_folder
from tfmi.files import replacing
from tfmi.training import hardware


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What its variants have in common.

    Attributes:
        path: folder of the experiment.
        recipe: a `Recipe`; a variant changes it.
        data: the options with which the dataset was opened.
        dataset: the `PairDataset`.
        protocols: names of probes.
        limit: number of training images of probes, or `None` for all.
        split: that is scored.
        reuse: more runs, whose stages may be taken.
        information: whether to measure what the shared and the exclusive
            representation have in common, where the latter is scored.
    """

    path: pathlib.Path
    recipe: recipes.Recipe
    data: dict
    dataset: object
    protocols: list
    limit: int | None = None
    split: str = "test"
    reuse: tuple = ()
    information: bool = False

    @property
    def method(self):
        return methods.find(self.recipe.method)

    def outcomes(self, variants, seeds, stop, progress=print):
        """Train and score what is not there yet, seed by seed.

        Args:
            variants: list of `Variant`.
            seeds: of training.
            stop: function that says whether to stop now (Ctrl-C).
            progress: called with a line of text as each step begins.

        Yields:
            An `Outcome` for each run; no more of them once stopped.

        Raises:
            DataError: as `training.stages.train` and `evaluate`, for a folder that
                holds runs of other settings or data, and where another process
                trains in it.
        """
        # Settings are checked before a folder is made.
        planned = [(v, seed, self._recipe(v, seed)) for seed in seeds for v in variants]
        make_folder(self.path)
        with runs.locked(self.path):
            yield from self._outcomes(planned, stop, progress)

    def _outcomes(self, planned, stop, progress):
        # All are checked before the first is trained.
        opened = [(v, seed, self._open(v, recipe)) for v, seed, recipe in planned]
        while opened:
            # No run is held once it is done: its models are with it.
            variant, seed, run = opened.pop(0)
            progress(f"row     {variant.title}, seed {seed}: {run.path}")
            if stop() or not self._trained(run, stop, progress):
                return
            results = self._scores(run, variant, progress)
            information = self._information(run, variant, progress)
            yield Outcome(variant, seed, results, information, _seconds(run))

    def _recipe(self, variant, seed):
        return self.recipe.replace(**{**variant.changes, "seed": seed})

    def _open(self, variant, recipe):
        path = self.path / f"{variant.key}-seed{recipe.seed}"
        stages = stages_until(self.method, variant.scored)
        return open_or_create(path, recipe, self.data, stages)

    def _trained(self, run, stop, progress):
        if run.finished:
            return True
        import keras

        from tfmi.training import stages

        # Graphs of the row before are of no more use.
        keras.backend.clear_session()
        with runs.locked(run.path):
            adopt_stages(run, [*runs.every(self.path), *self.reuse], progress)
            self._choose_execution(run, progress)
            return stages.train(run, self.dataset, stop)

    def _choose_execution(self, run, progress):
        """The rows are trained alike: as the first of them."""
        others = runs.every(self.path)
        chosen = [o.config for o in others if "precision" in o.config]
        if chosen:
            run.save_config(precision=chosen[0]["precision"], jit=chosen[0]["jit"])
        else:
            progress(
                f"uses    {hardware.choose_execution(run, self.dataset.image_shape)}"
            )

    def _scores(self, run, variant, progress):
        wanted = {
            "representations": variant.scored,
            "protocols": self.protocols,
            "limit": self.limit,
            "split": self.split,
            "untrained": variant.untrained,
        }
        try:
            results = scoring.scored_already(run, **wanted)
        except DataError as error:
            progress(f"again   {error}")
            results = None
        if results is not None:
            return results
        return scoring.score(
            run, self.dataset, progress=progress, metrics=False, **wanted
        )

    def _information(self, run, variant, progress):
        pair = shared_and_exclusive(self.method)
        if not self.information or pair is None or pair[1].name not in variant.scored:
            return {}
        progress(f"what {pair[0].symbol} and {pair[1].symbol} have in common")
        folder = self.path / "features"
        return scoring.shared_information(
            run, self.dataset, self.limit, folder, self.split
        )


def _seconds(run):
    """`{representation: seconds}` in which the stage that learns it was trained."""
    by_stage = run.config.get("seconds", {})
    return {
        representation.name: by_stage[stage.name]
        for stage in run.method.stages
        if stage.name in by_stage
        for representation in stage.representations
    }


def open_or_create(path, recipe, data_options, stages):
    """The run in the folder `path`, which is made where there is none.

    Raises:
        DataError: where it cannot be made, or holds a run of other settings,
            data or stages.
    """
    make_folder(path)
    if not (path / "config.json").is_file():
        return runs.begin(path, recipe, data_options, stages)
    run = runs.load(path)
    for what, there, now in (
        ("settings", run.recipe.to_dict(), recipe.to_dict()),
        ("data", run.data, pipelines.recorded(recipe.pipeline, data_options)),
        ("stages", {"stages": list(run.stages)}, {"stages": list(stages)}),
    ):
        names = [n for n in {**there, **now} if there.get(n) != now.get(n)]
        if names:
            different = "; ".join(
                f"{name} {there.get(name)} there, {now.get(name)} now" for name in names
            )
            raise DataError(
                f"the folder must hold a run of the same {what}, or name another "
                f"--output. Received: {path} with {different}"
            )
    return run


def adopt_stages(run, others, progress=print):
    """Take the models of stages that other runs have with the same settings.

    Args:
        run: a `Run`; what it has already stays.
        others: runs.
    """
    for stage in run.stages:
        if run.model_file(stage).is_file():
            continue
        donors = [other for other in others if _has_same(other, run, stage)]
        if not donors:
            return
        # The run that trained it comes before those that took it over.
        donor = min(donors, key=lambda other: f"{stage}_stage_of" in other.config)
        progress(f"reused  {stage} stage of {donor.path}")
        _copy_stage(run, donor, stage)


def _has_same(other, run, stage):
    if not other.model_file(stage).is_file():
        return False
    settings = [each.method.stage_settings(each.recipe, stage) for each in (other, run)]
    return settings[0] == settings[1] and other.data == run.data


def _copy_stage(run, donor, stage):
    make_folder(run.stage_folder(stage))
    # The model last: it is what says that the stage is there.
    for file in ("history_file", "model_file"):
        source, target = (getattr(each, file)(stage) for each in (donor, run))
        if source.is_file():
            with replacing(target) as temporary:
                shutil.copyfile(source, temporary)
    ended = {n: e for n, e in donor.config.get("ended", {}).items() if n == stage}
    if ended:
        run.save_config(ended={**run.config.get("ended", {}), **ended})
    run.save_config(**{f"{stage}_stage_of": str(donor.path)})
