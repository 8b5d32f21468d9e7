"""Other methods' runs in the commands that train several runs, and in eurosat, with
stand-ins for probes."""

import json

import numpy as np
import pytest
import sentinel2_data as made
import tensorflow as tf
import tiny
from click.testing import CliRunner
from method_replicas import options

from tfmi import runs
from tfmi.cli import cli
from tfmi.evaluation.measure import probes
from tfmi.evaluation.measure.metrics import jsd
from tfmi.pipelines.eurosat import CLASSES

pytestmark = pytest.mark.filterwarnings("ignore:Even though the")


@pytest.fixture(scope="module", autouse=True)
def eager():
    """A few steps cost less than the graph of one."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(autouse=True)
def quick_scores(monkeypatch):
    """What takes longest and is no method's own: a probe says the first label,
    and two vectors have nothing in common."""

    def accuracy(protocol, train, train_labels, test, test_labels, seed=0):
        assert np.isfinite(train).all() and np.isfinite(test).all()
        return probes.scores(test_labels, np.full_like(test_labels, train_labels[0]))

    def accuracies(jobs):
        return (accuracy(*job) for job in jobs)

    monkeypatch.setattr(probes, "probe_accuracy", accuracy)
    monkeypatch.setattr(probes, "probe_accuracies", accuracies)
    monkeypatch.setattr(jsd, "jsd_information", lambda *vectors, seed: 0.0)


def call(*args):
    result = CliRunner().invoke(cli, [str(arg) for arg in args])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def mnist(tmp_path_factory):
    return tiny.write_mnist(tmp_path_factory.mktemp("data") / "m", train=20, test=20)


@pytest.mark.long
@pytest.mark.parametrize(
    "recipe, setting, values, row",
    [
        ("colored-mnist-vae", "kl_weight", (0, 1), "beta-4"),
        ("colored-mnist-disentangled-ssl", "temperature", (0.1, 0.2), "beta-0"),
    ],
)
def test_sweep_study_and_ablate(tmp_path, mnist, recipe, setting, values, row):
    short = [*options(recipe, epochs=1), "--batch-size", 10]
    common = ["--data-dir", mnist, "--split", "test"]
    flag = "--" + setting.replace("_", "-")
    sweep = tmp_path / "sweep"
    text = ",".join(map(str, values))
    call("sweep", recipe, *short, *common, "--output", sweep, flag, text)
    lines = (sweep / "sweep.md").read_text()
    assert all(f"{setting} {value:g}" in lines for value in values)
    pairs = zip(short[::2], short[1::2], strict=True)
    settings = {name[2:].replace("-", "_"): int(value) for name, value in pairs}
    run = runs.load(next(sweep.glob("*-seed0")))
    stage = run.method.stages[0].name
    study = {"recipe": recipe, "settings": settings, stage: {setting: values}}
    (tmp_path / "knobs.json").write_text(json.dumps(study))
    reused = [part for run in sweep.glob("*-seed0") for part in ("--reuse", run)]
    call("study", tmp_path / "knobs.json", *common, "--output", tmp_path / "s", *reused)
    assert (tmp_path / "s" / "study.md").is_file()
    reused = [
        part for run in (tmp_path / "s").glob("*-seed0") for part in ("--reuse", run)
    ]
    output = tmp_path / "ablate"
    rows = ["--rows", f"baseline,{row}", "--output", output]
    text = call("ablate", recipe, *short, *common, *rows, *reused)
    assert "reused" in text
    assert "Untrained encoder" in (output / "ablation.txt").read_text()


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    return made.write_places(tmp_path_factory.mktemp("places"), places=2)


@pytest.fixture(scope="module")
def eurosat(tmp_path_factory):
    folder = tmp_path_factory.mktemp("eurosat")
    for label, name in enumerate(CLASSES):
        for n in range(5):
            ground = made.ground(64, 64, 13, seed=n) * (1 + label) / 5
            made.write_tiff(folder / name / f"{name}_{n}.tif", ground, None)
    return folder


@pytest.mark.long
@pytest.mark.parametrize(
    "method, symbols",
    [
        ("deep-infomax", ["Z"]),
        ("vae", ["Z"]),
        ("cross-domain", ["S", "pooled S"]),
        ("cross-domain-satellite", ["S", "pooled S"]),
        ("disentangled-ssl", ["S"]),
        ("iiae", ["S"]),
    ],
)
def test_eurosat_is_classified_by_all_that_may_hold_it(
    tmp_path, places, eurosat, method, symbols
):
    recipe = f"sentinel2-{method}"
    data = ["--data-dir", places, "--window", 12, "--stride", 6]
    data += ["--test-fraction", 0.3, "--runs", tmp_path]
    call("train", recipe, *data, *options(recipe, epochs=1), "--batch-size", 16)
    (run,) = tmp_path.iterdir()
    output = call("eurosat", run, "--data-dir", eurosat)
    scores = json.loads((run / "evaluation" / "eurosat.json").read_text())
    rows = [row["row"] for row in scores["rows"]]
    others = ["Raw pixels", "Majority class"]
    untrained = [
        f"Untrained encoder, {s}" if symbols[1:] else "Untrained encoder"
        for s in symbols
    ]
    assert rows == [*symbols, *untrained, *others]
    assert all(symbol in output for symbol in symbols)
    assert all(np.isfinite(row["accuracy"]["strong"]) for row in scores["rows"])
