"""Tables of pairs: contradictions, colour, and pairs that hang together."""

import own_images
import pytest
from PIL import Image

from tfmi.errors import DataError
from tfmi.pipelines import pairs


@pytest.fixture
def names(tmp_path):
    for number in range(240):
        own_images.picture(number % 4, number % 3, number).save(
            tmp_path / f"{number}.png"
        )
    return [f"{number}.png" for number in range(240)]


def write(folder, header, rows):
    path = folder / "pairs.csv"
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]))
    return str(path)


def test_an_image_with_two_labels_is_noted(tmp_path, names):
    rows = []
    for n in range(0, 240, 3):
        a, b, c = names[n : n + 3]
        rows += [(a, b, "cat"), (a, c, "dog" if n % 2 else "NA")]
    path = write(tmp_path, "x,y,kind", rows)
    dataset = pairs.open_dataset(path, share="kind", one_domain=True)
    notes = "\n".join(dataset.notes)
    assert "80 rows that list an image again with other values (first 0.png)" in notes
    assert "no value: 40 in the column kind (NA)" in notes


def test_an_image_with_one_value_as_x_and_another_as_y_is_noted(tmp_path, names):
    rows = [(names[n], names[n + 1], "a", "b") for n in range(100)]
    path = write(tmp_path, "x,y,x_word,y_word", rows)
    with pytest.raises(DataError, match="100 pairs, all connected by images"):
        pairs.open_dataset(path, evaluate="word", one_domain=True)
    rows = [
        *rows[:50],
        *((names[n], names[n + 1], "a", "a") for n in range(120, 200, 2)),
    ]
    path = write(tmp_path, "x,y,x_word,y_word", rows)
    dataset = pairs.open_dataset(path, evaluate="word", one_domain=True)
    assert "49 rows that list an image again with other" in "\n".join(dataset.notes)


def test_the_same_file_twice_is_no_pair(tmp_path, names):
    (tmp_path / "link.png").symlink_to("0.png")
    rows = [(names[n], names[n + 1]) for n in range(0, 40, 2)]
    rows += [("0.png", "link.png"), ("1.png", "./1.png"), ("./0.png", "1.png")]
    dataset = pairs.open_dataset(write(tmp_path, "x,y", rows), one_domain=True)
    notes = "\n".join(dataset.notes)
    assert "left out: 2 rows without two different images" in notes
    assert "left out: 1 rows that list a pair again" in notes
    assert dataset.num_images("train") + dataset.num_images("test") == 20


@pytest.mark.parametrize("seed", range(5))
def test_a_series_and_single_pairs(tmp_path, names, seed):
    rows = [*zip(names[:200], names[1:201], strict=True)]
    rows += [(names[n], names[n + 1]) for n in range(202, 220, 2)]
    path = write(tmp_path, "x,y", rows)
    dataset = pairs.open_dataset(path, one_domain=True, split_seed=seed)
    assert (dataset.num_images("train"), dataset.num_images("test")) == (200, 9)
    assert "has 4.3% of the pairs instead of 20.0%" in "\n".join(dataset.notes)
    assert "up to 200 of 209" in "\n".join(dataset.notes)


def color(path, number):
    hue = [(255, 0, 0), (0, 130, 0), (0, 0, 255)][number % 3]
    Image.new("RGB", (16, 16), hue).save(path)


def test_the_colour_of_y_stays(tmp_path, names):
    for number in range(100):
        color(tmp_path / f"c{number}.png", number)
    rows = [(names[n], f"c{n}.png") for n in range(100)]
    path = write(tmp_path, "x,y", rows)
    assert pairs.open_dataset(path).image_shape == (16, 16, 3)
    assert pairs.open_dataset(path, image_size="12x12").image_shape == (12, 12, 3)
    grey = pairs.open_dataset(path, image_size="12x12x1")
    assert "100 colour images are read as grey (first c0.png)" in grey.notes


def test_colour_that_is_rare_is_said_to_go(tmp_path, names, monkeypatch):
    monkeypatch.setattr(pairs, "LOOKED_AT", 1)
    color(tmp_path / names[1], 1)
    rows = [(names[n], names[n + 1]) for n in range(0, 100, 2)]
    dataset = pairs.open_dataset(write(tmp_path, "x,y", rows))
    lost = "1 colour images are read as grey (first 1.png)" in dataset.notes
    assert lost == (dataset.image_shape[2] == 1)
