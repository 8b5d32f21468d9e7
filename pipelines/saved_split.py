"""The split that a run keeps (`split.json`), read and found again."""

import numpy as np

from tfmi.errors import DataError
from tfmi.files import parse_json


def read_split(path):
    """The split that a run saved.

    Returns:
        `{"train": [path, ...], "test": [path, ...]}`.

    Raises:
        DataError: where there is none in the file.
    """
    try:
        content = parse_json(path)
        return {split: list(content[split]) for split in ("train", "test")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"the run's split must be readable. Received: {path} ({error})"
        ) from error


def apply_split(names, saved):
    """The saved split of these images.

    Returns:
        int `(images,)`: 0 training, 1 test, -1 not there when it was saved.

    Raises:
        DataError: where images of the saved split are missing.
    """
    codes = {name: k for k, s in enumerate(("train", "test")) for name in saved[s]}
    missing = sorted(set(codes) - set(names))
    if missing:
        raise DataError(
            f"the data must hold the {len(codes)} images that the run was split "
            f"into. Received: {len(missing)} missing or unreadable, first {missing[0]}"
        )
    return np.array([codes.get(name, -1) for name in names])
