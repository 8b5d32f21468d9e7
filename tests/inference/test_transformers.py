"""The encoders as scikit-learn transformers, on ONNX files, without TensorFlow."""

import pickle
import subprocess
import sys
import textwrap

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnx import helper
from onnx import numpy_helper
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from tfmi import ExclusiveEncoder
from tfmi import SharedEncoder
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.inference.transformers import OnnxEncoder

SHAPE = (4, 5, 1)
WEIGHTS = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)


def write_model(path, output="shared"):
    """images, uint8 -> flattened, times WEIGHTS."""
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["floats"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], [output]),
    ]
    graph = helper.make_graph(
        nodes,
        "encoder",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", *SHAPE])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(WEIGHTS, "weights")],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return path


def some_images(count):
    generator = np.random.default_rng(1)
    return generator.integers(0, 256, (count, *SHAPE), dtype=np.uint8)


@pytest.fixture
def path(tmp_path):
    return write_model(tmp_path / "shared.onnx")


def expected(images):
    return images.reshape(len(images), 20).astype(np.float32) @ WEIGHTS


def test_vectors_over_several_batches(path):
    images = some_images(10)
    vectors = SharedEncoder(path, batch_size=3).fit_transform(images)
    np.testing.assert_allclose(vectors, expected(images), rtol=1e-5)
    np.testing.assert_allclose(
        SharedEncoder(path).transform(images[..., 0]), expected(images), rtol=1e-5
    )


def test_no_images_give_vectors_of_their_representations_size(tmp_path, path):
    proto = onnx.load(path)
    other = helper.make_tensor_value_info("exclusive", TensorProto.FLOAT, ["n", 20])
    proto.graph.output.insert(0, other)
    proto.graph.node.append(helper.make_node("Identity", ["flat"], ["exclusive"]))
    onnx.save(proto, tmp_path / "combined.onnx")
    for encoder, size in ((SharedEncoder, 3), (ExclusiveEncoder, 20)):
        vectors = encoder(tmp_path / "combined.onnx").transform(some_images(0))
        assert vectors.shape == (0, size)


def test_in_a_grid_search_over_the_encoder(tmp_path, path):
    exclusive = write_model(tmp_path / "exclusive.onnx", "exclusive")
    images = some_images(40)
    labels = (expected(images)[:, 0] > np.median(expected(images)[:, 0])).astype(int)
    pipeline = make_pipeline(SharedEncoder(path), PCA(2), LogisticRegression())
    encoders = [SharedEncoder(path), ExclusiveEncoder(exclusive)]
    search = GridSearchCV(
        pipeline, {"sharedencoder": encoders, "pca__n_components": [3]}
    )
    assert search.fit(images, labels).best_score_ > 0.7
    restored = pickle.loads(pickle.dumps(search.best_estimator_))
    np.testing.assert_array_equal(restored.predict(images), search.predict(images))


def test_set_params_opens_the_other_file(tmp_path, path):
    encoder = SharedEncoder(path).fit(some_images(2))
    encoder.set_params(path=tmp_path / "none.onnx")
    with pytest.raises(DataError, match="must be an .onnx file or a folder"):
        encoder.transform(some_images(2))


@pytest.mark.parametrize(
    "images",
    [some_images(2).astype(np.float32), some_images(2)[:, :3], np.zeros(3, np.uint8)],
)
def test_images_of_another_type_or_size(path, images):
    with pytest.raises(DataError, match=r"uint8 of shape \(n, 4, 5, 1\). Received"):
        SharedEncoder(path).transform(images)


def test_a_folder_with_an_encoder_a_domain(tmp_path):
    for domain in ("x", "y"):
        write_model(tmp_path / f"shared_{domain}.onnx")
    with pytest.raises(UsageError, match="domain must be x or y"):
        SharedEncoder(tmp_path).transform(some_images(1))
    assert SharedEncoder(tmp_path, "y").transform(some_images(1)).shape == (1, 3)


def test_a_file_that_is_no_model(tmp_path):
    (tmp_path / "shared.onnx").write_bytes(b"not a model")
    with pytest.raises(DataError, match="must be a readable ONNX model"):
        SharedEncoder(tmp_path / "shared.onnx").transform(some_images(1))


def test_the_wrong_representation(path):
    with pytest.raises(DataError, match="must have the output exclusive"):
        ExclusiveEncoder(path).transform(some_images(1))


def test_a_representation_of_any_name(tmp_path):
    write_model(tmp_path / "latent.onnx", "latent")
    encoder = OnnxEncoder(tmp_path, "latent", batch_size=2)
    images = some_images(5)
    np.testing.assert_allclose(encoder.transform(images), expected(images), rtol=1e-5)
    assert clone(encoder).get_params() == encoder.get_params()
    restored = pickle.loads(pickle.dumps(encoder))
    np.testing.assert_array_equal(restored.transform(images), encoder.transform(images))
    with pytest.raises(DataError, match="must be an .onnx file or a folder"):
        encoder.set_params(representation="other").transform(images)


def test_a_clone_of_a_named_form_stays_it(path):
    copy = clone(SharedEncoder(path, batch_size=3))
    assert (type(copy), copy.representation) == (SharedEncoder, "shared")
    assert set(copy.get_params()) == {"path", "domain", "batch_size"}


def test_transformers_do_not_load_tensorflow(path):
    code = f"""
        import sys, numpy, tfmi
        encoder = tfmi.SharedEncoder({str(path)!r})
        assert encoder.transform(numpy.zeros((2, 4, 5, 1), 'uint8')).shape == (2, 3)
        sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras')))
    """
    code = textwrap.dedent(code)
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
