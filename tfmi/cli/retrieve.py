"""tfmi retrieve."""

import click


@click.command("retrieve")
@click.argument("run", required=False)
@click.option("--factor", help="By default the first that is scored by retrieval.")
@click.option("--apart", help="Only among images of another value of this factor.")
def command(run, factor, apart):
    """How often the nearest test image shows the same FACTOR, by the
    representations of RUN (default: the newest finished one) and by raw pixels.

    Writes RUN/evaluation/retrieval.json and .txt.
    """
    from tfmi import runs
    from tfmi.evaluation.measure import retrieval
    from tfmi.files import make_folder
    from tfmi.files import write_json
    from tfmi.files import write_text

    run = runs.load(run) if run else runs.newest()
    click.echo(f"run     {run.path}")
    dataset = run.open_dataset()
    click.echo(f"data    {dataset.source}")
    results, texts = [], []
    for domain in dataset.domains:
        name = factor or retrieval.default_factor(domain)
        rows = {
            "S": run.represent("shared", domain.name),
            "E": run.represent("exclusive", domain.name),
            "Untrained encoder": run.represent_untrained("shared", domain.name),
        }
        result = retrieval.retrieve(rows, dataset, domain.name, name, apart)
        results.append({"domain": domain.name, **result})
        texts.append(retrieval.render(result, f"{domain.title}, retrieval by {name}"))
        click.echo(texts[-1])
    folder = run.evaluation_folder
    make_folder(folder)
    write_json(folder / "retrieval.json", results)
    write_text(folder / "retrieval.txt", "\n\n".join(texts) + "\n")
    click.echo(f"written {folder / 'retrieval.txt'}")
