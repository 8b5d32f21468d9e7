"""Vectors of a split: cut at the limit, kept whole or not at all."""

import numpy as np
import pytest

from tfmi.errors import DataError
from tfmi.evaluation.measure import features
from tfmi.evaluation.measure.features import extract
from tfmi.evaluation.measure.features import extract_all
from tfmi.pipelines.base import Domain
from tfmi.pipelines.base import Factor


def batches(read):
    for start in (0, 4, 8):
        read.append(start)
        yield np.full((4, 2, 2, 1), start, np.uint8), {"size": np.arange(4) + start}


def test_extract_stops_at_the_limit():
    read = []
    vectors, labels = extract(lambda x: x.reshape(len(x), -1), batches(read), limit=6)
    assert vectors.shape == (6, 4)
    assert vectors.dtype == np.float32
    assert labels["size"].tolist() == list(range(6))
    assert vectors[:, 0].tolist() == [0, 0, 0, 0, 4, 4]
    assert read == [0, 4]


def test_extract_needs_images():
    with pytest.raises(DataError, match="must have images"):
        extract(lambda x: x, [])


class Encoder:
    """A representer that counts the images it is given."""

    def __init__(self, factor):
        self.factor, self.images = factor, 0

    def __call__(self, images):
        self.images += len(images)
        return self.factor * images.reshape(len(images), -1)


def extracted(folder, encoder, limit=None, images=None):
    def labelled():
        return iter([images]) if images else batches([])

    vectors, labels = extract_all({"encoder": encoder}, labelled, folder, limit)
    return vectors["encoder"], labels


def test_what_is_kept_is_what_is_extracted(tmp_path):
    encoder = Encoder(2.0)
    vectors, labels = extracted(tmp_path, encoder)
    expected, expected_labels = extract(Encoder(2.0), batches([]))
    np.testing.assert_array_equal(vectors, expected)
    assert labels["size"].tolist() == expected_labels["size"].tolist()
    assert (vectors.dtype, vectors.flags.writeable) == (np.float32, False)
    # 12 images, and one of each batch to know the encoder by.
    assert encoder.images == 15
    again, _ = extracted(tmp_path, encoder)
    np.testing.assert_array_equal(again, vectors)
    assert encoder.images == 15 + 3


def test_another_encoder_limit_or_image_is_another_file(tmp_path):
    extracted(tmp_path, Encoder(2.0))
    other, _ = extracted(tmp_path, Encoder(3.0))
    assert other[-1].tolist() == [24.0] * 4
    cut, _ = extracted(tmp_path, Encoder(2.0), limit=5)
    assert len(cut) == 5
    images, labels = zip(*batches([]), strict=True)
    images = np.concatenate(images)
    images[-1] = 9
    named = {"size": np.concatenate([part["size"] for part in labels])}
    changed, _ = extracted(tmp_path, Encoder(2.0), images=(images, named))
    assert changed[-1].tolist() == [18.0] * 4
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("size", [0, 3, 100, -4])
def test_a_file_that_is_not_whole_is_not_used(tmp_path, size):
    wanted = np.array(extracted(tmp_path, Encoder(2.0))[0])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[: size or None] if size else b"")
    vectors, _ = extracted(tmp_path, Encoder(2.0))
    np.testing.assert_array_equal(vectors, wanted)


def test_a_stopped_extraction_leaves_nothing(tmp_path):
    encoder = Encoder(1.0)

    def stops(images):
        if encoder.images == 7:
            raise KeyboardInterrupt
        return encoder(images)

    with pytest.raises(KeyboardInterrupt):
        extracted(tmp_path, stops)
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_met_twice_shares_a_file(tmp_path):
    encoder = Encoder(1.0)
    both = {"one": encoder, "two": encoder}
    vectors, _ = extract_all(both, lambda: batches([]), tmp_path)
    np.testing.assert_array_equal(vectors["one"], vectors["two"])
    assert encoder.images == 12 + 2 * 3


def test_representations_must_be_vectors(tmp_path):
    with pytest.raises(DataError, match=r"must be \(batch, size\) vectors. Received"):
        extracted(tmp_path, lambda images: images)


def test_occurring_values_are_those_of_the_labels():
    factors = Factor("size", ("a", "b", "c", "d")), Factor("other", ("e",))
    domain = Domain("x", "", (factors[0],), (factors[1],))
    train = {"size": np.array([0, 2, -1]), "other": np.array([0, 0, 0])}
    test = {"size": np.array([3]), "other": np.array([0])}
    found = features.drop_absent_values(domain, train, test)
    assert found.shared_factors == (Factor("size", ("a", "c", "d")),)
    assert found.exclusive_factors == (factors[1],)
    test = {**test, "size": np.array([-1])}
    with pytest.raises(DataError, match="images of both splits must count for size"):
        features.drop_absent_values(domain, train, test)
