"""What export asks of a run, with untrained encoders."""

import types

import numpy as np

from tfmi.models import networks
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED

SHAPE = (12, 12, 3)


class FakeRun:
    def __init__(
        self, path, shape=SHAPE, levels=0, representations=(SHARED, EXCLUSIVE)
    ):
        self.path = path
        self.evaluation_folder = path / "evaluation"
        self.domains = ["x"]
        self.image_shape = shape
        self.factors = {"x": {"shared": {"digit": ["0", "1"]}}}
        self.config = {"versions": {"tfmi": "0"}, "source": "random strokes"}
        self.recipe = types.SimpleNamespace(name="tiny", to_dict=lambda: {"seed": 7})
        self.representations = representations
        self.encoders = {
            each.name: networks.encoder(
                shape, 4, width=4, levels=levels, name=f"{each.name}_encoder"
            )
            for each in representations
        }

    def encoder(self, representation, domain):
        return self.encoders[representation]

    def sample_images(self, domain, count, split="test"):
        generator = np.random.default_rng(1 if split == "test" else 2)
        return generator.integers(0, 256, (count, *self.image_shape), dtype=np.uint8)


def combined_only(monkeypatch):
    """Of the encoders of a run only the combined one is exported: it is quicker."""
    from tfmi.exporting import source

    every = source.encoders_of

    def combined(of, wanted=None):
        return every(of, wanted or "combined")

    monkeypatch.setattr(source, "encoders_of", combined)
