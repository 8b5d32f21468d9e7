"""What runs took, beside each other."""

import json
import types

import pytest

from tfmi import recipes
from tfmi.experiments import costs
from tfmi.training import memory

RECIPE = recipes.find("colored-mnist").replace(
    batch_size=10, shared_epochs=2, exclusive_epochs=3
)
OTHER = recipes.find("colored-mnist-vae").replace(batch_size=20, training_epochs=4)


def run(recipe, stages, **config):
    samples = types.SimpleNamespace(num_images={"train": 205, "test": 20})
    return types.SimpleNamespace(
        recipe=recipe, stages=stages, config=config, samples=samples
    )


RUNS = {
    "ours": run(
        RECIPE,
        ("shared", "exclusive"),
        seconds={"shared": 4.0, "exclusive": 12.0},
        parameters={"shared": 1000, "exclusive": 2500},
        peak_memory={"shared": {"process": 3e9}, "exclusive": {"process": 2e9}},
    ),
    "vae": run(
        OTHER,
        ("training",),
        seconds={"training": 6.4},
        parameters={"training": 700},
        peak_memory={"training": {"process": 1e9, "gpu": 5e8}},
    ),
    "older": run(OTHER, ("training",), seconds={"training": 64.0}),
}


def test_times_are_those_of_steps_and_epochs_and_multiples_of_the_first():
    rows = {(row["row"], row["stage"]): row for row in costs.cost_rows(RUNS)}
    assert list(rows) == [
        ("ours", None),
        ("ours", "shared"),
        ("ours", "exclusive"),
        ("vae", None),
        ("older", None),
    ]
    ours, vae = rows["ours", None], rows["vae", None]
    # 20 steps an epoch of ours, 10 of the other's.
    assert (ours["epochs"], ours["steps"], vae["steps"]) == (5, 100, 40)
    assert (ours["step_seconds"], vae["step_seconds"]) == pytest.approx((0.16, 0.16))
    assert (ours["epoch_seconds"], vae["epoch_seconds"]) == pytest.approx((3.2, 1.6))
    assert (ours["epoch_ratio"], vae["epoch_ratio"]) == pytest.approx((1.0, 0.5))
    assert rows["ours", "exclusive"]["epoch_ratio"] == pytest.approx(1.25)
    assert rows["older", None]["epoch_ratio"] == pytest.approx(5.0)
    assert (ours["parameters"], vae["parameters"]) == (3500, 700)
    assert ours["peak_memory"] == {"process": 3e9}


def test_text_and_file(tmp_path):
    text = costs.write(tmp_path, costs.cost_rows(RUNS))
    lines = text.splitlines()[1:]
    assert "peak memory" in lines[0] and "peak GPU memory" in lines[0]
    ours, shared, _, vae, older = (line.split() for line in lines[1:])
    assert ours == ["ours", "5", "100", "160.0", "1.00", "3.2", "1.00"] + [
        *("3,500", "3.00", "GB")
    ]
    assert shared[:2] == ["stage", "shared"]
    assert vae[-5:] == ["700", "1.00", "GB", "0.50", "GB"]
    assert older == ["older", "4", "40", "1600.0", "10.00", "16.0", "5.00"]
    assert len(json.loads((tmp_path / "costs.json").read_text())) == 5


def test_a_run_that_kept_nothing_has_empty_cells():
    (row,) = costs.cost_rows({"old": run(OTHER, ("training",))})
    assert row["epoch_ratio"] is None and row["parameters"] is None
    assert costs.render([row]).splitlines()[-1].split() == ["old", "4", "40"]


def test_peak_memory_is_that_since_the_reset():
    held = bytearray(300_000_000)
    held[::4096] = b"1" * len(held[::4096])
    before = memory.peak()["process"]
    del held
    memory.reset_peak()
    after = memory.peak()["process"]
    assert 0 < after < before - 200_000_000
