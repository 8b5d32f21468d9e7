import hashlib
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from fake_run import SHAPE
from fake_run import FakeRun
from fake_run import combined_only

from tfmi.errors import DataError
from tfmi.exporting import comparison
from tfmi.exporting import publish
from tfmi.exporting import served_module
from tfmi.exporting.check_export import verify_export
from tfmi.exporting.formats import onnx_file
from tfmi.exporting.formats import saved_model
from tfmi.exporting.serving_model import serving_model
from tfmi.representation import SHARED


def test_all_formats_say_what_keras_says(run, tmp_path):
    import onnx

    published = publish.export_run(run, "all", tmp_path / "out")
    assert len(published) == 6
    assert all(entry["difference"] <= 1e-4 for entry in published)
    target = tmp_path / "out" / "tiny"
    images = run.sample_images("x", 5)
    expected = run.encoders["shared"](images / 127.5 - 1)["vector"].numpy()
    for result in (
        saved_model.FORMAT.run(target / "combined" / "1", [images])[0],
        onnx_file.FORMAT.run(target / "combined.onnx", [images])[0],
    ):
        assert set(result) == {"shared", "exclusive"}
        np.testing.assert_allclose(result["shared"], expected, atol=1e-4)
    properties = onnx.load(target / "shared.onnx").metadata_props
    assert {p.key for p in properties} == {"recipe", "enlarge", "factors", "versions"}
    for name, entry in json.loads((target / "manifest.json").read_text())[
        "files"
    ].items():
        content = (target / name).read_bytes()
        assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert not list(target.glob(".tmp*"))


def test_versions_grow(tmp_path):
    run = FakeRun(tmp_path / "run", representations=(SHARED,))
    for version in ("1", "2"):
        published = publish.export_run(run, "savedmodel", tmp_path)
        assert {entry["path"].name for entry in published} == {version}


def shift_codes_of_onnx(run, monkeypatch, shift):
    """ONNX files say what Keras would say of codes that are moved."""
    convert = onnx_file.convert

    def broken(model, *args):
        vector = run.encoders["shared"].get_layer("vector")
        vector.bias.assign_add(tf.fill([4], shift))
        convert(model, *args)
        vector.bias.assign_sub(tf.fill([4], shift))

    monkeypatch.setattr(onnx_file, "convert", broken)


def test_an_export_that_differs_is_not_published(run, tmp_path, monkeypatch):
    shift_codes_of_onnx(run, monkeypatch, 0.1)
    with pytest.raises(DataError, match="nothing was written"):
        publish.export_run(run, "onnx", tmp_path)
    assert list((tmp_path / "tiny").iterdir()) == []


def test_codes_of_a_few_levels(tmp_path, monkeypatch):
    combined_only(monkeypatch)
    # Of some weights all codes are in one level.
    keras.utils.set_random_seed(1)
    run = FakeRun(tmp_path / "run", levels=3)
    publish.export_run(run, "all,float16,int8", tmp_path)
    images = run.sample_images("x", 50)
    outputs = saved_model.FORMAT.run(tmp_path / "tiny" / "combined" / "1", [images])
    for path in (tmp_path / "tiny").glob("combined*.onnx"):
        outputs += onnx_file.FORMAT.run(path, [images])
    assert len(outputs) == 4
    for codes in outputs:
        levels = set(np.unique(codes["shared"].round(5)))
        assert len(levels) > 1 and levels <= {-1.0, 0.0, 1.0}
    verify_export(tmp_path / "tiny", progress=str)


@pytest.mark.parametrize("distance", [5e-5, 2e-4])
def test_at_a_border_of_two_levels_both_are_right(tmp_path, monkeypatch, distance):
    """Codes this far from a border; ONNX says what is beyond it."""
    run = FakeRun(tmp_path / "run", levels=3, representations=(SHARED,))
    vector = run.encoders["shared"].get_layer("vector")
    vector.kernel.assign(tf.zeros_like(vector.kernel))
    vector.bias.assign(tf.fill([4], np.arctanh(0.5) - distance))
    shift_codes_of_onnx(run, monkeypatch, 2 * distance)
    if distance < 1e-4:
        (entry,) = publish.export_run(run, "onnx", tmp_path)
        codes = onnx_file.FORMAT.run(entry["path"], [run.sample_images("x", 1)])[0]
        np.testing.assert_allclose(codes["shared"], 1)
        assert entry["difference"] < 1e-6
    else:
        with pytest.raises(DataError, match="Received: 1.00e.00 for shared.onnx"):
            publish.export_run(run, "onnx", tmp_path)


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
    with pytest.raises(
        DataError, match="must run in the server's .*Could not find var"
    ):
        saved_model.FORMAT.run(tmp_path / "naive", [np.zeros((1, *SHAPE), np.uint8)])


def test_naive_export_is_not_published(run, tmp_path, monkeypatch):
    """Keras variables are tracked: it loads in Python and fails in the server."""

    def naive(model):
        module = tf.Module()
        module.model = model
        return module

    monkeypatch.setattr(served_module, "ServedModule", naive)
    with pytest.raises(DataError, match="must run in the server's loader"):
        publish.export_run(run, "savedmodel", tmp_path)
    assert list((tmp_path / "tiny").iterdir()) == []


def test_target_that_cannot_be_written(run, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(DataError, match="export folder must be writable"):
        publish.export_run(run, "onnx", tmp_path / "out")


def test_nan_is_a_difference():
    good, bad = {"shared": np.array([[1.0]])}, {"shared": np.array([[np.nan]])}
    expected = [{"shared": np.array([[[1.0]], [[2.0]]])}] * 2
    for received in ([bad, good], [good, bad]):
        difference = comparison.largest_difference(expected, received)
        with pytest.raises(DataError, match="nothing was written"):
            comparison.require_equal(difference, "shared as onnx")


@pytest.mark.parametrize("size, difference", [(0.5, 3e-4), (1.0, 3e-4), (10.0, 3e-5)])
def test_a_large_number_may_differ_by_a_part_of_it(size, difference):
    """Roundings grow with the numbers; small ones are taken as they are."""
    wanted = np.array([[[size, 0.0]], [[-size, 0.25]]])
    received = wanted[0] + [0.0, 3e-4]
    found = comparison.largest_difference([{"a": wanted}], [{"a": received}])
    assert found == pytest.approx(difference)


def test_outputs_of_another_shape_are_refused():
    with pytest.raises(DataError, match="must have the outputs"):
        comparison.largest_difference(
            [{"a": np.zeros((1, 2, 4))}], [{"a": np.zeros((3, 4))}]
        )
