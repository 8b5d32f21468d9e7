"""The Python examples of the page on Python run as they stand."""

import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "python.md"
KERAS, RUNS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
LOAD = """
import sys
import tfmi
import keras
import numpy as np
model = keras.saving.load_model("mine.keras")
images = np.load("images.npy")
vectors = {r.name: f(images) for (r, _), f in model.representations().items()}
np.savez("vectors.npz", **vectors)
"""


@pytest.mark.long
@pytest.mark.parametrize("backbone", ["Sequential", "keras.applications"])
def test_own_encoders_through_keras(tmp_path, monkeypatch, backbone):
    """Trained by both stages, saved, loaded in a process of its own, exported."""
    monkeypatch.chdir(tmp_path)
    example = KERAS
    if backbone == "keras.applications":
        encoder = "keras.applications.MobileNet((32, 32, 3), 0.25, weights=None,"
        encoder += " include_top=False)"
        example = re.sub(r"(?m)^encoder = .*$", f"encoder = {encoder}", example)
    names = {}
    exec(compile(example, PAGE, "exec"), names)
    np.save("images.npy", names["x"][:5])
    subprocess.run([sys.executable, "-c", LOAD], check=True)
    import tfmi

    expected = names["exclusive"].representations()
    exported = {
        "shared": tfmi.SharedEncoder("exported/mine").transform(names["x"][:5]),
        "exclusive": tfmi.ExclusiveEncoder("exported/mine").transform(names["x"][:5]),
    }
    served = tfmi.open_encoder(tmp_path / "exported" / "mine" / "combined" / "1")
    served = served.represent(names["x"][:5])
    with np.load("vectors.npz") as loaded:
        for (representation, _), function in expected.items():
            name, vectors = representation.name, function(names["x"][:5])
            np.testing.assert_allclose(loaded[name], vectors, atol=1e-5)
            np.testing.assert_allclose(exported[name], vectors, atol=1e-4)
            np.testing.assert_allclose(served[name], vectors, atol=1e-4)


def labelled(count, seed):
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (count, 16, 16, 3), dtype=np.uint8)
    labels = {"digit": np.arange(count) % 10, "colour": np.arange(count) % 12}
    return tf.data.Dataset.from_tensor_slices((images, labels))


@pytest.mark.long
def test_commands_as_calls(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    images = labelled(128, 0).map(lambda image, labels: image)
    names = {
        "image_pairs": tf.data.Dataset.zip((images, images)),
        "train_images": labelled(200, 1),
        "test_images": labelled(60, 2),
    }
    exec(compile(RUNS, PAGE, "exec"), names)
    assert "'digit': " in capsys.readouterr().out
    assert (tmp_path / "exported" / "pairs" / "shared.onnx").is_file()
