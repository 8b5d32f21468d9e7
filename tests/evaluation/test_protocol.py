"""What the paper's protocol fixes, and nothing else would notice if it moved."""

import numpy as np
import pytest
import tensorflow as tf

from tfmi import recipes
from tfmi.evaluation.evaluate import evaluate
from tfmi.evaluation.measure import land_use
from tfmi.evaluation.measure.features import labelled_only
from tfmi.evaluation.measure.records import Features
from tfmi.evaluation.measure.records import neighbour_records
from tfmi.experiments.variants import ablation_variants
from tfmi.methods.cross_mi import METHOD
from tfmi.pipelines import shapes3d
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor
from tfmi.pipelines.base import PairDataset
from tfmi.representation import EXCLUSIVE
from tfmi.representation import SHARED


def test_rows_of_the_ablation_leave_out_what_their_names_say():
    assert METHOD.ablations == {
        "non-ssr": ("non-SSR", {"switched": False}),
        "gamma-0": ("gamma = 0", {"l1_weight": 0.0}),
        "alpha-0": ("alpha = 0", {"global_weight": 0.0}),
        "beta-0": ("beta = 0", {"local_weight": 0.0}),
        "alpha-ex-0": ("alpha_ex = 0", {"exclusive_global_weight": 0.0}),
        "beta-ex-0": ("beta_ex = 0", {"exclusive_local_weight": 0.0}),
        "lambda-0": ("lambda = 0", {"adversarial_weight": 0.0}),
    }
    rows = ablation_variants(recipes.find("colored-mnist"))
    judged = {row.key: row.scored for row in rows}
    assert judged.pop("baseline") == ("shared", "exclusive")
    assert judged == {
        key: ("exclusive",) if "ex" in key or key == "lambda-0" else ("shared",)
        for key in METHOD.ablations
    }


def test_geometry_is_what_pairs_of_shapes_share():
    shared, exclusive = (
        [factor.name for factor in factors]
        for factors in (
            shapes3d.DOMAIN.shared_factors,
            shapes3d.DOMAIN.exclusive_factors,
        )
    )
    assert sorted(shared) == ["orientation", "scale", "shape"]
    assert sorted(exclusive) == ["floor_hue", "object_hue", "wall_hue"]
    sizes = {f.name: len(f.values) for f in shapes3d.DOMAIN.factors}
    hues = dict.fromkeys(exclusive, 10)
    assert sizes == {"scale": 8, "shape": 4, "orientation": 15, **hues}


DOMAIN = Domain("x", "points", (Factor("side", ("left", "right")),), ())


def test_neighbours_are_training_images_and_queries_test_images():
    """Two of three test images lie where training images of the other side do."""
    train, test = np.array([[0.0], [1.0]] * 5), np.array([[0.0], [0.0], [0.0]])
    labels = {
        "train": {"side": np.array([0, 1] * 5)},
        "test": {"side": np.array([0, 1, 1])},
    }
    vectors = {"Ours": {"train": train, "test": test}}
    records = neighbour_records(Features(SHARED, DOMAIN, vectors, labels), id)
    accuracies = {
        r.protocol: r.value for r in records if (r.row, r.score) == ("Ours", "accuracy")
    }
    assert accuracies["1-nn l2"] == accuracies["5-nn l2"] == pytest.approx(1 / 3)


def test_land_use_is_scored_on_images_that_no_probe_was_fitted_on():
    """Labels without any rule can be learnt by heart, and not foretold."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (200, 64, 64, 1), dtype=np.uint8)
    labels = np.arange(200) % 4

    def by_heart(batch):
        return np.asarray(batch, np.float32).reshape(len(batch), -1)[:, :64] / 128 - 1

    result = land_use.score({"S": by_heart}, [(images, labels)], ["paper"])
    assert result["rows"][0]["accuracy"]["paper"] < 0.6
    assert result["train"] + result["test"] == 200


class Shades(PairDataset):
    """Images of three of five shades."""

    name, source, image_shape = "shades", "made in the test", (8, 8, 1)
    domains = (
        Domain(
            "x",
            "shades",
            (Factor("half", ("left", "right")),),
            (Factor("shade", tuple("abcde")),),
        ),
    )

    def num_images(self, split):
        return 120

    def pairs(self, batch_size, seed, first_step, steps, split="train"):
        raise NotImplementedError

    def labelled(self, domain, split, batch_size, seed=0):
        half, shade = np.arange(120) % 2, 2 * (np.arange(120) % 3)
        images = np.zeros((120, 8, 8, 1), np.uint8)
        images[:, 0, 0, 0], images[:, 1, 0, 0] = 100 * half, 50 * shade
        labels = {"half": half, "shade": shade}
        return tf.data.Dataset.from_tensor_slices((images, labels)).batch(batch_size)


def test_chance_is_over_the_values_that_occur():
    def nothing(images):
        return np.zeros((len(images), 2), np.float32)

    rows = {(SHARED, "x"): nothing, (EXCLUSIVE, "x"): nothing}
    options = {"protocols": ("paper",), "limit": 100, "metrics": False, "progress": id}
    scores = evaluate(rows, Shades(), **options)
    ideal = {"half": 1.0, "shade": pytest.approx(1 / 3)}
    assert scores.ideal("shared", "x") == ideal
    assert scores.ideal("exclusive", "x") == {"half": 0.5, "shade": 1.0}
    assert scores.about["limit"] == 100


def test_images_that_do_not_count_are_left_out():
    vectors, labels = labelled_only(np.eye(3), np.array([4, -1, 0]))
    assert labels.tolist() == [4, 0]
    assert (vectors == np.eye(3)[[0, 2]]).all()
