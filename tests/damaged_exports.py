"""Files of exports and models, to be damaged by Hypothesis (`damage`)."""

import functools
import io
import json
import pathlib
import tempfile

import keras
import numpy as np
import onnx
import tensorflow as tf
from damage import Reader

from tfmi.exporting import manifest
from tfmi.exporting import reference
from tfmi.exporting import server_session
from tfmi.exporting.onnx_session import OnnxSession
from tfmi.models import saving

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 1), dtype=np.uint8)


def values(arrays):
    return {
        name: (str(a.dtype), a.shape, a.tobytes()) for name, a in sorted(arrays.items())
    }


def make_manifest():
    tensors = {"images": {"dtype": "uint8", "shape": [None, 4, 4, 1]}}
    names = ["shared.onnx", "cards/shared-1.md", "references/shared-1.npz"]
    files = {n: {"sha256": "0" * 64, "bytes": 7, "export": "shared/1"} for n in names}
    model = {"kind": "onnx", "differences": {"onnx": 0.0}, "tolerance": 1e-4}
    export = {
        "encoder": "shared",
        "version": 1,
        "name": "halves-shared",
        "domain": "x",
        "enlarge": True,
        "image_shape": [4, 4, 1],
        "outputs": {"shared": 2},
        "card": names[1],
        "reference": names[2],
        "signatures": {"ONNX": {"inputs": tensors, "outputs": {}}},
        "models": {names[0]: model},
    }
    content = {"format": 1, "files": files, "exports": {"shared/1": export}}
    return json.dumps(content, indent=2).encode()


def make_reference():
    stream = io.BytesIO()
    outputs = np.ones((1, len(IMAGES), 2), np.float32)
    files = np.array([b"file %d" % n for n in range(len(IMAGES))])
    inputs = {"images": IMAGES, "files": files}
    reference.save(stream, inputs | {f"{kind}/shared": outputs for kind in inputs})
    return stream.getvalue()


def make_onnx():
    """Two sums of the pixels of each image."""
    helper, kinds = onnx.helper, onnx.TensorProto
    images = helper.make_tensor_value_info("images", kinds.UINT8, [None, 4, 4, 1])
    shared = helper.make_tensor_value_info("shared", kinds.FLOAT, [None, 2])
    weights = np.arange(32, dtype=np.float32).reshape(16, 2)
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=kinds.FLOAT),
        helper.make_node("Flatten", ["floats"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weights"], ["shared"]),
    ]
    weights = onnx.numpy_helper.from_array(weights, "weights")
    graph = helper.make_graph(nodes, "sums", [images], [shared], [weights])
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(
        graph, opset_imports=opset, ir_version=8
    ).SerializeToString()


@functools.cache
def saved_model():
    """As the ONNX file, with its weights in the graph: `{path: content}`."""
    weights = tf.constant(np.arange(32, dtype=np.float32).reshape(16, 2))

    @tf.function(input_signature=[tf.TensorSpec((None, 4, 4, 1), tf.uint8, "images")])
    def serve(images):
        flat = tf.reshape(tf.cast(images, tf.float32), (-1, 16))
        return {"shared": tf.matmul(flat, weights)}

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        tf.saved_model.save(tf.Module(), str(folder), signatures=serve)
        files = [path for path in folder.rglob("*") if path.is_file()]
        return {path.relative_to(folder): path.read_bytes() for path in files}


def make_saved_model():
    return saved_model()[pathlib.Path("saved_model.pb")]


def run_saved_model(path):
    for name, content in saved_model().items():
        if name.parent.name == "variables":
            (path.parent / name.parent).mkdir(exist_ok=True)
            (path.parent / name).write_bytes(content)
    with server_session.loaded(path.parent) as (call, _):
        with server_session.one_line_of_errors(path):
            return values(call("serving_default", IMAGES))


def make_keras():
    images = keras.Input((4, 4, 1))
    vector = keras.layers.Dense(2)(keras.layers.Flatten()(images))
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.keras"
        keras.Model(images, vector).save(path)
        return path.read_bytes()


def read_keras(path):
    model = saving.load_model(path)
    return [w.numpy().tobytes() for w in model.weights]


READERS = {
    "manifest of an export": Reader(
        "manifest.json", make_manifest, lambda path: manifest.read(path.parent)
    ),
    "reference": Reader(
        "shared-1.npz",
        make_reference,
        lambda path: values(reference.load(path)),
        checked=True,
    ),
    "onnx": Reader(
        "shared.onnx", make_onnx, lambda path: values(OnnxSession(path)(IMAGES))
    ),
    "keras": Reader("model.keras", make_keras, read_keras, checked=True),
    "saved model": Reader("saved_model.pb", make_saved_model, run_saved_model),
}
