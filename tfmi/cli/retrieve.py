"""tfmi retrieve."""

import click

from tfmi.cli.options import chosen_run


@click.command("retrieve")
@click.argument("run", required=False)
@click.option("--factor", help="By default the first that is scored by retrieval.")
@click.option("--different", help="Only among images of another value of this factor.")
@click.option("--apart", hidden=True, help="The old name of --different.")
def command(run, factor, different, apart):
    """How often the nearest test image shows the same FACTOR, by the
    representations of RUN (default: the newest finished one) and by raw pixels.

    Writes RUN/evaluation/retrieval.json and .txt.
    """
    run = chosen_run(run)
    from tfmi.evaluation.measure import retrieval
    from tfmi.evaluation.tables.downstream import retrieval_text
    from tfmi.files import make_folder
    from tfmi.files import write_json
    from tfmi.files import write_text

    dataset = run.open_dataset()
    click.echo(f"data    {dataset.source}")
    results, texts = [], []
    for domain in dataset.domains:
        name = factor or retrieval.default_factor(domain)
        result = retrieval.retrieve(
            _rows(run, domain.name), dataset, domain.name, name, different or apart
        )
        results.append({"domain": domain.name, **result})
        texts.append(retrieval_text(result, f"{domain.title}, retrieval by {name}"))
        click.echo(texts[-1])
    folder = run.evaluation_folder
    make_folder(folder)
    write_json(folder / "retrieval.json", results)
    write_text(folder / "retrieval.txt", "\n\n".join(texts) + "\n")
    click.echo(f"written {folder / 'retrieval.txt'}")


def _rows(run, domain):
    """`{row: represent}`: each representation by its symbol, then the first one
    before training."""
    from tfmi.evaluation.results import UNTRAINED

    rows = {r.symbol: run.represent(r.name, domain) for r in run.representations}
    first = run.representations[0].name
    return {**rows, UNTRAINED: run.represent_untrained(first, domain)}
