"""What a report is made of, small and without training: 12x12 images whose shape is
shared and whose shade is not, and the results of an evaluation of them."""

import types

import numpy as np

SHAPE = types.SimpleNamespace(name="shape", values=("left", "right"))
SHADE = types.SimpleNamespace(name="grey_shade", values=("dark", "middle", "light"))
FACTORS = ("shape", "grey_shade")
TEST_IMAGES = 60


def domain(name, title):
    return types.SimpleNamespace(
        name=name,
        title=title,
        shared_factors=(SHAPE,),
        exclusive_factors=(SHADE,),
        retrieved_factors=(),
        factors=(SHAPE, SHADE),
    )


class Halves:
    """The lit half of an image is its shape, the grey level its shade; every tenth
    image has no shade that counts."""

    name = "halves"
    source = "made <b>in</b> the test"
    image_shape = (12, 12, 1)

    def __init__(self, domains=("x", "y")):
        self.domains = tuple(domain(name, f"domain {name}") for name in domains)

    def num_images(self, split):
        return {"train": 640, "test": TEST_IMAGES}[split]

    def labelled(self, name, split, batch_size, seed=0):
        count = self.num_images(split)
        shape, shade = np.arange(count) % 2, np.arange(count) // 2 % 3
        images = np.zeros((count, 12, 12, 1), np.uint8)
        for image, side, level in zip(images, shape, shade, strict=True):
            image[:, 6 * side : 6 * side + 6] = 80 + 80 * level
        shade[::10] = -1
        for start in range(0, count, batch_size):
            part = slice(start, start + batch_size)
            yield images[part], {"shape": shape[part], "grey_shade": shade[part]}


class Unlabelled(Halves):
    """The same images of one domain, of which no factor is known."""

    def __init__(self):
        super().__init__(("x",))
        (only,) = self.domains
        only.shared_factors = only.exclusive_factors = only.factors = ()

    def labelled(self, name, split, batch_size, seed=0):
        for images, _ in super().labelled(name, split, batch_size, seed):
            yield images, {}


def shape_vectors(images):
    """Two numbers that tell the shape, and a little of the place in the batch."""
    lit = np.asarray(images)[..., 0].max(axis=1) > 0
    return 3.0 * lit[:, [0, 11]] + 1e-3 * np.arange(len(images))[:, None]


def shade_vectors(images):
    level = np.asarray(images).max(axis=(1, 2, 3)) // 80 - 1
    return 3.0 * np.eye(3)[level] + 1e-3 * np.arange(len(images))[:, None]


REPRESENTERS = {
    ("shared", "x"): shape_vectors,
    ("exclusive", "x"): shade_vectors,
    ("shared", "y"): shape_vectors,
    ("exclusive", "y"): shade_vectors,
}
ABOUT = {
    "run": "halves-20260101-000000",
    "path": "runs/halves-20260101-000000",
    "recipe": {"name": "halves", "batch_size": 64, "shared_epochs": 3},
    "defaults": {"name": "halves", "batch_size": 64, "shared_epochs": 5},
    "source": Halves.source,
    "versions": {"python": "3.11", "tfmi": "0.1.0"},
    "precision": "mixed_bfloat16",
    "jit": True,
    "image_shape": (12, 12, 1),
    "images": {"train": 640, "test": TEST_IMAGES},
    "stages": {
        "shared": {"epochs": 3, "steps": 30, "seconds": 62.3},
        "exclusive": {"epochs": 1, "steps": 10, "seconds": 3.0},
    },
}
HISTORIES = {
    "shared": {
        "l1": [(1, 2.0), (2, 1.5), (3, 1.25)],
        "loss": [(1, 9.0), (2, 7.0), (3, 6.5)],
        "val_loss": [(1, 9.5), (2, 8.0), (3, 7.5)],
    },
    "exclusive": {"loss": [(1, 4.0)], "discriminator": [(1, 2.7)]},
}


def _row(name, shape, shade, ideal, source=None, **more):
    accuracies = dict(zip(FACTORS, (shape, shade), strict=True))
    distance = abs(shape - ideal[0]) + abs(shade - ideal[1])
    row = {"row": name, "source": source, "accuracies": accuracies}
    return {**row, "distance": distance, **more}


def _rows(representation):
    ideal = (1.0, 1 / 3) if representation == "shared" else (0.5, 1.0)
    spread = {"deviations": {"shape": 0.011, "grey_shade": None}}
    return [
        _row("Ideal", *ideal, ideal),
        _row("Paper", 0.9, 0.4, ideal, "Table 1"),
        _row("Ours", 0.75, 0.5, ideal, distance_deviation=0.02, **spread),
        _row("Untrained encoder", 0.6, 0.6, ideal),
        _row("Majority class", 0.5, 0.3, ideal),
    ]


def _table(representation, name, title, rows, **more):
    where = {"representation": representation, "domain": name, "title": title}
    return {**where, "rows": rows, **more}


PARTS = [(r, d) for d in "xy" for r in ("shared", "exclusive")]
BLOCK = dict.fromkeys(("mig", "disentanglement", "completeness"), 0.5)
BLOCK |= {"informativeness": 0.75, "sap": 0.25}


def _apart(name):
    held = {
        "shared": {"shape": 0.9, "grey_shade": 0.1},
        "exclusive": {"shape": 0.0, "grey_shade": 1.0},
    }
    estimate = {"measured": -1e-9, "independent": 0.01, "copied": 2.0}
    return {
        "title": f"S and E of {name}, disentanglement",
        "domain": name,
        "protocol": "strong",
        "rows": [{"row": "Ours", **BLOCK, "distance": 0.5, "information": held}],
        "mutual_information": [{"estimator": "ksg", "unit": "nats", **estimate}],
        "dimensions": {**BLOCK, "factor_vae": 0.625} if name == "x" else None,
    }


RESULTS = {
    "disentanglement": [_apart("x"), _apart("y")],
    "protocols": {"paper": "16 units", "strong": "256 units"},
    "tables": [
        _table(r, d, f"{r} of {d}, {protocol}", _rows(r), protocol=protocol)
        for r, d in PARTS
        for protocol in ("paper", "strong")
    ],
    "neighbours": [
        _table(
            r,
            d,
            f"{r} of {d}, nearest neighbours by {metric}",
            [
                _rows(r)[0],
                _row("Ours, N = 1", 0.7, 0.5, (1.0, 1 / 3)),
                _row("Ours, N = 5", 0.8, 0.5, (1.0, 1 / 3)),
            ],
            metric=metric,
        )
        for r, d in PARTS
        for metric in ("l2", "cosine")
    ],
}
TENSORS = {
    "images": {"images": {"dtype": "uint8", "shape": [None, 12, 12, 1]}},
    "files": {"image_bytes": {"dtype": "string", "shape": [None]}},
    "vectors": {"shared": {"dtype": "float32", "shape": [None, 2]}},
}
EXPORT = {
    "name": "halves-shared_x",
    "encoder": "shared_x",
    "version": 2,
    "image_shape": [12, 12, 1],
    "signatures": {
        "serving_default": {
            "inputs": TENSORS["images"],
            "outputs": TENSORS["vectors"],
        },
        "encoded": {"inputs": TENSORS["files"], "outputs": TENSORS["vectors"]},
    },
    "models": {
        "shared_x/2": {"kind": "savedmodel"},
        "shared_x.onnx": {"kind": "onnx"},
    },
}
EXPORTS = {"folder": "exported/halves", "entries": [EXPORT]}
NO_EXPORTS = {"folder": "exported/halves", "entries": []}
