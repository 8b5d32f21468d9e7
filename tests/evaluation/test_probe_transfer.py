"""The probe that scores a replaced encoder."""

import numpy as np
import pytest

from tfmi.evaluation.measure.probe_transfer import ProbeTransfer
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED


class Dataset:
    """200 images whose first pixel tells the digit and whose second the colour."""

    domains = (Domain("x", "", (Factor("digit", "01"),), (Factor("color", "01"),)),)

    def labelled(self, domain, split, batch_size):
        generator = np.random.default_rng(split == "train")
        labels = generator.integers(0, 2, (400, 2))
        images = 200 * labels.astype(np.uint8)
        for part in (slice(0, 300), slice(300, 400)):
            yield images[part], {"digit": labels[part, 0], "color": labels[part, 1]}


def parts(images):
    vectors = images.astype("float32") + np.random.default_rng(0).random(images.shape)
    return {"shared": vectors[:, :1], "exclusive": vectors}


def test_an_encoder_that_changes_nothing_costs_nothing():
    scores = ProbeTransfer(Dataset(), (SHARED, EXCLUSIVE))("x", parts, parts)
    assert scores == {
        "shared": {"digit": {"before": 1.0, "after": 1.0}},
        "exclusive": {"color": {"before": 1.0, "after": 1.0}},
    }


def test_the_probe_stays_and_the_encoder_is_replaced():
    def blind(images):
        return {
            "shared": 0 * parts(images)["shared"],
            "exclusive": parts(images)["exclusive"],
        }

    scores = ProbeTransfer(Dataset(), (SHARED, EXCLUSIVE))("x", parts, blind)
    assert scores["shared"]["digit"]["before"] == 1.0
    assert 0.3 < scores["shared"]["digit"]["after"] < 0.7
    assert scores["exclusive"]["color"] == {"before": 1.0, "after": 1.0}


class PartlyScored(Dataset):
    """Of every second image the digit is not scored; nor, in a split, any colour."""

    def __init__(self, colorless):
        self.colorless = colorless

    def labelled(self, domain, split, batch_size):
        for images, labels in super().labelled(domain, split, batch_size):
            digit, color = labels["digit"].copy(), labels["color"].copy()
            digit[::2] = -1
            # What is not scored looks like the other value.
            images = images.copy()
            images[::2, 0] = 200 - images[::2, 0]
            color[:] = -1 if split == self.colorless else color
            yield images, {"digit": digit, "color": color}


@pytest.mark.parametrize("colorless", ["train", "test"])
def test_images_that_are_not_scored_do_not_count(colorless):
    dataset = PartlyScored(colorless)
    scores = ProbeTransfer(dataset, (SHARED, EXCLUSIVE))("x", parts, parts)
    assert scores["shared"]["digit"] == {"before": 1.0, "after": 1.0}
    assert scores["exclusive"] == {}
