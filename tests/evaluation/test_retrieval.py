"""Retrieval of the same thing among the images of the test split."""

import numpy as np
import pytest

from tfmi.errors import DataError
from tfmi.evaluation.measure import retrieval
from tfmi.evaluation.tables.downstream import retrieval_text
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor

PLACES, DATES = 6, 4


class Views:
    """Places in the first pixel, dates in the other, brighter ones."""

    domains = (Domain("x", "views", (), (), (Factor("place", tuple("abcdef")),)),)

    def labelled(self, domain, split, batch_size, seed=0):
        place, date = np.divmod(np.arange(PLACES * DATES), DATES)
        images = np.zeros((len(place), 1, 2, 1), np.uint8)
        images[:, 0, 0, 0], images[:, 0, 1, 0] = 3 * place, 100 * date
        yield images[:10], {"place": place[:10], "date": date[:10]}
        yield images[10:], {"place": place[10:], "date": date[10:]}


def place_only(images):
    return np.asarray(images, np.float32)[:, 0, 0]


def rates(**options):
    result = retrieval.retrieve({"S": place_only}, Views(), "x", "place", **options)
    return result, {row["row"]: row["accuracy"] for row in result["rows"]}


def test_what_holds_the_place_finds_it_and_pixels_do_not():
    result, found = rates()
    assert found == {"S": 1.0, "Raw pixels": 0.0, "Chance": pytest.approx(3 / 23)}
    assert result["queries"] == 24 and result["values"] == 6
    assert "100.00%" in retrieval_text(result, "views")


def test_different_leaves_out_candidates_of_the_querys_own_date():
    result, found = rates(different="date")
    assert found == {"S": 1.0, "Raw pixels": 1.0, "Chance": pytest.approx(3 / 18)}
    assert "of another date" in retrieval_text(result, "views")


def test_queries_without_a_partner_do_not_count():
    found = retrieval.nearest_matches(np.eye(4), np.array([0, 1, 1, 2]))
    assert found["queries"] == 2
    assert found["chance"] == pytest.approx(1 / 3)
    _, limited = rates(limit=9)
    assert limited["S"] == 1.0
    with pytest.raises(DataError, match="share a place. Received: none"):
        rates(limit=1)


def test_the_factor_must_be_known():
    with pytest.raises(DataError, match="one of place, date. Received: month"):
        retrieval.retrieve({}, Views(), "x", "month")
    assert retrieval.default_factor(Views.domains[0]) == "place"
    with pytest.raises(DataError, match="images of x must have labels"):
        retrieval.default_factor(Domain("x", "views", (), ()))


def test_images_that_are_not_scored_are_neither_queries_nor_candidates():
    vectors = np.array([[0.0], [0.1], [1.0], [1.1], [0.05], [1.05]])
    labels = np.array([0, 0, 1, 1, -1, -1])
    counts = retrieval.nearest_matches(vectors, labels)
    assert counts == retrieval.nearest_matches(vectors[:4], labels[:4])
    assert (counts["queries"], counts["hits"]) == (4, 4)
    none = retrieval.nearest_matches(vectors, np.full(6, -1))
    assert none == {"hits": 0, "queries": 0, "accuracy": 0.0, "chance": 0.0}


def test_images_whose_other_factor_is_not_scored_do_not_count():
    """Whether they are of another date is not known."""
    vectors, labels = np.arange(5.0)[:, None], np.zeros(5, int)
    dates = np.array([0, 1, 0, -1, -1])
    counts = retrieval.nearest_matches(vectors, labels, dates)
    assert counts == retrieval.nearest_matches(vectors[:3], labels[:3], dates[:3])
    assert counts["queries"] == 3


@pytest.mark.parametrize("unscored", [slice(0, 0), slice(0, 12), slice(1, None, 2)])
def test_what_is_not_scored_is_no_value(unscored):
    class Views(globals()["Views"]):
        def labelled(self, domain, split, batch_size):
            for images, labels in super().labelled(domain, split, batch_size):
                place = labels["place"].copy()
                place[unscored] = -1
                yield images, {**labels, "place": place}

    views = Views()
    labels = np.concatenate(
        [labels["place"] for _, labels in views.labelled("x", "test", 10)]
    )
    result = retrieval.retrieve({"S": place_only}, views, "x", "place")
    assert result["values"] == len(set(labels[labels >= 0]))
    assert result["queries"] <= (labels >= 0).sum()
    assert result["images"] == len(labels)
