"""Models that were trained in Python are exported as runs are."""

import json

import keras
import numpy as np
import pytest
from fake_run import SHAPE

from tfmi.errors import UsageError
from tfmi.exporting.check_export import verify_export
from tfmi.exporting.formats import onnx_file
from tfmi.exporting.formats import saved_model
from tfmi.exporting.publish import export_model
from tfmi.inference.encoders import open_encoder
from tfmi.models import ExclusiveModel
from tfmi.models import SharedModel

IMAGES = np.random.default_rng(0).integers(0, 256, (9, *SHAPE), dtype=np.uint8)


def plain():
    """An encoder that knows nothing of tfmi."""
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.layers.Conv2D(4, 3, strides=2, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dense(5),
        ]
    )


@pytest.fixture(scope="module")
def shared():
    return SharedModel.from_encoder(plain(), units=8)


@pytest.fixture(scope="module")
def exclusive(shared):
    units = {"units": 8, "discriminator_units": 8}
    return ExclusiveModel.from_encoders(shared, plain(), **units, size=3, levels=3)


def test_both_stages_in_every_format(exclusive, tmp_path):
    published = export_model(
        exclusive, tmp_path / "mine", "all,float16,int8", images=IMAGES
    )
    assert len(published) == 12
    verify_export(tmp_path / "mine", progress=str)
    wanted = {r.name: f(IMAGES) for (r, _), f in exclusive.representations().items()}
    for vectors in (
        saved_model.FORMAT.run(tmp_path / "mine" / "combined" / "1", [IMAGES])[0],
        onnx_file.FORMAT.run(tmp_path / "mine" / "combined.onnx", [IMAGES])[0],
        open_encoder(tmp_path / "mine").represent(IMAGES),
    ):
        assert set(vectors) == {"shared", "exclusive"}
        for name, expected in wanted.items():
            np.testing.assert_allclose(vectors[name], expected, atol=1e-4)
    content = json.loads((tmp_path / "mine" / "manifest.json").read_text())
    assert content["exports"]["shared/1"]["name"] == "mine-shared"
    assert "mine-combined" in (tmp_path / "mine" / "models.config").read_text()
    card = (tmp_path / "mine" / "cards" / "combined-1.md").read_text()
    assert "`shared`, 5 numbers. S: what an image shares" in card
    assert "exported from a model, not from a run" in card


def test_stage_1_alone_and_a_name(shared, tmp_path):
    published = export_model(shared, tmp_path / "mine", ("onnx",), name="ours")
    assert [entry["path"].name for entry in published] == ["shared.onnx"]
    content = json.loads((tmp_path / "mine" / "manifest.json").read_text())
    assert content["exports"]["shared/1"]["name"] == "ours-shared"


def test_two_encoders(tmp_path):
    model = SharedModel.from_encoder(plain(), plain(), units=8)
    images = {"x": IMAGES, "y": IMAGES[:4]}
    published = export_model(model, tmp_path / "mine", ["onnx"], images=images)
    names = [entry["path"].name for entry in published]
    assert names == ["shared_x.onnx", "shared_y.onnx"]


def test_what_cannot_be_measured_is_refused(shared, tmp_path):
    with pytest.raises(UsageError, match="images must be given for int8"):
        export_model(shared, tmp_path / "mine", "onnx,int8")
    for images in (IMAGES.astype("float32"), IMAGES[:, :5], IMAGES[:0], {"y": IMAGES}):
        with pytest.raises(UsageError, match="images of x must be uint8"):
            export_model(shared, tmp_path / "mine", "onnx", images=images)
    assert list(tmp_path.iterdir()) == []
