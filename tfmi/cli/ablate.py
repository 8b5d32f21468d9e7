"""tfmi ablate."""

import click

from tfmi.cli.experiment import experiment_options
from tfmi.cli.experiment import open_experiment
from tfmi.cli.experiment import run_rows
from tfmi.cli.options import RecipeCommand

ROWS = {
    "baseline": ("Baseline", {}, None),
    "non-ssr": ("non-SSR", {"switched": False}, "shared"),
    "gamma-0": ("gamma = 0", {"l1_weight": 0.0}, "shared"),
    "alpha-0": ("alpha = 0", {"global_weight": 0.0}, "shared"),
    "beta-0": ("beta = 0", {"local_weight": 0.0}, "shared"),
    "alpha-ex-0": ("alpha_ex = 0", {"exclusive_global_weight": 0.0}, "exclusive"),
    "beta-ex-0": ("beta_ex = 0", {"exclusive_local_weight": 0.0}, "exclusive"),
    "lambda-0": ("lambda = 0", {"adversarial_weight": 0.0}, "exclusive"),
}


def _rows(context, parameter, value):
    chosen = list(ROWS) if value is None else value.split(",")
    unknown = [row for row in chosen if row not in ROWS]
    if unknown:
        raise click.BadParameter(
            f"a row must be one of {', '.join(ROWS)}. Received: {', '.join(unknown)}"
        )
    return [row for row in ROWS if row in chosen]


@click.command("ablate", cls=RecipeCommand, without=("seed",))
@click.argument("recipe")
@experiment_options()
@click.option("--rows", callback=_rows, help=f"Only these: {','.join(ROWS)}.")
def command(rows, both_stages, **arguments):
    """Train and score RECIPE without each term of its objective (Tables 6, 7).

    A row a term, in a run folder of its own below --output; rows of stage 1 are
    trained in stage 1 alone, rows of stage 2 share the baseline's stage 1. What
    is there already is not trained or scored again, so the same command goes on
    where it was left.
    """
    from tfmi.experiments import ablation

    experiment, seeds = open_experiment("ablation", **arguments)
    variants = _variants(rows, both_stages)
    titles = {variant.key: variant.title for variant in variants}

    def write(outcome):
        tables = ablation.ablation_tables(titles, outcome, experiment.dataset.name)
        return ablation.write(experiment.path, tables)

    run_rows(experiment, variants, seeds, write)


def _variants(rows, both_stages):
    from tfmi.experiments.experiment import Variant

    exclusive = both_stages or any(ROWS[row][2] == "exclusive" for row in rows)
    scored = {
        None: ("shared", "exclusive") if exclusive else ("shared",),
        "shared": ("shared", "exclusive") if both_stages else ("shared",),
        "exclusive": ("exclusive",),
    }
    return [
        Variant(row, title, changes, scored[stage], untrained=stage is None)
        for row, (title, changes, stage) in ((row, ROWS[row]) for row in rows)
    ]
