"""Options that several commands take.

Which data options and settings a command has depends on the recipe that it is given:
the dataset and the recipe declare them, and only those of that recipe are shown and
taken (`RecipeCommand`).
"""

import functools
import os

import click

from tfmi import pipelines
from tfmi import recipes
from tfmi import runs
from tfmi.cli import help_groups
from tfmi.cli.method_option import METHOD
from tfmi.cli.method_option import named_by_method
from tfmi.pipelines.options import options_of

PROTOCOLS = {"paper": ["paper"], "strong": ["strong"], "both": ["paper", "strong"]}


class RecipeCommand(click.Command):
    """A command whose first argument is, or leads to, a recipe.

    The function gets the data options that were given as one dict `data`, paths
    made absolute, and the settings, those of --config below those of options, as
    one dict `settings`.

    Args:
        recipe_of: function from the first argument to a recipe's name.
        settings: whether it takes settings.
        without: names of settings that are no option here.
        numbers: from `int` or `float` to the type of such an option.
    """

    def __init__(
        self,
        *args,
        recipe_of=str,
        settings=True,
        without=(),
        numbers=lambda kind: kind,
        **kwargs,
    ):
        super().__init__(*args, **kwargs)
        self._recipe_of, self._settings = recipe_of, settings
        self._without, self._numbers = without, numbers

    def parse_args(self, ctx, args):
        if self._chooses_method:
            args = named_by_method(args, self._first_argument)
        first = self._first_argument(args)
        if first is not None:
            recipe = recipes.find(self._recipe_of(first))
            ctx.meta["recipe"] = recipe
            ctx.meta["data"] = _data_options(recipe.pipeline)
            if self._settings:
                ctx.meta["settings"] = self._setting_options(recipe)
        return super().parse_args(ctx, args)

    @property
    def _chooses_method(self):
        return self._settings and self._recipe_of is str

    def _first_argument(self, args):
        """The first argument, of which the options depend; options may come before
        the name of a recipe."""
        if args and not args[0].startswith("-"):
            return args[0]
        return next((arg for arg in args if arg in recipes.every()), None)

    def _setting_options(self, recipe):
        fields = [f for f in recipe.settings() if f.name not in self._without]
        config = click.Option(
            ["--config"], type=click.Path(), help="Take settings from a JSON file."
        )
        return [config, *(_setting_option(f, recipe, self._numbers) for f in fields)]

    def get_params(self, ctx):
        own = super().get_params(ctx)
        extra = [*ctx.meta.get("data", ()), *ctx.meta.get("settings", ())]
        if self._chooses_method:
            extra.append(METHOD)
        return [*own[:-1], *extra, own[-1]] if extra else own

    def invoke(self, ctx):
        ctx.params["data"] = self._take_data(ctx)
        if self._settings:
            settings = _given(ctx, ctx.meta.get("settings", ()))
            config = settings.pop("config", None)
            base = recipes.read_settings(config) if config else {}
            ctx.params["settings"] = {**base, **settings}
        return super().invoke(ctx)

    def _take_data(self, ctx):
        options = ctx.meta.get("data", ())
        # A flag that is not given is False.
        data = {n: v for n, v in _given(ctx, options).items() if v is not False}
        for option in options:
            if option.name in data and option.is_path:
                data[option.name] = os.path.abspath(data[option.name])
        if options:
            pipelines.check_options(ctx.meta["recipe"].pipeline, data)
        return data

    def format_options(self, ctx, formatter):
        recipe = ctx.meta.get("recipe")
        own = [*super().get_params(ctx), *([METHOD] * self._chooses_method)]
        data, settings = (ctx.meta.get(name, ()) for name in ("data", "settings"))
        help_groups.write(
            ctx, formatter, help_groups.groups(own, data, settings), recipe
        )
        if recipe is None:
            formatter.write_paragraph()
            formatter.write_text(
                f"{ctx.command_path} RECIPE --help shows the options of that recipe's "
                "data and settings."
            )


def recipe_names(ctx, param, incomplete):
    """What a shell completes RECIPE with."""
    return [name for name in recipes.every() if name.startswith(incomplete)]


class DataOption(click.Option):
    """An option of a dataset.

    Args:
        declared: a `pipelines.options.Option`.
    """

    def __init__(self, declared):
        self.is_path = declared.declared.path is not None
        is_flag = declared.kind is bool
        default = declared.default if not is_flag else None
        super().__init__(
            [declared.flag, declared.name],
            type=None if is_flag else declared.kind,
            is_flag=is_flag,
            default=None,
            help=_with_default(declared.declared.help, default),
        )


def _data_options(pipeline):
    return [DataOption(option) for option in options_of(pipelines.find(pipeline))]


def _with_default(text, default):
    if default in (None, ""):
        return text
    default = str(default).lower() if isinstance(default, bool) else default
    return f"{text}  [default: {default}]"


class Epochs(click.ParamType):
    """A number of epochs, or a text that the recipe checks."""

    name = "integer|auto:N"

    def convert(self, value, param, ctx):
        if str(value).startswith("auto"):
            return value
        return click.INT.convert(value, param, ctx)


def _setting_option(field, recipe, numbers):
    flag = "--" + field.name.replace("_", "-")
    if field.type is bool:
        flag = f"{flag}/--no-{flag[2:]}"
    kind = numbers(field.type) if field.type in (int, float) else field.type
    kind = Epochs() if field.metadata["auto"] and kind is int else kind
    choices = field.metadata["choices"]
    kind = click.Choice(choices) if choices else kind
    text = _with_default(field.metadata["help"], getattr(recipe, field.name))
    return click.Option([flag, field.name], type=kind, default=None, help=text)


def _given(ctx, options):
    """Take the options out of the parameters; `{name: value}` of those given."""
    values = {option.name: ctx.params.pop(option.name) for option in options}
    return {name: value for name, value in values.items() if value is not None}


def probe_options(default):
    """Add --protocol and --limit; the function gets `protocols` (names) and
    `limit`."""

    def add(function):
        @functools.wraps(function)
        def command(protocol, **arguments):
            return function(protocols=PROTOCOLS[protocol], **arguments)

        limit = click.option(
            "--limit",
            type=click.IntRange(100),
            help="Number of training images for probes.",
        )
        protocol = click.option(
            "--protocol",
            type=click.Choice(list(PROTOCOLS)),
            default=default,
            show_default=True,
            help="Probes to fit.",
        )
        return protocol(limit(command))

    return add


def chosen_run(path=None):
    """The run in a folder, by default the newest finished one; says which it is.

    Called before a command imports what is heavy, so that a wrong path is told at
    once.
    """
    run = runs.load(path) if path else runs.newest()
    click.echo(f"run     {run.path}")
    return run


def report(dataset, limit=5):
    """Print the source and the notes, and name what could not be used, at most
    `limit` files of it."""
    click.echo(f"data    {dataset.source}")
    for note in dataset.notes:
        click.echo(f"        {note}")
    if dataset.unusable:
        click.echo(
            f"        {len(dataset.unusable)} files could not be used:", err=True
        )
        for line in dataset.unusable[:limit]:
            click.echo(f"          {line}", err=True)
        if limit is not None and len(dataset.unusable) > limit:
            click.echo("          ... (unusable.txt in the run names all)", err=True)
