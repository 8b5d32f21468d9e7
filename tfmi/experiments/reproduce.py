"""The whole paper as one resumable piece of work, within a number of hours."""

import dataclasses
import pathlib
import time

from tfmi import methods
from tfmi.evaluation import grids
from tfmi.experiments import reproduced
from tfmi.experiments import reproduction
from tfmi.experiments import reproduction_page
from tfmi.experiments import schedule
from tfmi.experiments import sensitivity
from tfmi.experiments.experiment import Experiment
from tfmi.files import make_folder
from tfmi.files import read_json
from tfmi.files import write_json

STATE = "reproduction.json"
# Seconds between two times that the pages are written.
EVERY = 120


@dataclasses.dataclass(frozen=True)
class Part:
    """What one recipe is trained for.

    Attributes:
        recipe: with its own schedule.
        data: options of the dataset.
        dataset: the `PairDataset`.
        items: list of `reproduction.Item`.
    """

    recipe: object
    data: dict
    dataset: object
    items: list

    @property
    def rows(self):
        return reproduction.variants(self.items, self.recipe)


class Reproduction:
    """A folder of experiments, one a recipe, and the pages about them.

    Args:
        path: of the folder; what is in it is neither trained nor scored again.
        parts: list of `Part`.
        seeds: of training.
        budget: seconds of all calls together, or `None` for the recipes' own
            schedules without an end. It chooses the epochs of a recipe when that is
            first trained; they stay.
        limit: number of training images of probes, or `None`.
        left_out: lines on what is not reproduced.
    """

    def __init__(self, path, parts, seeds, budget=None, limit=None, left_out=()):
        self.path, self.parts = pathlib.Path(path), parts
        self.seeds, self.budget, self.limit = seeds, budget, limit
        self.left_out = list(left_out)
        self.state = read_json(self.path / STATE) or {"schedules": {}, "spent": 0.0}

    @property
    def budget_is_spent(self):
        """Whether calls have taken as long as they may, together."""
        return self.budget is not None and self.state["spent"] >= self.budget

    def run(self, stop, progress=print):
        """Train and score what is not there yet, and write the pages.

        Args:
            stop: function that says whether to stop now (Ctrl-C).
            progress: called with a line of text as each step begins.

        Returns:
            Whether everything is there; else the same call goes on.
        """
        make_folder(self.path)
        begun, before = time.monotonic(), self.state["spent"]

        def spend():
            self.state["spent"] = before + time.monotonic() - begun

        def enough():
            spend()
            return stop() or self.budget_is_spent

        self._choose_schedules(progress)
        outcomes = {part.recipe.name: [] for part in self.parts}
        written = time.monotonic()
        for part in self.parts:
            experiment = self._experiment(part)
            for outcome in experiment.outcomes(part.rows, self.seeds, enough, progress):
                outcomes[part.recipe.name].append(outcome)
                spend()
                write_json(self.path / STATE, self.state)
                if time.monotonic() - written > EVERY:
                    self._write(outcomes)
                    written = time.monotonic()
        spend()
        write_json(self.path / STATE, self.state)
        progress(self._write(outcomes))
        rows = sum(len(part.rows) for part in self.parts) * len(self.seeds)
        return sum(map(len, outcomes.values())) == rows

    def _choose_schedules(self, progress):
        """Choose epochs for recipes that have none yet, all by one fraction."""
        new = [p for p in self.parts if p.recipe.name not in self.state["schedules"]]
        if not new:
            return
        full = {}
        for part in new if self.budget is not None else ():
            progress(f"time of a step of {part.recipe.name}")
            full[part.recipe.name] = schedule.full_seconds(
                part.recipe,
                part.rows,
                len(self.seeds),
                part.dataset.num_images("train"),
                schedule.seconds_per_step(part.recipe, part.dataset),
            )
        for part in new:
            epochs = {}
            if self.budget is not None:
                left = self.budget - self.state["spent"]
                epochs = schedule.fitted_epochs(part.recipe, sum(full.values()), left)
            self.state["schedules"][part.recipe.name] = epochs
        write_json(self.path / STATE, self.state)

    def _experiment(self, part):
        epochs = self.state["schedules"][part.recipe.name]
        return Experiment(
            self.path / part.recipe.name,
            part.recipe.replace(**epochs),
            part.data,
            part.dataset,
            [reproduced.PROBE],
            limit=self.limit,
        )

    def _write(self, outcomes):
        entries, trainings, pictures = [], [], {}
        for part in self.parts:
            experiment, done = self._experiment(part), outcomes[part.recipe.name]
            entries += reproduced.entries(part.items, experiment.recipe, done)
            trainings += reproduced.trainings(experiment)
            for title, paths in self._pictures(part, experiment, done).items():
                pictures.setdefault(title, {}).update(paths)
        order = [item.title for item in reproduction.ITEMS.values()]
        entries.sort(key=lambda entry: order.index(entry.item))
        about = [*self._about(outcomes), *self.left_out]
        return reproduction_page.write(self.path, about, entries, trainings, pictures)

    def _about(self, outcomes):
        """Lines on the schedules, and on what is not there yet."""
        hours = "" if self.budget is None else f" of {self.budget / 3600:g}"
        yield (
            f"{self.state['spent'] / 3600:.2f}{hours} hours; probe `paper`, fitted on "
            f"{self.limit or 'all'} training images, scored on the test split."
        )
        for part in self.parts:
            recipe, name = self._experiment(part).recipe, part.recipe.name
            epochs, own = map(_epochs, (recipe, part.recipe))
            short = "" if epochs == own else f" (of {own}: a short schedule)"
            wanted = len(part.rows) * len(self.seeds)
            yield (
                f"`{name}` on {part.dataset.source}: {epochs} epochs{short}; "
                f"{len(outcomes[name])} of {wanted} rows are there."
            )

    def _pictures(self, part, experiment, outcomes):
        """`{title of an item: {caption: path}}`."""
        kinds = {item.kind: item.title for item in part.items}
        name, pictures = part.recipe.name, {}
        runs = [o for o in outcomes if o.variant.key == "baseline"]
        if "retrieval" in kinds and runs:
            folder = experiment.path / f"baseline-seed{runs[0].seed}" / "evaluation"
            paths = sorted(folder.glob(f"{grids.PREFIX}*.png"))
            captions = {f"{name}: {p.stem.replace('_', ' ')}": p for p in paths}
            pictures[kinds["retrieval"]] = captions
        if "sweep" in kinds:
            knob = reproduction.knob(part.recipe)
            keys = {knob.key(value) for value in knob.values}
            swept = [outcome for outcome in outcomes if outcome.variant.key in keys]
            if len({outcome.variant.key for outcome in swept}) > 1:
                parts = [knob], swept, experiment.method
                sensitivity.write(experiment.path, "figure5", *parts)
                path = experiment.path / "figure5_exclusive.png"
                pictures[kinds["sweep"]] = {f"{name}: factors in E": path}
        return pictures


def _epochs(recipe):
    """Those of each stage, "10 + 6"."""
    stages = methods.find(recipe.method).stages
    return " + ".join(str(recipe.epochs(stage.name)) for stage in stages)
