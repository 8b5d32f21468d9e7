"""What a method that draws images drew of test pairs, as PNG files."""

import numpy as np
from PIL import Image

from tfmi.files import replacing
from tfmi.models.preprocessing import scale_images
from tfmi.pipelines.viewable import viewable
from tfmi.runs.pictures import picture_file

PAIRS = 12
GAP = 2
# Small images are shown larger, by whole pixels.
LEAST_SIDE = 64


def write_pictures(run, stage, model, dataset):
    """Write `RUN/<stage>/<name>.png` for each of the method's pictures of a stage.

    Args:
        run: a `Run`.
        stage: name of the stage.
        model: the stage's, trained, in float32.
        dataset: the run's `PairDataset`.
    """

    def test_pairs():
        count = min(PAIRS, dataset.num_images("test"))
        pairs = dataset.pairs(count, run.recipe.seed, 0, 1, split="test")
        (pair,) = pairs.as_numpy_iterator()
        return {domain: scale_images(pair[domain]) for domain in "xy"}

    for name, rows in run.method.pictures(model, test_pairs).items():
        with replacing(picture_file(run, stage, name)) as path:
            Image.fromarray(sheet(rows, dataset.channels)).save(path, "PNG")


def sheet(rows, channels=()):
    """Rows of images as one, uint8 `(height, width, 3)`.

    Args:
        rows: list of float `(n, height, width, channels)` in [-1, 1].
        channels: names of the channels, empty for pictures.
    """
    images = np.stack([np.asarray(row, np.float32) for row in rows])
    pixels = np.round((images + 1) * 127.5).clip(0, 255).astype(np.uint8)
    shown = viewable(pixels, channels)
    times = -(-LEAST_SIDE // max(shown.shape[2:4]))
    shown = shown.repeat(times, 2).repeat(times, 3)
    gaps = ((0, 0), (0, 0), (GAP, GAP), (GAP, GAP), (0, 0))
    shown = np.pad(shown, gaps, constant_values=255)
    lines, count, height, width, _ = shown.shape
    return shown.transpose(0, 2, 1, 3, 4).reshape(lines * height, count * width, 3)
