"""An exported ONNX file where TensorFlow is not installed."""

import pathlib
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from PIL import Image

import tfmi

ROOT = pathlib.Path(__file__).parents[2]
SITE = pathlib.Path(np.__file__).parents[1]
TENSORFLOW = ("tensorflow", "keras", "onnx", "tf2onnx")


@pytest.fixture(scope="module")
def images(run):
    return run.sample_images("x", 5)


@pytest.fixture
def python(tmp_path, exported, images):
    """A function that runs code where TensorFlow does not exist.

    The code finds `folder`, the export, and `images`.
    """
    np.save(tmp_path / "images.npy", images)
    start = f"""
        import sys
        sys.path.append({str(tmp_path / "packages")!r})
        import importlib.util, numpy, onnxruntime
        for name in {TENSORFLOW}:
            assert importlib.util.find_spec(name) is None, name
        folder = {str(exported)!r}
        images = numpy.load({str(tmp_path / "images.npy")!r})
    """

    def call(code, link):
        (tmp_path / "packages").mkdir()
        link(tmp_path / "packages")
        code = textwrap.dedent(start) + textwrap.dedent(code)
        # Neither the user's packages nor those of the environment.
        command = [sys.executable, "-I", "-S", "-c", code]
        subprocess.run(command, check=True, cwd=tmp_path)
        return np.load(tmp_path / "vectors.npz")

    return call


def two_packages(packages):
    for name in ("onnxruntime", "numpy", "numpy.libs"):
        if (SITE / name).exists():
            (packages / name).symlink_to(SITE / name)


def all_but_tensorflow(packages):
    for path in SITE.iterdir():
        if path.name not in (*TENSORFLOW, "tfmi"):
            (packages / path.name).symlink_to(path)
    (packages / "tfmi").mkdir()
    for path in pathlib.Path(tfmi.__file__).parent.iterdir():
        (packages / "tfmi" / path.name).symlink_to(path)
    (packages / "tfmi" / "pipelines").symlink_to(ROOT / "pipelines")


def same(run, images, vectors, parts=("shared", "exclusive")):
    for part in parts:
        expected = run.encoders[part](images / 127.5 - 1)["vector"]
        np.testing.assert_allclose(vectors[part], expected, atol=1e-4)


def test_onnxruntime_and_numpy_are_enough(python, run, images):
    code = """
        session = onnxruntime.InferenceSession(folder + "/combined.onnx")
        names = [output.name for output in session.get_outputs()]
        vectors = session.run(names, {"images": images})
        numpy.savez("vectors.npz", **dict(zip(names, vectors)))
    """
    same(run, images, python(code, two_packages))


PIPELINE = """
    import tfmi
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    shared, exclusive = tfmi.SharedEncoder(folder), tfmi.ExclusiveEncoder(folder)
    model = make_pipeline(shared, LogisticRegression())
    assert set(model.fit(images, [0, 0, 0, 1, 1]).predict(images)) <= {0, 1}
    numpy.savez(
        "vectors.npz",
        shared=shared.transform(images),
        exclusive=exclusive.transform(images),
    )
"""


def test_transformers_in_a_pipeline(python, run, images):
    same(run, images, python(PIPELINE, all_but_tensorflow))


def test_embed_command(python, run, images, tmp_path):
    (tmp_path / "images").mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / "images" / f"{index}.png")
    code = """
        from tfmi.cli import cli
        arguments = [folder + "/combined.onnx", "images", "--output", "vectors.npz"]
        cli(["embed", *arguments], standalone_mode=False)
    """
    same(run, images, python(code, all_but_tensorflow))
