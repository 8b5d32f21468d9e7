"""The options of a command in groups, as `--help` shows them."""

import fnmatch

import click

# The headings of settings, in this order, each with the names that belong there; what
# no pattern names is part of the objective, such as weights of its terms.
OBJECTIVE = "Objective"
PATTERNS = {
    OBJECTIVE: (),
    "Networks": (
        *("share_weights", "encoder", "encoder_*", "feature_map", "normalize_*"),
        *("*_size", "*_levels", "*_units", "*_width", "critic", "discriminator"),
        "discriminator_spectral_norm",
    ),
    "Schedule": (
        *("*_epochs", "*_steps", "*_warmup", "*learning_rate*", "max_shift", "seed"),
        "batch_size",
    ),
}
MACHINE = ("precision", "jit", "strategy", "probe_every")


def heading(name):
    """The group of a setting, by its name."""
    # A schedule's names are the more special: batch_size is no size of a network.
    for title, patterns in reversed(PATTERNS.items()):
        if any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
            return title
    return OBJECTIVE


def groups(own, data, settings):
    """The options of a command by heading.

    Args:
        own: parameters that the command has with any recipe.
        data: options of the recipe's dataset.
        settings: options of the recipe's settings.

    Returns:
        `{heading: list of options}`, in the order in which they are shown.
    """
    own = [option for option in own if isinstance(option, click.Option)]
    machine = [option for option in own if option.name in MACHINE]
    general = [option for option in own if option not in machine]
    shown = {"Options": general, "Data": list(data)}
    for title in PATTERNS:
        shown[title] = [s for s in settings if heading(s.name) == title]
    # A file of settings is no setting.
    general += [s for s in settings if s.name == "config"]
    shown[OBJECTIVE] = [s for s in shown[OBJECTIVE] if s.name != "config"]
    return {**shown, "Machine": machine}


def write(ctx, formatter, shown, recipe=None):
    """Write the groups of `groups`; headings name the recipe that they are of."""
    of = f" of {recipe.name}" if recipe else ""
    for title, options in shown.items():
        records = filter(None, (option.get_help_record(ctx) for option in options))
        if records := list(records):
            own = title in ("Options", "Machine")
            with formatter.section(title if own else f"{title}{of}"):
                formatter.write_dl(records)
