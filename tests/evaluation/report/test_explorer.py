"""What the page knows of a domain."""

import json
import types

import numpy as np
import pytest
import report_content as content

from tfmi.evaluation.report import explorer
from tfmi.evaluation.report import samples

DATASET = content.Halves()


@pytest.fixture(scope="module")
def view():
    represents = {"shared": content.shape_vectors, "exclusive": content.shade_vectors}
    sample = samples.draw(DATASET, DATASET.domains[0], represents)
    return explorer.domain_view(sample)


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


def test_legends_name_what_does_not_count(view):
    shade = view["factors"][1]
    labels = [shade["legend"][place]["label"] for place in shade["places"]]
    assert labels[0] == "not scored"
    assert labels[1] == shade["values"][shade["labels"][1]]


def test_a_representation_without_factors_is_to_share_all():
    domain = content.domain("x", "")
    domain.exclusive_factors = ()
    assert explorer.wanted_factors(domain, "exclusive") == ["shape", "grey_shade"]
    assert explorer.wanted_factors(domain, "shared") == ["shape"]
    domain.retrieved_factors = (types.SimpleNamespace(name="place"),)
    assert explorer.wanted_factors(domain, "shared") == ["place", "shape"]


def test_images_without_factors():
    dataset = content.Unlabelled()
    represents = {"shared": content.shape_vectors}
    view = explorer.domain_view(samples.draw(dataset, dataset.domains[0], represents))
    assert view["factors"] == []
    assert view["representations"]["shared"]["wanted"] == []
