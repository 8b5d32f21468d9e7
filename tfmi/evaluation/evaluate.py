"""The protocol of section 5.2, from representations to results, tables and pictures."""

import dataclasses
import pathlib
import tempfile
from collections.abc import Callable

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.evaluation import grids
from tfmi.evaluation.figures.bars import bar_panels
from tfmi.evaluation.measure import cross_domain
from tfmi.evaluation.measure import disentanglement
from tfmi.evaluation.measure import neighbours
from tfmi.evaluation.measure import probes
from tfmi.evaluation.measure import unseen
from tfmi.evaluation.measure.features import drop_absent_values
from tfmi.evaluation.measure.features import extract_all
from tfmi.evaluation.measure.records import SPLITS
from tfmi.evaluation.measure.records import Features
from tfmi.evaluation.measure.records import neighbour_records
from tfmi.evaluation.measure.records import probe_records
from tfmi.evaluation.results import OURS
from tfmi.evaluation.results import REFERENCES
from tfmi.evaluation.results import Results
from tfmi.evaluation.scored_split import TEST
from tfmi.evaluation.scored_split import scored_on
from tfmi.evaluation.tables import accuracy
from tfmi.evaluation.tables import cross_domain as cross_domain_tables
from tfmi.evaluation.tables import disentanglement as disentanglement_tables
from tfmi.evaluation.tables import unseen as unseen_tables
from tfmi.files import make_folder
from tfmi.files import write_text

BATCH = 500


@dataclasses.dataclass(frozen=True)
class Options:
    """How representations are evaluated.

    Attributes:
        protocols: names in `probes.PROTOCOLS`, the strongest last.
        seed: of the images' order and colours, and of the first probe.
        seeds: number of probes, with seeds from `seed` on, for each score of the
            first row; other rows are read by the first of them.
        limit: number of training images. `None` takes all.
        split: that is scored, "test" or "validation".
        metrics: whether to measure how representations are told apart, where a
            domain has 20 images in each split.
        progress: called with a line of text as each step begins.
    """

    protocols: tuple[str, ...] = ("paper", "strong")
    seed: int = 0
    seeds: int = 1
    limit: int | None = None
    split: str = TEST
    metrics: bool = True
    progress: Callable = print

    def __post_init__(self):
        for name in self.protocols:
            if name not in probes.PROTOCOLS:
                names = ", ".join(probes.PROTOCOLS)
                raise UsageError(f"a protocol must be one of {names}. Received: {name}")
        if self.seeds < 1:
            raise UsageError(f"seeds must be >= 1. Received: {self.seeds}")


def evaluate(rows, dataset, output=None, **options):
    """Score representations of images, by what probes, nearest neighbours and
    metrics read in them.

    Args:
        rows: `{row name: {(Representation, domain name): represent}}`, with
            functions `represent` from raw images `(batch, height, width, channels)`
            to vectors `(batch, size)`. The first row is the encoder's own; others,
            such as an untrained encoder's, stand beside it and may lack some
            representations. One row alone may be given without its name.
        dataset: a `PairDataset`. Probes are fitted on its training split and scored
            on its test split, or on the one that `split` names.
        output: a folder for results.json, results.csv, tables.txt, a bar chart a
            table and a retrieval grid a representation, of its domain and across
            two; vectors are kept in its folder features (`features.extract_all`).
            Without it nothing is written.
        options: the attributes of `Options`.

    Returns:
        The `Results`.

    Raises:
        DataError: where the folder cannot be written, a probe not fitted, or the
            dataset has no factor to score.
        UsageError: for an unknown protocol or domain, and for no seed.
    """
    options = Options(**options)
    rows, dataset = _named_rows(rows), scored_on(dataset, options.split)
    _check(rows, dataset)
    if output is None:
        with tempfile.TemporaryDirectory() as folder:
            return _measure(rows, dataset, pathlib.Path(folder), options)[0]
    output = pathlib.Path(output)
    make_folder(output)
    results, every = _measure(rows, dataset, output / "features", options)
    grids.write(output, every, dataset, options.seed)
    _write(output, results)
    return results


def _named_rows(rows):
    alone = all(isinstance(key, tuple) for key in rows)
    return {OURS: rows} if alone else rows


def _check(rows, dataset):
    for domain in dataset.domains:
        if not domain.factors:
            raise DataError(
                f"there must be a factor to score for {domain.name} (--evaluate "
                "names factors; a value needs enough images). Received: none"
            )
    names = [domain.name for domain in dataset.domains]
    for _, name in (key for functions in rows.values() for key in functions):
        if name not in names:
            raise UsageError(
                f"a domain must be one of {', '.join(names)}. Received: {name}"
            )


def _measure(rows, dataset, folder, options):
    """`(Results, list of Features)`; vectors are kept in the folder."""
    every = _extract(rows, dataset, folder, options)
    seeds = list(range(options.seed, options.seed + options.seeds))
    about = _about(next(iter(rows)), every, dataset, seeds, options)
    records = probe_records(every, options.protocols, seeds, options.progress)
    for features in every:
        records += neighbour_records(features, options.progress)
    domains = {domain.name: domain for domain in dataset.domains}
    records += cross_domain.records(every, domains, options.progress)
    records += unseen.records(rows, dataset, BATCH, folder, options.progress)
    results = Results(about, records)
    if options.metrics:
        for group in disentanglement.groups(every):
            records += disentanglement.metric_records(
                group, results, options.seed, options.progress
            )
    return results, every


def _extract(rows, dataset, folder, options):
    """The `Features` of each representation of each domain of the first row."""
    keys = list(next(iter(rows.values())))
    every = {}
    for domain in (d for d in dataset.domains if d.name in [key[1] for key in keys]):
        represents = {
            (key, row): functions[key]
            for row, functions in rows.items()
            for key in keys
            if key[1] == domain.name and key in functions
        }
        vectors, labels = {}, {}
        for split in SPLITS:
            options.progress(f"vectors of {domain.name}, {split} split")
            vectors[split], labels[split] = extract_all(
                represents,
                lambda d=domain.name, s=split: dataset.labelled(
                    d, s, BATCH, options.seed
                ),
                folder,
                options.limit if split == "train" else None,
            )
        domain = drop_absent_values(domain, *labels.values())
        for key, row in represents:
            features = every.setdefault(key, Features(key[0], domain, {}, labels))
            features.vectors[row] = {s: vectors[s][key, row] for s in SPLITS}
    return [every[key] for key in keys]


def _about(row, every, dataset, seeds, options):
    described = {p: probes.PROTOCOLS[p].description for p in options.protocols}
    return {
        "dataset": dataset.name,
        "source": dataset.source,
        "seed": options.seed,
        "seeds": seeds,
        "limit": options.limit,
        "split": options.split,
        "row": row,
        "probes": list(options.protocols),
        "protocols": {
            **described,
            **neighbours.PROTOCOLS,
            **cross_domain.PROTOCOLS,
            **unseen.PROTOCOLS,
            **disentanglement.PROTOCOLS,
        },
        "units": disentanglement.UNITS,
        "representations": {
            r.name: {"symbol": r.symbol, "holds": r.holds}
            for r in (features.representation for features in every)
        },
        "domains": {
            domain.name: {"title": domain.title, "factors": _factors(domain)}
            for domain in (features.domain for features in every)
        },
    }


def _factors(domain):
    return {
        factor.name: {
            "values": len(factor.values),
            "kind": "shared" if factor in domain.shared_factors else "exclusive",
        }
        for factor in domain.factors
    }


def _write(output, results):
    """Write results.json, results.csv, tables.txt and a bar chart a table."""
    results.save(output)
    texts = [
        *accuracy.texts(results),
        *cross_domain_tables.texts(results),
        *unseen_tables.texts(results),
        *disentanglement_tables.texts(results),
    ]
    write_text(output / "tables.txt", "\n\n".join(texts) + "\n")
    for key in results.probed:
        rows = accuracy.probe_rows(results, *key)
        rows = [row for row in rows if row["row"] not in ("Ideal", *REFERENCES)]
        title = accuracy.title(results, *key[:2])
        panel = {"title": title, "ideal": results.ideal(*key[:2]), "rows": rows}
        path = output / f"accuracy_{'_'.join(key)}.png"
        bar_panels(path, [panel], f"Probe {key[2]}")
