"""The paper's tables and figures: which runs each needs, and what they came to."""

import dataclasses

from tfmi import methods
from tfmi import recipes
from tfmi.errors import UsageError
from tfmi.experiments.sweep import Knob
from tfmi.experiments.sweep import variants as knob_variants
from tfmi.experiments.variants import BASELINE
from tfmi.experiments.variants import Variant
from tfmi.experiments.variants import ablation_variants
from tfmi.experiments.variants import open_ablations

# Values of lambda_adv in Figure 5.
LAMBDAS = (0.0, 0.005, 0.01, 0.025, 0.05)
# Of Tables 6 and 7.
ABLATED = ("non-ssr", "gamma-0", "alpha-0", "beta-0")


@dataclasses.dataclass(frozen=True)
class Item:
    """A table or a figure of the paper.

    Attributes:
        name: as `--only` takes it.
        title: for people.
        pipelines: names of the datasets that it is of.
        kind: "probes", "neighbours", "ablation", "sweep" or "retrieval": how it is
            read off the runs.
        domain: name of the domain that it is of; `None` for all.
    """

    name: str
    title: str
    pipelines: tuple[str, ...]
    kind: str
    domain: str | None = None


ITEMS = {
    item.name: item
    for item in (
        Item("table1", "Table 1", ("colored-mnist",), "probes", "x"),
        Item("table2", "Table 2", ("colored-mnist",), "probes", "y"),
        Item("table3", "Table 3", ("shapes3d",), "probes"),
        Item("table4", "Table 4", ("iam",), "probes"),
        Item("table5", "Table 5", ("iam",), "neighbours"),
        Item("table6", "Table 6", ("colored-mnist",), "ablation", "x"),
        Item("table7", "Table 7", ("iam",), "ablation", "x"),
        Item("figure4", "Figure 4", ("colored-mnist", "shapes3d", "iam"), "retrieval"),
        Item("figure5", "Figure 5", ("colored-mnist", "shapes3d", "iam"), "sweep"),
    )
}
# Methods of the compared systems that Tables 1 to 4 have rows of, by dataset.
COMPARED = {"colored-mnist": "cross-domain", "shapes3d": "cross-domain", "iam": "vae"}
# What is reproduced by commands of their own.
ELSEWHERE = {
    "figure6": "tfmi mi-map RUN --image FILE, of a run of sentinel2-paper",
    "eurosat": "tfmi eurosat RUN --data-dir DIR, of a run of sentinel2-paper",
}


def chosen_items(only=None):
    """The `Item`s of a list of names with commas; of `None` all.

    Raises:
        UsageError: for an unknown name.
    """
    names = list(ITEMS) if only is None else only.split(",")
    for name in names:
        if name in ELSEWHERE:
            raise UsageError(
                f"{name} must be reproduced by {ELSEWHERE[name]}. "
                f"Received: --only {only}"
            )
        if name not in ITEMS:
            raise UsageError(
                f"--only must name {', '.join(ITEMS)}. Received: {name or only!r}"
            )
    return [ITEMS[name] for name in dict.fromkeys(names)]


def recipe_name(kind, pipeline):
    """The recipe of a kind, "paper", "default" or "compared", for a dataset."""
    if kind == "compared":
        return recipes.of_method(pipeline, COMPARED[pipeline]).name
    return f"{pipeline}-paper" if kind == "paper" else pipeline


def items_of(kind, items):
    """The items that recipes of a kind are trained for: a compared system has rows in
    the tables of probes alone."""
    return [item for item in items if kind != "compared" or item.kind == "probes"]


def knob(recipe):
    """The values of lambda_adv, the recipe's own among them."""
    own = recipe.adversarial_weight
    return Knob("adversarial_weight", tuple(sorted({*LAMBDAS, own})), own)


def variants(items, recipe):
    """The rows of an experiment that the items need.

    Args:
        items: list of `Item` of the recipe's dataset.
        recipe: a `Recipe` of the paper's method, or, for tables of probes, of any.

    Returns:
        A list of `Variant`, the baseline first.
    """
    kinds = {item.kind for item in items}
    # All of them, so that the baseline is the same run whatever a later call is for.
    scored = tuple(r.name for r in methods.find(recipe.method).representations())
    rows = {BASELINE: Variant(BASELINE, "Baseline", {}, scored)}
    if "ablation" in kinds:
        keys = [key for key in open_ablations(recipe) if key in ABLATED]
        rows |= {row.key: row for row in ablation_variants(recipe, keys)}
    if "sweep" in kinds:
        for row in knob_variants([knob(recipe)], recipe):
            rows.setdefault(row.key, row)
    return list(rows.values())
