"""The files that are distributed, installed where there is no TensorFlow."""

import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

import numpy as np
import pytest
from fake_run import FakeRun
from fake_run import combined_only
from PIL import Image

from tfmi.exporting import publish

ROOT = pathlib.Path(__file__).parents[1]
PARTS = """tfmi pipelines LICENSE README.md MANIFEST.in CITATION.cff CHANGELOG.md
    CONTRIBUTING.md setup.cfg pyproject.toml""".split()
USE = """
import numpy, tfmi
images = numpy.load("images.npy")
numpy.save("vectors.npy", tfmi.SharedEncoder("combined.onnx").transform(images))
try:
    tfmi.SharedModel
except ImportError as error:
    assert "tensorflow must be installed" in str(error) or "keras" in str(error), error
else:
    raise SystemExit("tfmi.SharedModel without TensorFlow")
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Paths of the sdist and of the wheel that is made from it."""
    source = tmp_path_factory.mktemp("source")
    for name in PARTS:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--outdir", source / "dist", source]
    subprocess.run(command, check=True, capture_output=True)
    (sdist,) = (source / "dist").glob("*.tar.gz")
    (wheel,) = (source / "dist").glob("*.whl")
    return {"sdist": sdist, "wheel": wheel}


@pytest.mark.new_venv
def test_every_module_is_in_the_wheel(built):
    names = set(zipfile.ZipFile(built["wheel"]).namelist())
    for folder, root in (
        (ROOT / "tfmi", "tfmi"),
        (ROOT / "pipelines", "tfmi/pipelines"),
    ):
        for path in folder.rglob("*"):
            if path.suffix in (".py", ".pyi", ".typed", ".jinja", ".css", ".js"):
                assert f"{root}/{path.relative_to(folder)}" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    with tarfile.open(built["sdist"]) as archive:
        assert any(name.endswith("/CITATION.cff") for name in archive.getnames())


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A folder with an ONNX file, images, and what Keras says of them."""
    folder = tmp_path_factory.mktemp("exported")
    run = FakeRun(folder / "run")
    with pytest.MonkeyPatch.context() as patch:
        combined_only(patch)
        publish.export_run(run, "onnx", folder)
    shutil.copy(folder / "tiny" / "combined.onnx", folder)
    images = run.sample_images("x", 5)
    np.save(folder / "images.npy", images)
    expected = run.encoders["shared"](images / 127.5 - 1)["vector"].numpy()
    return folder, expected


@pytest.mark.new_venv
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_it_embeds_without_tensorflow(built, exported, tmp_path, kind):
    folder, expected = exported
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    commands = tmp_path / "venv" / "bin"
    pip = [commands / "python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, built[kind]], check=True)

    def call(*args, code=0):
        result = subprocess.run(
            args, cwd=folder, capture_output=True, text=True, check=False
        )
        assert result.returncode == code, result.stderr
        return result.stdout + result.stderr

    tfmi = commands / "tfmi"
    assert "Commands:" in call(tfmi, "--help")
    call(commands / "python", "-c", USE)
    np.testing.assert_allclose(np.load(folder / "vectors.npy"), expected, atol=1e-4)
    (folder / "images").mkdir(exist_ok=True)
    Image.fromarray(np.load(folder / "images.npy")[0]).save(folder / "images" / "0.png")
    embed = "embed combined.onnx images --output vectors.npz"
    assert "written vectors.npz: 1 images" in call(tfmi, *embed.split())
    for line in (
        "train colored-mnist --sample",
        "data check shapes3d --render 960",
    ):
        said = call(tfmi, *line.split(), code=1)
        assert said.startswith("Error: ") and "pip install 'tfmi[train]'" in said
        assert said.count("\n") == 1
