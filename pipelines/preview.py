"""A picture of pairs, to see at once whether the pairing is meant so."""

import numpy as np
from PIL import Image

from tfmi.files import replacing
from tfmi.pipelines.viewable import viewable

PAIRS = 24
GAP = 4
FRAME = (70, 110, 200)
WIDTH = 1200


def write_preview(path, dataset, seed=0, pairs=PAIRS):
    """Write the first training pairs as a PNG: x and y side by side, a frame
    around each pair.

    Args:
        path: of the file.
        dataset: a `PairDataset`.
        seed: of the pairs.
        pairs: number of them, at most the number of training images.
    """
    count = min(pairs, dataset.num_images("train"))
    (batch,) = dataset.pairs(count, seed, 0, 1).as_numpy_iterator()
    tiles = [
        _tile(x, y)
        for x, y in viewable(np.stack([batch["x"], batch["y"]], 1), dataset.channels)
    ]
    height, width = tiles[0].shape[:2]
    columns = max(1, min(len(tiles), WIDTH // width))
    lines = -(-len(tiles) // columns)
    sheet = np.full((lines * height, columns * width, 3), 255, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = number // columns * height, number % columns * width
        sheet[top : top + height, left : left + width] = tile
    with replacing(path) as temporary:
        Image.fromarray(sheet).save(temporary, "PNG")


def _tile(x, y):
    # Small images are shown larger, by whole pixels.
    times = max(1, 64 // max(x.shape[:2]))
    x, y = (image.repeat(times, 0).repeat(times, 1) for image in (x, y))
    height, width = x.shape[:2]
    tile = np.full((height + 4 * GAP, 2 * width + 5 * GAP, 3), 255, np.uint8)
    tile[GAP:-GAP, GAP:-GAP] = FRAME
    tile[2 * GAP : -2 * GAP, 2 * GAP : 2 * GAP + width] = x
    tile[2 * GAP : -2 * GAP, -2 * GAP - width : -2 * GAP] = y
    return tile
