import hashlib
import json
import types

import numpy as np
import pytest
import tensorflow as tf

from tfmi import networks
from tfmi.errors import DataError
from tfmi.export import formats
from tfmi.export import publish
from tfmi.export import verify
from tfmi.export.serving import serving_model

SHAPE = (12, 12, 3)


class FakeRun:
    """What export asks of a run."""

    def __init__(self, path):
        self.path = path
        self.domains = ["x"]
        self.image_shape = SHAPE
        self.factors = {"x": {"shared": {"digit": ["0", "1"]}}}
        self.config = {"versions": {"tfmi": "0"}}
        self.recipe = types.SimpleNamespace(name="tiny", to_dict=lambda: {})
        self.encoders = {
            part: networks.encoder(SHAPE, 4, width=4, name=f"{part}_encoder")
            for part in ("shared", "exclusive")
        }

    def encoder(self, representation, domain):
        return self.encoders[representation]

    def sample_images(self, domain, count):
        generator = np.random.default_rng(1)
        return generator.integers(0, 256, (count, *SHAPE), dtype=np.uint8)


@pytest.fixture
def run(tmp_path):
    return FakeRun(tmp_path / "run")


def test_all_formats_say_what_keras_says(run, tmp_path):
    import onnx

    published = publish.export_run(run, "all", tmp_path / "out")
    assert len(published) == 6
    assert all(entry["difference"] <= 1e-4 for entry in published)
    target = tmp_path / "out" / "tiny"
    images = run.sample_images("x", 5)
    expected = run.encoders["shared"](images / 127.5 - 1)["vector"].numpy()
    for result in (
        formats.run_saved_model(target / "combined" / "1", [images])[0],
        formats.run_onnx(target / "combined.onnx", [images])[0],
    ):
        assert set(result) == {"shared", "exclusive"}
        np.testing.assert_allclose(result["shared"], expected, atol=1e-4)
    properties = onnx.load(target / "shared.onnx").metadata_props
    assert {p.key for p in properties} == {"recipe", "factors", "versions"}
    for name, entry in json.loads((target / "manifest.json").read_text())[
        "files"
    ].items():
        content = (target / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert not list(target.glob(".tmp*"))


def test_versions_grow(run, tmp_path):
    for version in ("1", "2"):
        published = publish.export_run(run, "savedmodel", tmp_path)
        assert {entry["path"].name for entry in published} == {version}


def test_an_export_that_differs_is_not_published(run, tmp_path, monkeypatch):
    write = formats.write_onnx

    def broken(model, *args):
        vector = run.encoders["shared"].get_layer("vector")
        vector.bias.assign_add(tf.fill([4], 0.1))
        write(model, *args)
        vector.bias.assign_sub(tf.fill([4], 0.1))

    monkeypatch.setattr(formats, "write_onnx", broken)
    with pytest.raises(DataError, match="nothing was written"):
        publish.export_run(run, "onnx", tmp_path)
    assert list((tmp_path / "tiny").iterdir()) == []


def test_naive_export_is_caught_by_the_servers_loader(run, tmp_path):
    model = serving_model({"shared": run.encoders["shared"]}, SHAPE)
    module = tf.Module()
    module.model = model

    @tf.function(input_signature=[tf.TensorSpec((None, *SHAPE), tf.uint8)])
    def serve(images):
        return model(images)

    tf.saved_model.save(module, tmp_path / "naive", signatures=serve)
    loaded = tf.saved_model.load(tmp_path / "naive").signatures["serving_default"]
    assert loaded(tf.zeros((1, *SHAPE), tf.uint8))
    with pytest.raises(tf.errors.OpError):
        formats.run_saved_model(tmp_path / "naive", [np.zeros((1, *SHAPE), np.uint8)])


def test_target_that_cannot_be_written(run, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(DataError, match="export folder must be writable"):
        publish.export_run(run, "onnx", tmp_path / "out")


def test_nan_is_a_difference():
    good, bad = {"shared": np.array([1.0])}, {"shared": np.array([np.nan])}
    for received in ([bad, good], [good, bad]):
        difference = verify.largest_difference([good, good], received)
        with pytest.raises(DataError, match="nothing was written"):
            verify.require_equal(difference, "shared as onnx")


def test_outputs_of_another_shape_are_refused():
    with pytest.raises(DataError, match="must have the outputs"):
        verify.largest_difference([{"a": np.zeros(2)}], [{"a": np.zeros(3)}])
