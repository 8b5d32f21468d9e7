"""ONNX files: opsets, metadata, int8 and float16 with their measured change."""

import json

import keras
import numpy as np
import onnx
import pytest
from click.testing import CliRunner
from fake_run import SHAPE

from tfmi.cli import cli
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.exporting import publish
from tfmi.exporting.formats import onnx_compression
from tfmi.exporting.formats import onnx_file
from tfmi.exporting.serving_model import serving_model


@pytest.fixture(scope="module")
def model(run):
    return serving_model({"shared": run.encoders["shared"]}, SHAPE)


@pytest.mark.parametrize("opset", [13, 18])
def test_opset(model, tmp_path, opset):
    path = tmp_path / "m.onnx"
    onnx_file.convert(model, path, opset, {"recipe": "tiny"})
    proto = onnx.load(path)
    assert {o.domain: o.version for o in proto.opset_import}[""] == opset
    (image,), (output,) = proto.graph.input, proto.graph.output
    assert (image.name, output.name) == ("images", "shared")
    dims = image.type.tensor_type.shape.dim
    assert not dims[0].HasField("dim_value")
    assert [d.dim_value for d in dims[1:]] == list(SHAPE)
    for batch in (0, 1, 7):
        images = np.zeros((batch, *SHAPE), np.uint8)
        assert onnx_file.FORMAT.run(path, [images])[0]["shared"].shape == (batch, 4)


@pytest.mark.parametrize("opset", [12, 99, -1])
def test_opset_that_tf2onnx_cannot_write(run, tmp_path, opset):
    with pytest.raises(UsageError, match=f"13 to .*Received: {opset}"):
        publish.export_run(run, "onnx", tmp_path, opset=opset)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["int8", "float16"])
def test_smaller_files_need_onnx(run, tmp_path, kind):
    with pytest.raises(UsageError, match=f"{kind} must go with the format onnx"):
        publish.export_run(run, ("savedmodel", kind), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_kind_of_quantization(run, tmp_path):
    with pytest.raises(UsageError, match="must be all or among savedmodel, onnx"):
        publish.export_run(run, "onnx,int4", tmp_path)
    result = CliRunner().invoke(cli, ["export", "--quantize", "int4"])
    assert result.exit_code == 2
    assert "'int4' is not 'int8'" in result.output


def weight_bytes(path):
    tensors = onnx.load(path).graph.initializer
    return sum(onnx.numpy_helper.to_array(tensor).nbytes for tensor in tensors)


def test_smaller_files_stand_beside_with_their_change(exported):
    manifest = json.loads((exported / "manifest.json").read_text())
    models = manifest["exports"]["combined/1"]["models"]
    assert set(models) == {
        "combined/1",
        "combined.onnx",
        "combined.int8.onnx",
        "combined.float16.onnx",
    }
    assert weight_bytes(exported / "combined.onnx") > 2 * weight_bytes(
        exported / "combined.int8.onnx"
    )
    for kind in ("int8", "float16"):
        name = f"combined.{kind}.onnx"
        assert onnx_file.properties(exported / name)["precision"] == kind
        change = models[name]["change"]
        assert 0 < change["outputs"]["mean"] <= change["outputs"]["largest"] < 1
        assert change["probes"]["shared"]["digit"] == {"before": 0.5, "after": 0.25}


def test_int8_vectors_do_not_depend_on_the_rest_of_the_batch(run, exported):
    images = run.sample_images("x", 6)
    whole, first = onnx_file.FORMAT.run(
        exported / "combined.int8.onnx", [images, images[:1]]
    )
    for name, vectors in whole.items():
        np.testing.assert_allclose(vectors[:1], first[name], atol=1e-6)


def test_int8_convolutions_compute_in_int8(exported):
    """Each but those of the images takes quantized weights and activations."""
    graph = onnx.load(exported / "combined.int8.onnx").graph
    made_by = {name: node for node in graph.node for name in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    quantized = [
        all(
            name in made_by and made_by[name].op_type == "DequantizeLinear"
            for name in node.input[:2]
        )
        for node in convolutions
    ]
    first = onnx_compression.first_products(graph)
    assert len(first) == 2
    assert quantized == [node.name not in first for node in convolutions]


def converted(encoder, path):
    """The ONNX file of a Keras model from images to vectors."""
    outputs = keras.Model(encoder.inputs, {"vector": encoder.outputs[0]})
    onnx_file.convert(serving_model({"shared": outputs}, SHAPE), path, 17, {})
    return path


def pages(count):
    """White pages with a few dark points: uint8 `(count, *SHAPE)`."""
    generator = np.random.default_rng(0)
    ink = generator.random((count, *SHAPE[:2], 1)) < 0.02
    return np.broadcast_to(np.where(ink, 0, 255), (count, *SHAPE)).astype(np.uint8)


def test_int8_of_images_that_are_nearly_all_white(tmp_path):
    """What tells such images apart is more than what int8 changes."""
    initializer = keras.initializers.RandomNormal(seed=0)
    encoder = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(64, 5, kernel_initializer=initializer),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.Conv2D(8, 3, kernel_initializer=initializer),
            keras.layers.GlobalAveragePooling2D(),
        ]
    )
    _, normalization, *_ = encoder.layers
    images, path = pages(64), tmp_path / "m.int8.onnx"
    # As training leaves it: a channel says how it differs from what it mostly says.
    maps = encoder.layers[0](images / np.float32(127.5) - 1)
    normalization.moving_mean.assign(np.mean(maps, (0, 1, 2)))
    normalization.moving_variance.assign(np.var(maps, (0, 1, 2)))
    source = converted(encoder, tmp_path / "m.onnx")
    onnx_compression.write_int8(source, path, images)
    exact, rounded = (
        onnx_file.FORMAT.run(file, [images])[0]["shared"] for file in (source, path)
    )
    error = np.sqrt(np.mean((rounded - exact) ** 2))
    assert error < 0.1 * exact.std(axis=0).mean()


def test_products_of_few_weights_stay_in_float32(tmp_path):
    encoder = keras.Sequential(
        [
            keras.Input(SHAPE),
            *(keras.layers.Conv2D(n, 3, padding="same") for n in (4, 16, 64)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(100),
            keras.layers.Dense(3),
        ]
    )
    source, path = converted(encoder, tmp_path / "m.onnx"), tmp_path / "m.int8.onnx"
    onnx_compression.write_int8(source, path, pages(8))
    kinds = {onnx.TensorProto.INT8: "int8", onnx.TensorProto.FLOAT: "float32"}
    sizes = {
        np.prod(weights.dims): kinds[weights.data_type]
        for weights in onnx.load(path).graph.initializer
        if len(weights.dims) > 1
    }
    assert sizes == {
        3 * 3 * 3 * 4: "float32",
        3 * 3 * 4 * 16: "float32",
        3 * 3 * 16 * 64: "int8",
        64 * 100: "int8",
        100 * 3: "float32",
    }


def test_the_only_products_are_quantized(tmp_path):
    encoder = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    source, path = converted(encoder, tmp_path / "m.onnx"), tmp_path / "m.int8.onnx"
    onnx_compression.write_int8(source, path, pages(8))
    assert weight_bytes(source) > 2 * weight_bytes(path)


def test_int8_leaves_no_other_file(run, model, tmp_path):
    source, path = tmp_path / "m.onnx", tmp_path / "m.int8.onnx"
    onnx_file.convert(model, source, 17, {})
    onnx_compression.write_int8(source, path, run.sample_images("x", 32, "train"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.int8.onnx", "m.onnx"]


def test_float16_that_overflows_is_not_published(run, tmp_path, monkeypatch):
    def broken(source, path, write=onnx_compression.write_float16):
        write(source, path)
        proto = onnx.load(path)
        for tensor in proto.graph.initializer:
            if tensor.data_type == onnx.TensorProto.FLOAT16:
                value = onnx.numpy_helper.to_array(tensor)
                tensor.CopyFrom(
                    onnx.numpy_helper.from_array(
                        np.full_like(value, np.inf), tensor.name
                    )
                )
        onnx_file.save(proto, path, {})

    monkeypatch.setattr(onnx_compression, "write_float16", broken)
    with pytest.raises(DataError, match="nothing was written"):
        publish.export_run(run, "onnx,float16", tmp_path)
    assert list((tmp_path / "tiny").iterdir()) == []
