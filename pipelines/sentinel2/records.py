"""Records of prepared windows, a spot at its dates, read one by one by number.

A folder of `tfmi data prepare-sentinel2`: `prepared.json`, and one dataset of
tensorflow-datasets a part. Nothing is read but what is asked for, and no index of the
images is held, so memory does not grow with the data.
"""

import dataclasses
import json
import pathlib
import re

import numpy as np

from tfmi.errors import DataError
from tfmi.errors import first_line
from tfmi.pipelines.sentinel2.bands import BANDS
from tfmi.pipelines.sentinel2.windows import Settings

NAME = "sentinel2_windows"
VERSION = "1.0.0"
ABOUT = "prepared.json"
PART = r"part-\d{5,}-of-\d{5,}"


def part_name(part, parts):
    return f"part-{part:05d}-of-{parts:05d}"


def features(settings):
    """The features of a record (module `beam_builder`)."""
    import tensorflow_datasets as tfds

    return tfds.features.FeaturesDict(
        {
            "images": tfds.features.Tensor(
                shape=(None, *settings.shape),
                dtype=np.uint8,
                encoding=tfds.features.Encoding.BYTES,
            ),
            "dates": tfds.features.Sequence(tfds.features.Text()),
            "place": tfds.features.Text(),
            "row": np.int64,
            "column": np.int64,
        }
    )


def is_prepared(folder):
    """Whether a folder is one of prepared windows."""
    return (pathlib.Path(folder) / ABOUT).is_file()


def read_about(folder):
    """The `Settings`, the names of the parts and the split (`place_split.to_json`,
    `None` of an older preparation) of a prepared folder.

    Raises:
        DataError: where its description is broken.
    """
    path = pathlib.Path(folder) / ABOUT
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        settings = Settings(**{**content["settings"], "bands": _bands(content)})
        parts = tuple(content["parts"])
        if not parts or not all(re.fullmatch(PART, part) for part in parts):
            raise ValueError(f"its parts are {parts}")
        return settings, parts, content.get("split")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{ABOUT} must be one that tfmi wrote. Received: {path} ({error})"
        ) from error


def _bands(content):
    bands = tuple(content["settings"]["bands"])
    if not bands or not set(bands) <= set(BANDS):
        raise ValueError(f"its bands are {bands}")
    return bands


def about(settings, parts):
    """What `read_about` reads, for JSON; `parts` are names."""
    settings = dataclasses.asdict(settings)
    settings["bands"] = list(settings["bands"])
    return {"settings": settings, "parts": list(parts)}


class Records:
    """The records of a split, over all parts.

    Args:
        folder: of the prepared windows.
        parts: their names.
        split: "train" or "test".

    Raises:
        DataError: where a part is not finished, or damaged.
    """

    def __init__(self, folder, parts, split):
        path = pathlib.Path(folder) / NAME
        self._sources = [self._open(path / name / VERSION, split) for name in parts]
        self._sources = [source for source in self._sources if source is not None]
        self._ends = np.cumsum([len(source) for source in self._sources])

    @staticmethod
    def _open(path, split):
        import tensorflow_datasets as tfds

        if not (path / "dataset_info.json").is_file():
            raise DataError(
                "all parts must be prepared; run tfmi data prepare-sentinel2 again. "
                f"Received: none in {path}"
            )
        try:
            builder = tfds.builder_from_directory(str(path))
            # A part of small places may have none for a split.
            if split not in builder.info.splits:
                return None
            return builder.as_data_source(split=split)
        except Exception as error:  # of JSON, protobuf and ArrayRecord
            raise DataError(
                f"a prepared part must be whole. Received: {path} ({first_line(error)})"
            ) from error

    def __len__(self):
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, number):
        source = int(np.searchsorted(self._ends, number, side="right"))
        start = self._ends[source - 1] if source else 0
        return self._sources[source][int(number - start)]

    def two_dates(self, numbers, draws):
        """Images of each record at two different dates.

        Args:
            numbers: int `(n,)`.
            draws: `(n, 2)`, uniform in 0..1; which dates is a function of them.

        Returns:
            Two uint8 arrays `(n, side, side, bands)`.
        """
        x, y = [], []
        for number, (first, second) in zip(numbers, draws, strict=True):
            images = self[number]["images"]
            anchor = int(first * len(images))
            jump = 1 + int(second * (len(images) - 1))
            x.append(images[anchor])
            y.append(images[(anchor + jump) % len(images)])
        return np.stack(x), np.stack(y)

    def dated(self, numbers, dates):
        """The image of each record at one of its dates, uint8 `(n, ...)`."""
        return np.stack(
            [self[n]["images"][d] for n, d in zip(numbers, dates, strict=True)]
        )
