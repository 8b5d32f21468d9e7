"""tfmi train."""

import contextlib
import shlex

import click

from tfmi import api
from tfmi import recipes
from tfmi import runs
from tfmi.cli.interrupt import Interrupt
from tfmi.cli.options import RecipeCommand
from tfmi.cli.options import recipe_names
from tfmi.cli.options import report
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.training import automatic
from tfmi.training import hardware


@click.command("train", cls=RecipeCommand)
@click.argument("recipe", required=False, shell_complete=recipe_names)
@click.option("--resume", type=click.Path(), help="Go on with this run.")
@click.option(
    "--runs",
    "root",
    default="runs",
    show_default=True,
    help="Folder of the run folders.",
)
@click.option(
    "--precision",
    type=click.Choice(hardware.PRECISIONS),
    help="Precision of convolutions and matrix products. By default the fastest here.",
)
@click.option("--jit", type=click.Choice(hardware.JIT), help="Compile with XLA.")
@click.option(
    "--probe-every",
    type=click.IntRange(0),
    help="Steps between two online probes, 0 for none: by default 1000, and 0 with "
    "--strategy.",
)
@click.option(
    "--strategy",
    type=click.Choice(hardware.STRATEGIES),
    help="Train on all GPUs, or on the machines of TF_CONFIG.",
)
def command(
    recipe, resume, data, root, precision, jit, probe_every, strategy, settings
):
    """Train all stages of RECIPE, in a new folder below runs/.

    Settings come from the recipe, then from --config, then from options.
    Ctrl-C saves a checkpoint; --resume goes on from it.
    """
    given = bool(recipe or settings or data or precision or jit)
    if bool(resume) == given:
        raise UsageError(
            "give either RECIPE and its options or --resume RUN. Received: "
            + ("both" if resume else "neither")
        )
    if not resume and recipe is None:
        raise UsageError(
            f"RECIPE must be one of {', '.join(recipes.every())}. Received: none"
        )
    if strategy and probe_every:
        raise UsageError(
            f"--probe-every must be 0 with --strategy. Received: {probe_every}"
        )
    if probe_every is None:
        probe_every = 0 if strategy else 1000
    if resume:
        wanted = runs.load(resume).recipe
        if strategy and automatic.automatic_stages(wanted):
            raise automatic.no_replicas()
    else:
        # A wrong setting is told before TensorFlow is loaded.
        wanted = recipes.find(recipe)
        wanted.replace(**settings).check_files()
        settings, _ = automatic.settled(wanted, settings, data, bool(strategy))
    if not strategy:
        hardware.prepare()
    with _replicas(strategy) as spare:
        if resume:
            _resume(resume, spare, strategy, probe_every)
            return
        chosen, dataset, data = api.open_chosen(recipe, settings, data)
        if strategy:
            precision, jit = _same_everywhere(chosen, precision, jit)
        run = runs.create(chosen, data, spare or root)
        with runs.locked(run.path):
            _run(run, dataset, precision or "auto", jit or "auto", spare, probe_every)


def _replicas(strategy):
    """The scope of --strategy, which gives the folder to write into instead of
    a run's, for a worker that is not the first."""
    if strategy is None:
        return contextlib.nullcontext()
    from tfmi.training import distribute

    return distribute.scope(strategy)


def _same_everywhere(recipe, precision, jit):
    """The precision and XLA of every replica, checked; not what is fastest on
    this machine, as others may differ. Says how a batch is divided."""
    from tfmi.training import distribute

    precision, jit = (
        default if asked in (None, "auto") else asked
        for asked, default in ((precision, "float32"), (jit, "off"))
    )
    distribute.check(recipe, precision, jit)
    click.echo(f"on      {distribute.describe(recipe)}")
    return precision, jit


def _resume(path, spare, strategy, probe_every):
    run = runs.load(path)
    if run.finished:
        # A process that was killed as it finished may have left something; where
        # nothing can be written nothing can be taken away.
        with contextlib.suppress(DataError), runs.locked(run.path):
            pass
        click.echo(f"{run.path} is finished already")
        return
    if strategy:
        jit = "on" if run.config.get("jit") else "off"
        _same_everywhere(run.recipe, run.config.get("precision"), jit)
    if spare:
        from tfmi.training import distribute

        run = runs.load(distribute.copy_run(path, spare))
    with runs.locked(run.path):
        # As another process may have left it meanwhile.
        run = runs.load(run.path)
        # As it began: where nothing was chosen, without either.
        _run(run, run.open_dataset(), "float32", "off", spare, probe_every)


def _run(run, dataset, precision, jit, spare, probe_every):
    from tfmi.training import stages

    click.echo(f"recipe  {run.recipe.name}")
    report(dataset)
    if automatic.automatic_stages(run.recipe):
        held = dataset.num_images("validation")
        click.echo(f"        {held:,} images are held out for the automatic epochs")
    folder = "of the first worker" if spare else run.path
    click.echo(f"run     {folder}")
    chosen = hardware.choose_execution(run, dataset.image_shape, precision, jit)
    click.echo(f"uses    {chosen}")
    if stages.train(run, dataset, Interrupt(), probe_every):
        click.echo(f"finished {folder}")
        if not spare:
            _echo_summary(run)
        return
    click.echo(f"stopped; go on with: tfmi train --resume {folder}", err=True)
    raise click.exceptions.Exit(130)


def _echo_summary(run):
    """How long each stage took, and what comes next."""
    for stage, seconds in run.config["seconds"].items():
        ended = run.config.get("ended", {}).get(stage)
        why = f", {ended['epochs']:,} epochs: {ended['reason']}" if ended else ""
        used = run.config.get("utilization", {}).get(stage)
        gpu = f", GPU busy {used['busy']:.0f}%, {used['watts']:.0f} W" if used else ""
        click.echo(f"        {stage} stage in {_duration(seconds)}{gpu}{why}")
    path = shlex.quote(str(run.path))
    scored = any(names for domain in run.factors.values() for names in domain.values())
    # Without a factor there is nothing to evaluate.
    commands = ["evaluate", "report", "export"] if scored else ["report", "export"]
    lines = [f"tfmi {name} {path}" for name in commands]
    if not scored:
        lines.append(f"tfmi embed {path} IMAGES --output vectors.npz")
    click.echo("next    " + "\n        ".join(lines))


def _duration(seconds):
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
