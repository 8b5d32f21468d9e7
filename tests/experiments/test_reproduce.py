"""tfmi reproduce: what each table needs, budgets, and going on where it was left."""

import made_results
import pytest
import stand_ins
import tiny
from click.testing import CliRunner
from stand_ins import STAGE

from tfmi import pipelines
from tfmi import recipes
from tfmi.cli import cli
from tfmi.errors import UsageError
from tfmi.experiments import reproduce
from tfmi.experiments import reproduced
from tfmi.experiments import reproduction
from tfmi.experiments import schedule
from tfmi.experiments.variants import Outcome
from tfmi.experiments.variants import Variant

pytestmark = pytest.mark.any_versions

RECIPE = recipes.find("colored-mnist-paper").replace(**tiny.SETTINGS)
SIX = ["baseline", *reproduction.ABLATED]
OTHER_LAMBDAS = [f"adversarial-weight-{v:g}" for v in (0, 0.005, 0.01, 0.05)]


def keys(only):
    rows = reproduction.variants(reproduction.chosen_items(only), RECIPE)
    return [row.key for row in rows]


def test_rows_that_tables_and_figures_need():
    assert keys("table1") == ["baseline"]
    assert keys("table6") == SIX
    assert keys("table1,table6,figure5") == [*SIX, *OTHER_LAMBDAS]
    assert keys(None) == [*SIX, *OTHER_LAMBDAS]


@pytest.mark.parametrize(
    "only, trainings",
    [
        ("table6", {"shared": 5, "exclusive": 1}),
        ("table1", {"shared": 1, "exclusive": 1}),
        ("table1,table6,figure5", {"shared": 5, "exclusive": 5}),
    ],
)
def test_stages_that_are_trained(only, trainings):
    rows = reproduction.variants(reproduction.chosen_items(only), RECIPE)
    assert schedule.trained_stages(rows, RECIPE) == trainings


def test_a_stage_that_no_setting_changes_is_not_trained_again():
    changed = {"adversarial_weight": 0.5}
    row = Variant("lambda", "lambda", changed, ("shared", "exclusive"))
    assert schedule.trained_stages([row], RECIPE) == {"exclusive": 1}


@pytest.mark.parametrize("only", ["table8", "", "table1,"])
def test_unknown_items(only):
    with pytest.raises(UsageError, match="--only must name table1, .*figure5"):
        reproduction.chosen_items(only)
    with pytest.raises(UsageError, match="figure6 must be reproduced by tfmi mi-map"):
        reproduction.chosen_items("figure6")


def test_epochs_fit_the_budget():
    recipe = RECIPE.replace(shared_epochs=10, exclusive_epochs=6)
    rows = reproduction.variants(reproduction.chosen_items("table1"), recipe)
    full = schedule.full_seconds(recipe, rows, 2, images=80, per_step=3.0)
    assert full == 2 * (80 // recipe.batch_size) * 3.0 * (10 + 6)
    half = full / schedule.TRAINING_SHARE / 2
    fitted = schedule.fitted_epochs(recipe, full, half)
    assert fitted == {"shared_epochs": 5, "exclusive_epochs": 3}
    least, most = (schedule.fitted_epochs(recipe, full, b) for b in (1, 100 * full))
    assert least == {"shared_epochs": 1, "exclusive_epochs": 1}
    assert most == {"shared_epochs": 10, "exclusive_epochs": 6}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tiny.write_mnist(tmp_path_factory.mktemp("data"), train=20)
    return {"data_dir": str(folder)}


def test_a_step_takes_time(data):
    dataset = pipelines.open_dataset("colored-mnist", data)
    assert schedule.seconds_per_step(RECIPE, dataset) > 0


@pytest.fixture
def counts(monkeypatch):
    monkeypatch.setattr(schedule, "seconds_per_step", lambda *arguments: 1.0)
    return stand_ins.install(monkeypatch)


def whole(path, data, only="table1,table6,figure5", **options):
    items = reproduction.chosen_items(only)
    dataset = pipelines.open_dataset("colored-mnist", data)
    part = reproduce.Part(RECIPE, data, dataset, items)
    return reproduce.Reproduction(path, [part], [0], left_out=["No IAM."], **options)


def test_killed_and_started_again_nothing_is_repeated(tmp_path, data, counts):
    stops = iter([False] * 7)
    assert not whole(tmp_path, data).run(lambda: next(stops, True), id)
    steps, scores = counts.steps, len(counts.scores)
    assert 0 < steps < 10 * STAGE
    assert whole(tmp_path, data).run(lambda: False, id)
    assert counts.steps == 10 * STAGE
    assert len(counts.scores) == 9 > scores
    assert whole(tmp_path, data).run(lambda: False, id)
    assert (counts.steps, len(counts.scores)) == (10 * STAGE, 9)
    text = (tmp_path / "reproduction.md").read_text()
    assert "9 of 9 rows are there" in text and "No IAM." in text
    assert "Table 6" in text and "S of x, non-SSR" in text
    assert "E of y, lambda = 0.005" in text
    page = (tmp_path / "reproduction.html").read_text()
    assert page.count("data:image/png") == 1 and "<script" not in page


def test_a_schedule_stays_whatever_the_budget_of_a_later_call(tmp_path, data, counts):
    assert whole(tmp_path, data, "table1", budget=1e-3).run(lambda: False, id) is False
    first = whole(tmp_path, data, "table1", budget=1e6)
    assert first.state["schedules"] == {
        RECIPE.name: {"shared_epochs": 1, "exclusive_epochs": 1}
    }
    assert first.state["spent"] > 1e-3 and not first.budget_is_spent
    assert whole(tmp_path, data, "table1", budget=1e-3).budget_is_spent
    assert first.run(lambda: False, id)
    assert (
        "1 + 1 epochs (of 2 + 2: a short schedule)"
        in (tmp_path / "reproduction.md").read_text()
    )


def test_items_may_be_added_later(tmp_path, data, counts):
    assert whole(tmp_path, data, "table6").run(lambda: False, id)
    steps = counts.steps
    assert whole(tmp_path, data, "table1,table6").run(lambda: False, id)
    assert counts.steps == steps == 6 * STAGE
    assert "Table 1" in (tmp_path / "reproduction.md").read_text()


def test_an_entry_has_the_papers_figure_and_the_difference(tmp_path, data, counts):
    work = whole(tmp_path, data, "table6")
    assert work.run(lambda: False, id)
    experiment = work._experiment(work.parts[0])
    rows = reproduction.variants(work.parts[0].items, RECIPE)
    outcomes = list(experiment.outcomes(rows, [0], lambda: False, id))
    entries = reproduced.entries(work.parts[0].items, RECIPE, outcomes)
    digits = {e.row: e for e in entries if e.factor == "digit"}
    assert len(digits) == 5
    beta = digits["S of x, beta = 0"]
    assert (beta.item, beta.paper, beta.ours, beta.seeds) == (
        "Table 6",
        0.8059,
        0.5,
        (0,),
    )
    assert beta.difference == pytest.approx(-0.3059)
    stages = reproduced.trainings(experiment)
    assert len(stages) == 6
    assert stages[0]["steps"] == 2 * (20 // RECIPE.batch_size)


def test_a_compared_system_stands_beside_the_papers_figures_of_it(
    tmp_path, data, counts
):
    items = reproduction.items_of("compared", reproduction.chosen_items(None))
    assert [item.name for item in items] == ["table1", "table2", "table3", "table4"]
    items = [item for item in items if "colored-mnist" in item.pipelines]
    name = reproduction.recipe_name("compared", "colored-mnist")
    recipe = recipes.find(name).replace(training_epochs=2, batch_size=10)
    dataset = pipelines.open_dataset("colored-mnist", data)
    part = reproduce.Part(recipe, data, dataset, items)
    work = reproduce.Reproduction(tmp_path, [part], [0], budget=1e6)
    assert work.run(lambda: False, id)
    assert counts.steps == STAGE
    assert counts.scores == [["exclusive", "shared", "shared_pooled"]]
    lines = (tmp_path / "reproduction.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    digits = {(c[1], c[2]): c[4:6] for c in cells if len(c) > 3 and c[3] == "digit"}
    assert digits["Table 1", "S of x"] == [name, "95.42%"]
    assert digits["Table 2", "E of y"] == [name, "74.54%"]
    assert digits["Table 1", "pooled S of x"] == [name, ""]
    assert any("2 epochs; 1 of 1 rows are there" in line for line in lines)


def test_a_vae_has_the_papers_figures_whatever_its_vector_is_called():
    assert reproduction.recipe_name("compared", "iam") == "iam-vae"
    own = made_results.results(latent=(0.3, 0.2), dataset="iam")
    outcome = Outcome(Variant("baseline", "", {}, ("latent",)), 0, own)
    key = "latent", "x", "paper"
    table, accuracies = reproduced._published([outcome], key, "vae")
    assert (table, accuracies["writer"]) == ("Table 4", 0.1377)


@pytest.mark.parametrize(
    "args, message",
    [
        (["--only", "table9"], "--only must name"),
        (["theirs"], "RECIPES must be of paper, default, compared. Received: theirs"),
        (["compared", "--only", "table6"], "compared must go with table1, table2"),
        ([], "the data of an item must be given"),
        (["--only", "table4", "--sample"], "Received: none of iam"),
        (["--sample", "--budget", "0"], "--budget"),
    ],
)
def test_bad_input_is_one_line(tmp_path, monkeypatch, args, message):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["reproduce", *args])
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert not list(tmp_path.iterdir())
