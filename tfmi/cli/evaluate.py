"""tfmi evaluate."""

import click

PROTOCOLS = {"paper": ["paper"], "strong": ["strong"], "both": ["paper", "strong"]}


@click.command("evaluate")
@click.argument("run", required=False)
@click.option("--protocol", type=click.Choice(list(PROTOCOLS)), default="both")
@click.option("--limit", type=click.IntRange(100), help="Training images for probes.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Probes for each score; tables show mean and deviation.",
)
@click.option(
    "--metrics/--no-metrics",
    default=True,
    show_default=True,
    help="How S and E are told apart: MIG, DCI, SAP, mutual information.",
)
def command(run, protocol, limit, seed, seeds, metrics):
    """Score the representations of RUN (default: the newest finished one).

    Writes tables, charts and nearest neighbours into RUN/evaluation.
    """
    from tfmi import runs
    from tfmi.evaluation.evaluate import evaluate

    run = runs.load(run) if run else runs.newest()
    click.echo(f"run     {run.path}")
    dataset = run.open_dataset()
    click.echo(f"data    {dataset.source}")
    keys = [(r, domain) for domain in run.domains for r in ("shared", "exclusive")]
    output = run.path / "evaluation"
    evaluate(
        {key: run.represent(*key) for key in keys},
        {key: run.represent_untrained(*key) for key in keys},
        dataset,
        output,
        PROTOCOLS[protocol],
        seed,
        limit,
        progress=click.echo,
        seeds=seeds,
        metrics=metrics,
    )
    click.echo((output / "tables.txt").read_text(encoding="utf-8"))
    click.echo(f"written {output}")
