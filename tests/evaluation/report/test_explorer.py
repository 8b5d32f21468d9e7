"""What the page knows of a domain."""

import json

import made_results
import numpy as np
import pytest
import report_content as content

from tfmi.errors import DataError
from tfmi.evaluation.report import explorer
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED

pytestmark = pytest.mark.any_versions

SHOWN = content.shown()


@pytest.fixture(scope="module")
def view():
    return explorer.domain_view(SHOWN, content.REPRESENTS)


def test_it_is_plain_data(view):
    assert json.loads(json.dumps(view)) == view
    assert view["queries"] == list(range(content.TEST_IMAGES))
    assert (view["sheet"]["width"], view["sheet"]["height"]) == (12, 12)


def test_neighbours_share_what_they_should(view):
    labels = {f["name"]: np.array(f["labels"]) for f in view["factors"]}
    for name, factor in (("shared", "shape"), ("exclusive", "grey_shade")):
        part = view["representations"][name]
        near = np.array(part["near"])
        assert near.shape == (content.TEST_IMAGES, explorer.NEIGHBOURS)
        assert part["wanted"] == [factor]
        assert part["same"][factor] == 1.0
        assert part["same"]["grey_shade" if name == "shared" else "shape"] < 0.7
        counts = labels[factor] >= 0
        for image in np.flatnonzero(counts):
            others = near[image][counts[near[image]]]
            assert image not in others
            assert (labels[factor][others] == labels[factor][image]).all()


def test_maps_have_a_place_for_each_image(view):
    for part in view["representations"].values():
        for points in part["maps"].values():
            assert np.abs(points).max() <= 1
            assert len(points) == content.TEST_IMAGES
    assert view["representations"]["exclusive"]["size"] == 3
    assert view["representations"]["exclusive"]["symbol"] == "E"


def test_legends_name_what_does_not_count(view):
    shade = view["factors"][1]
    labels = [shade["legend"][place]["label"] for place in shade["places"]]
    assert labels[0] == "not scored"
    assert labels[1] == shade["values"][shade["labels"][1]]


def test_a_representation_without_factors_is_to_share_all():
    domain = Domain("x", "", (content.SHAPE,), ())
    assert explorer.wanted_factors(domain, EXCLUSIVE) == ["shape"]
    assert explorer.wanted_factors(domain, SHARED) == ["shape"]
    place = Factor("place", ("a",))
    domain = Domain("x", "", (content.SHAPE,), (content.SHADE,), (place,))
    assert explorer.wanted_factors(domain, SHARED) == ["place", "shape"]
    every = ["place", "shape", "grey_shade"]
    assert explorer.wanted_factors(domain, made_results.LATENT) == every


def test_what_neighbours_should_share_in_words():
    assert explorer.should_share([made_results.LATENT]) == [
        {"symbol": "Z", "should": "every factor"}
    ]


def test_images_without_factors():
    shown = content.shown(labelled=False)
    view = explorer.domain_view(shown, {SHARED: content.shape_vectors})
    assert view["factors"] == []
    assert view["representations"]["shared"]["wanted"] == []


def test_vectors_of_batches_are_joined(monkeypatch):
    whole = explorer.vectors_of(_pixels, SHOWN.images)
    monkeypatch.setattr(explorer, "BATCH", 7)
    np.testing.assert_array_equal(explorer.vectors_of(_pixels, SHOWN.images), whole)
    assert whole.shape == (content.TEST_IMAGES, 144)
    assert whole.dtype == np.float32


def _pixels(images):
    return images.reshape(len(images), -1) / 255


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_images(count):
    with pytest.raises(DataError, match=f"2 test images .* Received: {count} of x"):
        explorer.domain_view(content.shown(count=count), content.REPRESENTS)


def test_vectors_must_be_finite():
    with pytest.raises(DataError, match="must be finite"):
        explorer.vectors_of(
            lambda images: np.full((len(images), 2), np.nan), SHOWN.images
        )
