"""What a SavedModel answers, and refuses, in the loader of the server."""

import io
import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf
from fake_run import SHAPE
from fake_run import FakeRun
from PIL import Image

from tfmi.errors import DataError
from tfmi.exporting import image_files
from tfmi.exporting import served_module
from tfmi.exporting import server_session
from tfmi.exporting import serving_model
from tfmi.exporting import warmup
from tfmi.exporting.formats import saved_model
from tfmi.models import networks
from tfmi.models.image_encoder import image_encoder
from tfmi.pipelines.images import read_image


@pytest.fixture(scope="module")
def call(exported):
    with server_session.loaded(exported / "combined" / "1") as (function, _):
        yield function


def keras_says(run, images):
    scaled = images.astype("float32") / 127.5 - 1
    return {
        part: encoder(scaled)["vector"].numpy()
        for part, encoder in run.encoders.items()
    }


def file(image, kind="PNG", mode="RGB", size=None):
    picture = Image.fromarray(image).convert(mode)
    if size:
        picture = picture.resize(size, Image.Resampling.BILINEAR)
    stream = io.BytesIO()
    picture.save(stream, kind)
    return stream.getvalue()


def test_every_signature_says_what_keras_says(run, call):
    images = run.sample_images("x", 5)
    expected = keras_says(run, images)
    inputs = {
        "serving_default": images,
        "scaled": (images / 127.5 - 1).astype("float32"),
        "encoded": [file(image) for image in images],
    }
    for signature, batch in inputs.items():
        received = call(signature, batch)
        assert set(received) == {"shared", "exclusive"}
        for name, value in received.items():
            assert value.dtype == np.float32
            np.testing.assert_allclose(value, expected[name], atol=1e-5)


def test_signatures_and_their_shapes(exported):
    known = saved_model.FORMAT.signatures(
        exported / "combined" / "1", {"image_shape": SHAPE}
    )
    assert set(known) == {"serving_default", "scaled", "encoded"}
    images = {"dtype": "uint8", "shape": [None, *SHAPE]}
    assert known["serving_default"]["inputs"] == {"images": images}
    assert known["encoded"]["inputs"] == {
        "image_bytes": {"dtype": "string", "shape": [None]}
    }


@pytest.mark.parametrize("batch", [0, 1, 64])
@pytest.mark.parametrize("signature", ["serving_default", "scaled", "encoded"])
def test_any_number_of_images(run, call, signature, batch):
    images = run.sample_images("x", 64)[:batch]
    if signature == "scaled":
        images = images.astype("float32")
    if signature == "encoded":
        images = np.array([file(image) for image in images], dtype=object)
    assert call(signature, images)["shared"].shape == (batch, 4)


@pytest.mark.parametrize(
    "signature, shape, message",
    [
        ("serving_default", (2, 14, 14, 3), "(2, 14, 14, 3)"),
        ("serving_default", (1, 12, 12, 1), "(1, 12, 12, 1)"),
        ("scaled", (0, 24, 12, 3), "(0, 24, 12, 3)"),
    ],
)
def test_another_size_is_refused_with_the_rule(call, signature, shape, message):
    dtype = "uint8" if signature == "serving_default" else "float32"
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        call(signature, np.zeros(shape, dtype))
    assert "images must be of 12x12x3. Received a batch of shape" in str(error.value)
    assert message in str(error.value)


def test_files_of_both_kinds_and_any_size_in_one_batch(run, call):
    image = np.full(SHAPE, (200, 100, 50), np.uint8)
    files = [
        file(image),
        file(image, size=(40, 30)),
        file(image, mode="RGBA"),
        file(image, "JPEG"),
        file(image, "JPEG", size=(7, 90)),
    ]
    received = call("encoded", files)["shared"]
    expected = np.repeat(keras_says(run, image[None])["shared"], 5, 0)
    np.testing.assert_allclose(received[:3], expected[:3], atol=1e-5)
    np.testing.assert_allclose(received[3:], expected[3:], atol=2e-2)


def test_grey_files_are_converted_to_the_channels_of_the_model():
    grey = np.arange(144, dtype=np.uint8).reshape(12, 12)
    for mode, channels in (("L", 3), ("RGB", 1)):
        files = tf.constant([file(grey, mode=mode)])
        decoded = image_files.decode_images(files, (12, 12, channels)).numpy()
        np.testing.assert_array_equal(decoded[0, ..., 0], grey)


def test_large_files_are_shrunk_with_antialiasing():
    # Stripes of one pixel: without antialiasing one colour would remain.
    stripes = np.zeros((96, 96, 3), np.uint8)
    stripes[:, ::2] = 255
    decoded = image_files.decode_images(tf.constant([file(stripes)]), SHAPE).numpy()
    assert abs(decoded[:, 2:-2, 2:-2].astype(float) - 127.5).max() < 10


@pytest.mark.parametrize("enlarge", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(12, 20), (5, 9), (31, 17), (100, 8), (24, 40)])
def test_files_are_read_as_for_training(tmp_path, size, channels, enlarge):
    """A smooth picture with transparency, on a page of its own colour."""
    rows, columns = np.indices(size) / np.max(size)
    picture = np.stack([200 * rows, 90 + 100 * columns, 250 - 200 * rows], -1)
    alpha = np.where(rows + columns < 0.4, 128, 255)
    picture = np.concatenate([picture, alpha[..., None]], -1).astype(np.uint8)
    (tmp_path / "picture.png").write_bytes(file(picture, mode="RGBA"))
    shape = (12, 20, channels)
    trained = read_image(tmp_path / "picture.png", shape, enlarge)
    files = tf.constant([(tmp_path / "picture.png").read_bytes()])
    served = image_files.decode_images(files, shape, enlarge).numpy()[0]
    assert np.abs(served.astype(int) - trained.astype(int)).max() <= 2


@pytest.mark.parametrize(
    "bad, message",
    [
        (b"", "each image must be a PNG or JPEG file"),
        (b"hello", "each image must be a PNG or JPEG file. Received 5 other bytes"),
        (b"GIF89a", "each image must be a PNG or JPEG file"),
        (file(np.zeros(SHAPE, np.uint8))[:50], "Invalid PNG data"),
        (file(np.zeros(SHAPE, np.uint8), "JPEG")[:300], "Invalid JPEG data"),
    ],
)
def test_corrupt_files_are_refused_and_the_session_goes_on(run, call, bad, message):
    good = file(run.sample_images("x", 1)[0])
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        call("encoded", [good, bad])
    assert call("encoded", [good])["shared"].shape == (1, 4)


def test_two_channels_have_no_signature_for_files(tmp_path):
    run = FakeRun(tmp_path, (12, 12, 2))
    model = serving_model.serving_model(run.encoders, run.image_shape)
    served_module.save(model, tmp_path / "m")
    assert set(server_session.signatures(tmp_path / "m")) == {
        "serving_default",
        "scaled",
    }


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_export_is_in_float32_whatever_was_trained(policy, tmp_path):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        encoder = networks.encoder(SHAPE, 4, width=4, normalize=True)
    finally:
        keras.config.set_dtype_policy(before)
    copy = serving_model.in_float32(encoder)
    assert {layer.compute_dtype for layer in copy.layers} == {"float32"}
    assert {str(variable.dtype) for variable in copy.variables} == {"float32"}
    images = np.random.default_rng(0).integers(0, 256, (3, *SHAPE), dtype=np.uint8)
    model = serving_model.serving_model({"shared": encoder}, SHAPE)
    received = model(images)["shared"]
    assert received.dtype == tf.float32
    low = encoder(images.astype("float32") / 127.5 - 1)["vector"]
    np.testing.assert_allclose(received, tf.cast(low, tf.float32), atol=0.1)


@pytest.mark.long
@pytest.mark.parametrize("levels", [0, 3])
def test_an_own_encoder_of_another_precision_is_rebuilt_in_float32(levels, tmp_path):
    """Its backbone is a model within the encoder; a rounded code ends it."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        backbone = keras.applications.MobileNetV3Small(
            input_shape=(32, 32, 3), weights=None, include_top=False
        )
        encoder = image_encoder(backbone, 4, normalize=True, levels=levels)
    finally:
        keras.config.set_dtype_policy(before)
    model = serving_model.serving_model({"shared": encoder}, (32, 32, 3))
    assert {str(variable.dtype) for variable in model.variables} == {"float32"}
    copy = serving_model.in_float32(encoder)
    inner = copy.get_layer("backbone").get_layer("conv")
    assert inner.compute_dtype == "float32"
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    right = serving_model.right_outputs({"shared": encoder}, images, 1e-4)["shared"]
    assert right.shape == (3 if levels else 1, 3, 4)
    served_module.save(model, tmp_path / "1")
    for received in (
        model(images),
        saved_model.FORMAT.run(tmp_path / "1", [images])[0],
    ):
        difference = np.abs(right - received["shared"]).min(axis=0)
        assert difference.max() < 1e-5


def test_each_variable_is_written_once(run, exported):
    weights = sum(v.numpy().nbytes for v in run.encoders["shared"].variables)
    size = sum(f.stat().st_size for f in (exported / "shared/1/variables").iterdir())
    assert size < 1.5 * weights + 4096


def test_warmup_requests_are_real_images_for_every_signature(run, exported):
    requests = dict(warmup.read(exported / "combined" / "1"))
    assert set(requests) == {"serving_default", "scaled", "encoded"}
    image = requests["serving_default"]["images"]
    np.testing.assert_array_equal(image, run.sample_images("x", 1))
    np.testing.assert_allclose(
        requests["scaled"]["images"], image / 127.5 - 1, atol=1e-6
    )
    assert requests["encoded"]["image_bytes"].shape == (3,)


def test_warmup_file_is_what_tensorflow_serving_parses(exported):
    from tensorflow_serving.apis import prediction_log_pb2

    path = exported / "combined" / "1" / warmup.PATH
    for record in tf.data.TFRecordDataset(str(path)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        assert log.WhichOneof("log_type") == "predict_log"
        request = log.predict_log.request
        assert request.model_spec.name == "tiny-combined"
        assert request.model_spec.signature_name
        assert len(request.inputs) == 1


def test_warmup_that_the_model_does_not_answer_is_refused(exported, tmp_path):
    path = tmp_path / "1"
    shutil.copytree(exported / "shared" / "1", path)
    good = dict(warmup.read(path))
    images = {"images": np.zeros((1, *SHAPE), np.uint8)}
    with server_session.loaded(path) as (call, signatures):
        for bad in (
            {"no_such": images},
            {"serving_default": images},
            {**good, "serving_default": {"pictures": images["images"]}},
        ):
            warmup.write(path, "tiny-shared", bad)
            with pytest.raises(DataError, match="requests that the model answers"):
                warmup.check(path, call, signatures)
        for content in (b"no TFRecord", b"a longer file that is no TFRecord either"):
            (path / warmup.PATH).write_bytes(content)
            with pytest.raises(DataError, match="requests that the model answers"):
                warmup.check(path, call, signatures)
        warmup.write(path, "tiny-shared", good)
        warmup.check(path, call, signatures)
