"""Experiments: a folder of runs, each trained and scored once, however often asked.

<experiment>/<variant>-seed<seed>/   a run (`runs`), its evaluation in it

A stage that another run of the folder has with the same settings and data is
taken from there, so that variants of stage 2 share one stage 1.
"""

import dataclasses
import pathlib
import shutil

from tfmi import recipes
from tfmi import runs
from tfmi.errors import DataError
from tfmi.evaluation import scoring
from tfmi.files import make_folder
from tfmi.files import replacing
from tfmi.training import hardware


@dataclasses.dataclass(frozen=True)
class Variant:
    """One row of an experiment.

    Attributes:
        key: of its folders and of what the paper reports.
        title: for people.
        changes: `{setting: value}` of the recipe.
        scored: the representations to score.
        untrained: whether untrained encoders are scored beside.
    """

    key: str
    title: str
    changes: dict
    scored: tuple[str, ...]
    untrained: bool = False

    @property
    def stages(self):
        return ("shared", "exclusive") if "exclusive" in self.scored else ("shared",)


@dataclasses.dataclass(frozen=True)
class Experiment:
    """What its variants have in common.

    Attributes:
        path: folder of the experiment.
        recipe: a `Recipe`; a variant changes it.
        data: the options with which the dataset was opened.
        dataset: the `PairDataset`.
        protocols: names of probes.
        limit: of the training images of probes, or `None`.
        reuse: more runs, whose stages may be taken.
        information: whether to measure what S and E have in common where E is
            scored.
    """

    path: pathlib.Path
    recipe: recipes.Recipe
    data: dict
    dataset: object
    protocols: list
    limit: int | None = None
    reuse: tuple = ()
    information: bool = False

    def rows(self, variants, seeds, stop, progress=print):
        """Train and score what is not there yet, seed by seed.

        Args:
            variants: list of `Variant`.
            stop: function that says whether to stop now (Ctrl-C).
            progress: called with a line of text as each step begins.

        Yields:
            `(variant, seed, results)`, the results as `evaluate` gives them
            and "seconds", how long which stage was trained where that was done
            here, and "information", as `scoring.shared_information`, empty
            where it is not measured; no more of them once stopped.

        Raises:
            DataError: as `training.train` and `evaluate`, and for a folder
                that holds runs of other settings or data.
        """
        planned = [(v, seed, self._recipe(v, seed)) for seed in seeds for v in variants]
        # All are checked before the first is trained.
        opened = [(v, seed, self._open(v, recipe)) for v, seed, recipe in planned]
        while opened:
            # No run is held once it is done: its models are with it.
            variant, seed, run = opened.pop(0)
            progress(f"row     {variant.title}, seed {seed}: {run.path}")
            if stop() or not self._trained(run, stop, progress):
                return
            found = self._scored(run, variant, progress)
            found = {**found, "information": self._information(run, variant, progress)}
            yield variant, seed, {**found, "seconds": run.config.get("seconds", {})}

    def _recipe(self, variant, seed):
        return self.recipe.replace(**{**variant.changes, "seed": seed})

    def _open(self, variant, recipe):
        path = self.path / f"{variant.key}-seed{recipe.seed}"
        return open_or_create(path, recipe, self.data, variant.stages)

    def _trained(self, run, stop, progress):
        if run.finished:
            return True
        import keras

        from tfmi.training import stages

        # Graphs of the row before are of no more use.
        keras.backend.clear_session()
        adopt_stages(run, [*self._others(), *self.reuse], progress)
        self._settle(run, progress)
        return stages.train(run, self.dataset, stop)

    def _settle(self, run, progress):
        """The rows are trained alike: as the first of them."""
        known = [o.config for o in self._others() if "precision" in o.config]
        if known:
            run.save_config(precision=known[0]["precision"], jit=known[0]["jit"])
        else:
            progress(
                f"uses    {hardware.choose_execution(run, self.dataset.image_shape)}"
            )

    def _others(self):
        return [runs.load(f.parent) for f in sorted(self.path.glob("*/config.json"))]

    def _scored(self, run, variant, progress):
        wanted = {
            "representations": variant.scored,
            "protocols": self.protocols,
            "limit": self.limit,
            "untrained": variant.untrained,
        }
        found = scoring.scored_already(run, **wanted)
        if found is None:
            found = scoring.score(
                run, self.dataset, progress=progress, metrics=False, **wanted
            )
        return found

    def _information(self, run, variant, progress):
        if not self.information or "exclusive" not in variant.scored:
            return {}
        progress("what S and E have in common")
        folder = self.path / "features"
        return scoring.shared_information(run, self.dataset, self.limit, folder)


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
        ("data", run.config["data"], data_options),
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
    same = other.config["data"] == run.config["data"] and _settings(
        other, stage
    ) == _settings(run, stage)
    return same and other.model_file(stage).is_file()


def _settings(run, stage):
    return run.method.stage_settings(run.recipe, stage)


def _copy_stage(run, donor, stage):
    make_folder(run.stage_folder(stage))
    # The model last: it is what says that the stage is there.
    for file in ("history_file", "model_file"):
        source, target = (getattr(each, file)(stage) for each in (donor, run))
        if source.is_file():
            with replacing(target) as temporary:
                shutil.copyfile(source, temporary)
    run.save_config(**{f"{stage}_stage_of": str(donor.path)})
