"""The split that a run keeps (`split.json`), read and found again."""

import numpy as np

from tfmi.errors import DataError
from tfmi.files import parse_json
from tfmi.pipelines.validation import CODES


def read_split(path):
    """The split that a run saved.

    Returns:
        `{"train": [path, ...], "test": [path, ...]}`, and "unseen" where groups
        were kept out of both.

    Raises:
        DataError: where there is none in the file.
    """
    try:
        content = parse_json(path)
        names = ["train", "test", *(n for n in content if n == "unseen")]
        return {split: list(content[split]) for split in names}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"the run's split must be readable. Received: {path} ({error})"
        ) from error


def apply_split(names, saved):
    """The saved split of these images.

    Returns:
        int `(images,)`: of `validation.CODES`, -1 not there when it was saved.

    Raises:
        DataError: where images of the saved split are missing.
    """
    codes = {name: CODES[split] for split in saved for name in saved[split]}
    missing = sorted(set(codes) - set(names))
    if missing:
        raise DataError(
            f"the data must hold the {len(codes)} images that the run was split "
            f"into. Received: {len(missing)} missing or unreadable, first {missing[0]}"
        )
    return np.array([codes.get(name, -1) for name in names])
