"""Figure 6: distances between the patches of one image, by mutual information."""

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import UsageError

BATCH = 256
# Patches that stand for the marginal distribution, and for all others in a profile.
SAMPLE = 128


class Patches:
    """The patch around each pixel (or each `stride`-th), mirrored at the border.

    Args:
        pixels: uint8 `(height, width, channels)`.
        side: `(height, width)` of a patch.
        stride: pixels from one patch to the next; patches are centred in cells of
            so many pixels.

    Raises:
        DataError: for an image smaller than a patch.
    """

    def __init__(self, pixels, side, stride=1):
        if min(np.subtract(pixels.shape[:2], side)) < 0:
            raise DataError(
                f"the image must be at least {side[0]}x{side[1]} pixels, a patch of "
                f"the run. Received: {pixels.shape[0]}x{pixels.shape[1]}"
            )
        before = [length // 2 for length in side]
        margins = [(b, n - b - 1) for b, n in zip(before, side, strict=True)]
        padded = np.pad(pixels, (*margins, (0, 0)), mode="reflect")
        views = np.lib.stride_tricks.sliding_window_view(padded, side, axis=(0, 1))
        self._views = np.moveaxis(views, 2, -1)
        self.stride = stride
        self.centres = [np.arange(stride // 2, n, stride) for n in pixels.shape[:2]]
        self.shape = tuple(map(len, self.centres))

    def __len__(self):
        return int(np.prod(self.shape))

    def at(self, rows, columns):
        """Patches `(n, height, width, channels)` around pixels."""
        return self._views[rows, columns]

    def __getitem__(self, indices):
        """Patches of cells, counted row by row."""
        rows, columns = np.unravel_index(indices, self.shape)
        return self.at(self.centres[0][rows], self.centres[1][columns])


def information_maps(pairs, patches, points=None, seed=0, progress=lambda count: None):
    """Mutual information of every patch with some patches (Eq. 5).

    Args:
        pairs: a `PairInformation`.
        patches: `Patches`.
        points: `(k, 2)` rows and columns of pixels; by default `SAMPLE` cells drawn
            with the seed, which gives each patch a profile.
        seed: of the draws.
        progress: called with the number of patches done, a batch at a time.

    Returns:
        float32 `(rows, columns, k)`, at most 0.
    """
    generator = np.random.default_rng(seed)
    drawn = generator.choice(len(patches), min(SAMPLE, len(patches)), replace=False)
    background = pairs.encode(patches[np.sort(drawn)])
    others = background
    if points is not None:
        others = pairs.encode(patches.at(*np.transpose(points)))
    parts = []
    for start in range(0, len(patches), BATCH):
        batch = np.arange(start, min(start + BATCH, len(patches)))
        encoded = pairs.encode(patches[batch])
        parts.append(pairs.information(encoded, others, background))
        progress(len(batch))
    return np.concatenate(parts).reshape(*patches.shape, -1).astype(np.float32)


def check_point(point, pixels):
    """Raise a UsageError for a point that is not in the image."""
    inside = all(0 <= p < n for p, n in zip(point, pixels.shape[:2], strict=True))
    if not inside:
        raise UsageError(
            f"--point must lie in {pixels.shape[0]}x{pixels.shape[1]} pixels. "
            f"Received: {point[0]},{point[1]}"
        )
