"""What a report is made of, small and without training: 12x12 images whose shape is
shared and whose shade is not, and the results of an evaluation of them."""

import types

import numpy as np

from tfmi import recipes
from tfmi.evaluation.results import ACCURACY
from tfmi.evaluation.results import BALANCED
from tfmi.evaluation.results import INFORMATION
from tfmi.evaluation.results import MAJORITY
from tfmi.evaluation.results import OURS
from tfmi.evaluation.results import UNTRAINED
from tfmi.evaluation.results import Record
from tfmi.evaluation.results import Results
from tfmi.evaluation.tables import paper
from tfmi.methods.cross_mi import METHOD
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED
from tfmi.runs.samples import Samples
from tfmi.runs.samples import Shown

SHAPE = Factor("shape", ("left", "right"))
SHADE = Factor("grey_shade", ("dark", "middle", "light"))
TEST_IMAGES = 60
SOURCE = "made <b>in</b> the test"


def shown(name="x", labelled=True, count=TEST_IMAGES):
    """Images whose lit half is their shape, the grey level their shade; every tenth
    has no shade that counts."""
    shape, shade = np.arange(count) % 2, np.arange(count) // 2 % 3
    images = np.zeros((count, 12, 12, 1), np.uint8)
    for image, side, level in zip(images, shape, shade, strict=True):
        image[:, 6 * side : 6 * side + 6] = 80 + 80 * level
    shade[::10] = -1
    if not labelled:
        return Shown(Domain(name, f"domain {name}", (), ()), images, {})
    domain = Domain(name, f"domain {name}", (SHAPE,), (SHADE,))
    return Shown(domain, images, {"shape": shape, "grey_shade": shade})


def shape_vectors(images):
    """Two numbers that tell the shape, and a little of the place in the batch."""
    lit = np.asarray(images)[..., 0].max(axis=1) > 0
    return 3.0 * lit[:, [0, 11]] + 1e-3 * np.arange(len(images))[:, None]


def shade_vectors(images):
    level = np.asarray(images).max(axis=(1, 2, 3)) // 80 - 1
    return 3.0 * np.eye(3)[level] + 1e-3 * np.arange(len(images))[:, None]


VECTORS = {"shared": shape_vectors, "exclusive": shade_vectors}
REPRESENTS = {SHARED: shape_vectors, EXCLUSIVE: shade_vectors}
HISTORIES = {
    "shared": "epoch,l1,loss,val_loss\n0,2.0,9.0,9.5\n1,1.5,7.0,8.0\n2,1.25,6.5,7.5\n",
    "exclusive": "epoch,loss,discriminator\n0,4.0,2.7\n",
}


def run(folder, domains="xy", labelled=True, histories=HISTORIES, **changes):
    """What a report asks of a run; its histories are written into its folder."""
    path = folder / "halves-20260101-000000"
    path.mkdir(exist_ok=True)
    for stage, text in histories.items():
        (path / f"{stage}.csv").write_text(text)
    recipe = recipes.find("colored-mnist").replace(
        name="halves", shared_epochs=3, exclusive_epochs=1
    )
    every = tuple(shown(name, labelled) for name in domains)
    parts = {
        "path": path,
        "report_file": path / "report.html",
        "evaluation_folder": path / "evaluation",
        "config": {
            "source": SOURCE,
            "versions": {"python": "3.11", "tfmi": "0.1.0"},
            "precision": "mixed_bfloat16",
            "jit": True,
            "seconds": {"shared": 62.3, "exclusive": 3.0},
        },
        "recipe": recipe,
        "method": METHOD,
        "stages": ("shared", "exclusive"),
        "representations": (SHARED, EXCLUSIVE),
        "domains": list(domains),
        "channels": (),
        "image_shape": (12, 12, 1),
        "samples": Samples({}, every, {"train": 640, "test": TEST_IMAGES}),
        "represent": lambda representation, domain: VECTORS[representation],
        "history_file": lambda stage: path / f"{stage}.csv",
        "stage_folder": lambda stage: path / stage,
    }
    return types.SimpleNamespace(**{**parts, **changes})


PARTS = [(r.name, d) for d in "xy" for r in (SHARED, EXCLUSIVE)]
HELD = {"shared": (0.9, 0.1), "exclusive": (0.0, 1.0)}
BLOCK = dict.fromkeys(("mig", "disentanglement", "completeness"), 0.5)
BLOCK |= {"informativeness": 0.75, "sap": 0.25}
SPREAD = 0.011 / 2**0.5
paper.PUBLISHED["halves"] = dict.fromkeys(
    PARTS, ("Table 1", {"shape": 0.9, "grey_shade": 0.4})
)


def _scored(row, part, protocol, seed, accuracies, information=(0.0, 0.0)):
    for factor, accuracy, held in zip(
        ("shape", "grey_shade"), accuracies, information, strict=True
    ):
        where = row, *part, protocol, seed, factor
        yield Record(*where, ACCURACY, accuracy)
        yield Record(*where, BALANCED, accuracy)
        yield Record(*where, INFORMATION, held)


def _probed(part, protocol):
    for seed, sign in ((0, -1), (1, 1)):
        accuracies = 0.75 + sign * SPREAD, 0.5
        yield from _scored(OURS, part, protocol, seed, accuracies, HELD[part[0]])
    yield from _scored(UNTRAINED, part, protocol, 0, (0.6, 0.6))
    yield from _scored(MAJORITY, part, protocol, None, (0.5, 0.3))


def _retrieved(part, metric):
    yield from _scored(OURS, part, f"1-nn {metric}", None, (0.7, 0.5))
    yield from _scored(OURS, part, f"5-nn {metric}", None, (0.8, 0.5))


def _apart(domain):
    estimate = {"measured": -1e-9, "independent": 0.01, "copied": 2.0}
    protocols = {"strong": BLOCK, "ksg": estimate}
    # Of the single dimensions of y nothing is known.
    protocols |= {"dimensions": {**BLOCK, "factor_vae": 0.625}} if domain == "x" else {}
    for protocol, scores in protocols.items():
        where = OURS, "shared+exclusive", domain, protocol, None, None
        yield from (Record(*where, score, value) for score, value in scores.items())


RECORDS = [
    *(r for p in PARTS for name in ("paper", "strong") for r in _probed(p, name)),
    *(r for p in PARTS for metric in ("l2", "cosine") for r in _retrieved(p, metric)),
    *(r for domain in "xy" for r in _apart(domain)),
]
FACTORS = {
    "shape": {"values": 2, "kind": "shared"},
    "grey_shade": {"values": 3, "kind": "exclusive"},
}
RESULTS = Results(
    {
        "dataset": "halves",
        "source": SOURCE,
        "row": OURS,
        "probes": ["paper", "strong"],
        "protocols": {"paper": "16 units", "strong": "256 units"},
        "units": {"jsd": "bits", "ksg": "nats"},
        "representations": {
            r.name: {"symbol": r.symbol, "holds": r.holds} for r in (SHARED, EXCLUSIVE)
        },
        "domains": {d: {"title": f"domain {d}", "factors": FACTORS} for d in "xy"},
    },
    RECORDS,
)


def without(**wanted):
    """The results without the records that have these values."""
    left_out = RESULTS.select(**wanted)
    return Results(RESULTS.about, [r for r in RECORDS if r not in left_out])


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
