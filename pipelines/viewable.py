"""Images as people see them, whatever their channels."""

import numpy as np

RGB = ("B04", "B03", "B02")


def viewable(images, channels=()):
    """Images or one image as red, green and blue.

    Of satellite bands the visible ones where all three are there, else the first;
    each stretched between its 2nd and 98th percentile over all images. Otherwise
    three channels are shown as they are, any other number by the first.

    Args:
        images: uint8 `(..., height, width, channels)`.
        channels: names of the bands, empty for pictures.

    Returns:
        uint8 `(..., height, width, 3)`.
    """
    images, names = np.asarray(images), list(channels)
    wanted = [names.index(name) for name in RGB if name in names]
    if len(wanted) < len(RGB):
        wanted = [0, 1, 2] if images.shape[-1] >= 3 else [0, 0, 0]
    shown = images[..., wanted]
    if not names:
        return shown
    low, high = np.percentile(shown.reshape(-1, 3), (2, 98), axis=0)
    stretched = (shown - low) / np.maximum(high - low, 1)
    return (255 * stretched.clip(0, 1)).astype(np.uint8)
