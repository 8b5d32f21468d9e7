"""Results of an evaluation: flat records, and the one reader of them.

A record is one measured value with all that it is of. Tables, charts, comparisons
and reports are queries over records; what is the ideal, and how far a row is from
it, follows from the factors (`Results.ideal`, `Results.distance`).
"""

import csv
import dataclasses
import io

import numpy as np

from tfmi.errors import DataError
from tfmi.evaluation.scored_split import TEST
from tfmi.files import read_json
from tfmi.files import write_json
from tfmi.files import write_text

FORMAT = 2
OURS, UNTRAINED, MAJORITY = "Ours", "Untrained encoder", "Majority class"
# What the true values of its own factors tell of the others.
KNOWN = "Own factors known"
# What a code that tells nothing of the other factors tells of its own, at most.
INDEPENDENT = "Best independent"
# Rows of labels alone, without an encoder.
REFERENCES = (MAJORITY, KNOWN, INDEPENDENT)
CHANCE = "Chance"
# Between the names of representations that a value is of together.
JOINT = "+"
ACCURACY, BALANCED, INFORMATION = "accuracy", "balanced_accuracy", "information"


@dataclasses.dataclass(frozen=True)
class Record:
    """One measured value.

    Attributes:
        row: what was measured: the encoder's row, `UNTRAINED`, `CHANCE` or one of
            `REFERENCES`.
        representation: its name; two joined by `JOINT` for what is of both.
        domain: its name.
        protocol: how it was read: a probe's name, "1-nn l2", "dimensions" (metrics
            of single dimensions), or an estimator's name, "jsd" or "ksg".
        seed: of that reading, `None` where nothing is drawn, and for a metric of
            probes' means over their seeds.
        factor: its name, `None` for what is of no single factor.
        score: "accuracy", "balanced_accuracy", "information", "mig", ....
        value: the number.
    """

    row: str
    representation: str
    domain: str
    protocol: str
    seed: int | None
    factor: str | None
    score: str
    value: float


FIELDS = [field.name for field in dataclasses.fields(Record)]


@dataclasses.dataclass(frozen=True)
class Results:
    """The records of one evaluation, and what they are of.

    Attributes:
        about: `{"dataset", "source", "seed", "seeds", "limit", "split", "row",
            "probes": [name], "protocols": {name: description},
            "units": {estimator: unit of its values},
            "representations": {name: {"symbol", "holds"}},
            "domains": {name: {"title", "factors": {factor: {"values": number,
            "kind": "shared" or "exclusive"}}}}}`; "row" names the row that was
            read with every seed, the encoder's own; "probes" those of the
            protocols that are probes, the strongest last.
        records: list of `Record`.
    """

    about: dict
    records: list

    @property
    def row(self):
        """Name of the encoder's own row."""
        return self.about["row"]

    @property
    def split(self):
        """Name of the split that was scored."""
        # Results of before there was another one do not say it.
        return self.about.get("split", TEST)

    @property
    def probes(self):
        """Names of the probes, the strongest last."""
        return self.about["probes"]

    @property
    def probed(self):
        """`(representation, domain, protocol)` of each reading by a probe, in the
        order of the records: a table each."""
        records = self.select(row=self.row, protocol=self.probes, score=ACCURACY)
        keys = [(r.representation, r.domain, r.protocol) for r in records]
        return list(dict.fromkeys(keys))

    def symbol(self, representation):
        """The letter of a representation, by its name."""
        return self.about["representations"][representation]["symbol"]

    def select(self, **wanted):
        """The records whose fields have the wanted values, in their order.

        Args:
            wanted: `{field: value}`; a list, tuple or set stands for any of its
                values.
        """
        records = self.records
        for field, value in wanted.items():
            values = value if isinstance(value, list | tuple | set) else (value,)
            records = [r for r in records if getattr(r, field) in values]
        return records

    def values_of(self, field, **wanted):
        """The different values of a field among selected records, in their order."""
        return list(dict.fromkeys(getattr(r, field) for r in self.select(**wanted)))

    def by_factor(self, score=ACCURACY, **wanted):
        """`{factor: mean over the selected records}` of a score."""
        return {f: mean_and_deviation(v)[0] for f, v in self._values(score, wanted)}

    def deviations(self, score=ACCURACY, **wanted):
        """`{factor: deviation over the selected records}`, `None` for one of them."""
        return {f: mean_and_deviation(v)[1] for f, v in self._values(score, wanted)}

    def _values(self, score, wanted):
        values = {}
        for record in self.select(score=score, **wanted):
            values.setdefault(record.factor, []).append(record.value)
        return values.items()

    def by_seed(self, score=ACCURACY, **wanted):
        """`{seed: {factor: value}}` of a score among selected records."""
        values = {}
        for record in self.select(score=score, **wanted):
            values.setdefault(record.seed, {})[record.factor] = record.value
        return values

    def factors(self, domain):
        """`{factor: {"values", "kind"}}` of a domain, by its name."""
        return self.about["domains"][domain]["factors"]

    def wanted(self, representation, domain):
        """Names of the factors that a representation should hold."""
        holds = self.about["representations"][representation]["holds"]
        factors = self.factors(domain).items()
        return [name for name, f in factors if holds in (f["kind"], "all")]

    def ideal(self, representation, domain):
        """`{factor: accuracy}` of a representation that holds what it should: 1, and
        for other factors that of a guess."""
        wanted = self.wanted(representation, domain)
        return {
            name: 1.0 if name in wanted else 1 / factor["values"]
            for name, factor in self.factors(domain).items()
        }

    def distances(self, representation, domain, **wanted):
        """L1 distances between accuracies, as fractions, and the ideal (section
        5.2), one a seed."""
        ideal = self.ideal(representation, domain)
        where = {"representation": representation, "domain": domain}
        every = self.by_seed(**where, **wanted).values()
        return [distance_to_ideal(accuracies, ideal) for accuracies in every]

    def distance(self, representation, domain, **wanted):
        """Mean and deviation of `distances`."""
        return mean_and_deviation(self.distances(representation, domain, **wanted))

    def save(self, folder):
        """Write results.json and results.csv, each whole or not at all.

        Raises:
            DataError: where they cannot be written.
        """
        rows = [dataclasses.astuple(record) for record in self.records]
        content = {"format": FORMAT, **self.about, "columns": FIELDS, "records": rows}
        write_json(folder / "results.json", content)
        write_csv(
            folder / "results.csv",
            ["dataset", *FIELDS],
            [(self.about["dataset"], *row) for row in rows],
        )


def distance_to_ideal(accuracies, ideal):
    """L1 distance between accuracies, as fractions (section 5.2)."""
    return sum(abs(accuracies[name] - ideal[name]) for name in ideal)


def load(path):
    """The `Results` of a results.json; `None` where there is none.

    Raises:
        DataError: for results of an earlier version of tfmi, or damaged ones.
    """
    content = read_json(path)
    if content is None:
        return None
    try:
        if content.pop("format") != FORMAT or content.pop("columns") != FIELDS:
            raise ValueError
        records = [Record(*row) for row in content.pop("records")]
        return Results(content, records)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            "results must be of this version of tfmi (tfmi evaluate RUN writes them "
            f"anew). Received: {path}"
        ) from error


def mean_and_deviation(values):
    """The mean, and the deviation of the sample, `None` for a single value."""
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return float(np.mean(values)), deviation


def write_csv(path, heading, rows):
    """Write a CSV file, whole or not at all."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([heading, *rows])
    write_text(path, text.getvalue())
