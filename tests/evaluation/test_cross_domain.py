"""Retrieval across domains: images of y by images of x, by labels of one name."""

import numpy as np
import pytest
from PIL import Image

from tfmi.evaluation import grids
from tfmi.evaluation.measure import cross_domain
from tfmi.evaluation.measure.records import Features
from tfmi.evaluation.results import Results
from tfmi.evaluation.tables import cross_domain as tables
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED

# The same digits in another order: labels of one number are not one digit.
X = Domain("x", "first", (Factor("digit", ("0", "1", "2")),), (Factor("paper", "ab"),))
Y = Domain("y", "second", (Factor("digit", ("2", "0", "1")),), (Factor("ink", "ab"),))
DOMAINS = {"x": X, "y": Y}
COUNT = 30
DIGITS = np.arange(COUNT) % 3


def features(domain, digits, representation=SHARED, noise=0.01, row="Ours"):
    names = np.array(["0", "1", "2"])[digits]
    order = {v: k for k, v in enumerate(domain.shared_factors[0].values)}
    labels = np.array([order[name] for name in names])
    generator = np.random.default_rng(ord(domain.name))
    vectors = np.eye(3)[digits] + noise * generator.normal(size=(len(digits), 3))
    other = domain.exclusive_factors[0].name
    by_split = {"digit": labels, other: labels % 2}
    return Features(
        representation,
        domain,
        {row: {"train": vectors, "test": vectors.astype("f")}},
        {"train": by_split, "test": by_split},
    )


def accuracies(every):
    records = cross_domain.records(every, DOMAINS, id)
    return {(r.domain, r.protocol): r.value for r in records if r.score == "accuracy"}


def test_digits_find_their_like_in_the_other_domain():
    every = [features(X, DIGITS), features(Y, DIGITS[::-1])]
    assert accuracies(every) == {
        (domain, f"{count}-nn across l2"): 1.0 for domain in "xy" for count in (1, 5)
    }


def test_candidates_are_those_of_the_other_domain():
    """Of x all are near to their own, but y's twos lie where x has its ones."""
    moved = np.where(DIGITS == 1, 2, np.where(DIGITS == 2, 1, 0))
    swapped = features(Y, DIGITS)
    swapped.vectors["Ours"]["test"] = features(Y, moved).vectors["Ours"]["test"]
    scores = accuracies([features(X, DIGITS), swapped])
    assert list(scores.values()) == pytest.approx([1 / 3] * 4)


def test_images_that_do_not_count_neither_ask_nor_are_found():
    first, second = features(X, DIGITS), features(Y, DIGITS)
    first.labels["test"]["digit"][:3] = -1
    second.labels["test"]["digit"] = np.where(
        DIGITS == 0, -1, first.labels["test"]["digit"]
    )
    codes = cross_domain.common_labels(first, second, DOMAINS, "digit")
    assert (codes[0][:3] == -1).all() and (codes[0][3:] >= 0).all()
    assert ((codes[1] == -1) == (second.labels["test"]["digit"] < 0)).all()


def test_no_direction_within_a_domain_or_between_representations():
    every = [features(X, DIGITS), features(X, DIGITS, EXCLUSIVE)]
    every.append(features(Y, DIGITS, EXCLUSIVE))
    directions = cross_domain.directions(every)
    names = [
        (a.representation.name, a.domain.name, b.domain.name) for a, b in directions
    ]
    assert names == [("exclusive", "x", "y"), ("exclusive", "y", "x")]
    assert cross_domain.common_factors(X, Y) == ["digit"]


def results_of(every):
    about = {
        "row": "Ours",
        "representations": {"shared": {"symbol": "S", "holds": "shared"}},
        "domains": {
            d.name: {
                "title": d.title,
                "factors": {
                    "digit": {"values": 3, "kind": "shared"},
                    d.exclusive_factors[0].name: {"values": 2, "kind": "exclusive"},
                },
            }
            for d in DOMAINS.values()
        },
    }
    return Results(about, cross_domain.records(every, DOMAINS, id))


def test_tables_name_queries_and_candidates():
    results = results_of([features(X, DIGITS), features(Y, DIGITS)])
    first, second = tables.tables(results)
    assert (first["queries"], first["candidates"]) == ("x", "y")
    assert (second["queries"], second["candidates"]) == ("y", "x")
    assert [row["row"] for row in first["rows"]] == ["Ours, N = 1", "Ours, N = 5"]
    assert first["ideal"] == {"digit": 1.0}
    text, _ = tables.texts(results)
    assert "images of y retrieved by images of x" in text
    assert "Ours, N = 5         100.00%" in text


class Shades:
    """Grey images whose shade is the digit, of two domains."""

    domains = (X, Y)
    channels = ()

    def labelled(self, domain, split, batch, seed):
        shade = 40 if domain == "x" else 200
        yield np.full((COUNT, 8, 8, 1), shade, np.uint8), {}


def test_the_picture_shows_candidates_of_the_other_domain(tmp_path):
    every = [features(X, DIGITS), features(Y, DIGITS)]
    grids.write(tmp_path, every, Shades(), 0)
    across = "neighbours_shared_x_to_y.png"
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        across,
        "neighbours_shared_y_to_x.png",
        "neighbours_shared_x.png",
        "neighbours_shared_y.png",
    }
    pixels = np.asarray(Image.open(tmp_path / across).convert("L"))
    counts = {shade: (pixels == shade).sum() for shade in (40, 200)}
    # A column of queries, and eight of what they find.
    assert 0 < counts[40] < counts[200] / 4
