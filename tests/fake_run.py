"""What export asks of a run, with untrained encoders."""

import types

import numpy as np

from tfmi.models import networks

SHAPE = (12, 12, 3)


class FakeRun:
    def __init__(self, path, shape=SHAPE, levels=0):
        self.path = path
        self.domains = ["x"]
        self.image_shape = shape
        self.factors = {"x": {"shared": {"digit": ["0", "1"]}}}
        self.config = {"versions": {"tfmi": "0"}, "source": "random strokes"}
        self.scores = None
        self.recipe = types.SimpleNamespace(name="tiny", to_dict=lambda: {"seed": 7})
        self.encoders = {
            part: networks.encoder(
                shape, 4, width=4, levels=levels, name=f"{part}_encoder"
            )
            for part in ("shared", "exclusive")
        }

    def encoder(self, representation, domain):
        return self.encoders[representation]

    def sample_images(self, domain, count, split="test"):
        generator = np.random.default_rng(1 if split == "test" else 2)
        return generator.integers(0, 256, (count, *self.image_shape), dtype=np.uint8)
