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
