"""Vectors, labels and pictures as TensorBoard's projector takes them."""

import numpy as np
from PIL import Image
from tensorboard.plugins import projector

from tfmi.files import make_folder
from tfmi.files import replacing
from tfmi.files import write_text
from tfmi.pipelines.viewable import viewable

# Of a picture: the projector takes a sheet of up to 8,192 pixels a side.
LARGEST = 64


def write_projector(folder, embeddings):
    """Write `projector_config.pbtxt` and its files into a folder of event files.

    Args:
        folder: a `pathlib.Path`.
        embeddings: `{name: (vectors, images, labels)}`: vectors `(n, size)`,
            raw images `(n, height, width, channels)`, and `{factor: n names}`.
    """
    make_folder(folder)
    config = projector.ProjectorConfig()
    for name, (vectors, images, labels) in embeddings.items():
        embedding = config.embeddings.add()
        embedding.tensor_name = name
        embedding.tensor_path = f"{name}.tsv"
        _write_lines(folder / f"{name}.tsv", vectors.tolist())
        if labels:
            embedding.metadata_path = f"{name}_labels.tsv"
            _write_labels(folder / f"{name}_labels.tsv", labels)
        embedding.sprite.image_path = f"{name}_sprites.png"
        side = _write_sprites(folder / f"{name}_sprites.png", images)
        embedding.sprite.single_image_dim.extend(side)
    projector.visualize_embeddings(str(folder), config)


def _write_labels(path, labels):
    # A single column has no heading: that is how the projector tells them apart.
    heading = [list(labels)] if len(labels) > 1 else []
    lines = [*heading, *zip(*labels.values(), strict=True)]
    _write_lines(path, [map(_one_word, line) for line in lines])


def _one_word(text):
    """A text without the line breaks and tabs that would end its cell."""
    return " ".join(str(text).split()) or "(blank)"


def _write_lines(path, lines):
    lines = ["\t".join(map(str, line)) + "\n" for line in lines]
    write_text(path, "".join(lines))


def _write_sprites(path, images):
    """A square sheet, filled line by line; returns a picture's width and height."""
    pictures = [_small(viewable(image)) for image in images]
    height, width = pictures[0].shape[:2]
    columns = int(np.ceil(np.sqrt(len(pictures))))
    sheet = np.zeros((columns * height, columns * width, 3), np.uint8)
    for number, picture in enumerate(pictures):
        top, left = number // columns * height, number % columns * width
        sheet[top : top + height, left : left + width] = picture
    with replacing(path) as temporary:
        Image.fromarray(sheet).save(temporary, "PNG")
    return width, height


def _small(picture):
    picture = Image.fromarray(np.ascontiguousarray(picture))
    picture.thumbnail((LARGEST, LARGEST))
    return np.asarray(picture)
