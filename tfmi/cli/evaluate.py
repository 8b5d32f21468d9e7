"""tfmi evaluate."""

import click

from tfmi.cli.experiment import split_option
from tfmi.cli.options import chosen_run
from tfmi.cli.options import probe_options


@click.command("evaluate")
@click.argument("run", required=False)
@probe_options(default="both")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Number of probes for each score; tables show mean and deviation.",
)
@click.option(
    "--metrics/--no-metrics",
    default=True,
    show_default=True,
    help="Measure how representations are told apart: MIG, DCI, SAP, mutual "
    "information.",
)
@split_option("test")
def command(run, protocols, limit, seed, seeds, metrics, split):
    """Score the representations of RUN (default: the newest finished one).

    Prints what probes read in each representation, and writes all tables, charts
    and nearest neighbours into RUN/evaluation (those of the validation split into
    RUN/evaluation/validation).
    """
    run = chosen_run(run)
    from tfmi import pipelines
    from tfmi import progress
    from tfmi.evaluation.scoring import results_folder
    from tfmi.evaluation.scoring import score
    from tfmi.evaluation.tables import summary
    from tfmi.evaluation.tables import unseen

    dataset = run.open_dataset(split == "validation")
    click.echo(f"data    {dataset.source}")
    if split == "validation" and pipelines.HOLD_OUT not in run.data:
        click.echo("        its encoders have seen the validation images, unlabelled")
    with progress.steps("evaluate") as say:
        results = score(
            run,
            dataset,
            protocols=protocols,
            seed=seed,
            limit=limit,
            split=split,
            progress=say,
            seeds=seeds,
            metrics=metrics,
        )
    click.echo("\n\n".join([summary.text(results), *unseen.texts(results)]))
    output = results_folder(run, split)
    click.echo(f"written {output}: tables.txt holds all tables, results.csv all values")
