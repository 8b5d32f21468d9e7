"""Windows of Sentinel-2 as a tensorflow-datasets builder on Apache Beam.

A record is one spot with all dates at which it is clear:

    images  uint8 (dates, side, side, bands), bytes of `bands`
    dates   texts
    place, row, column

Records are shuffled by a hash of their key and written to ArrayRecord shards, which
give any record without reading the others.
"""

import zlib

import apache_beam as beam
import numpy as np
import tensorflow_datasets as tfds

from tfmi.files import write_json
from tfmi.pipelines.sentinel2.records import NAME
from tfmi.pipelines.sentinel2.records import VERSION
from tfmi.pipelines.sentinel2.records import features
from tfmi.pipelines.sentinel2.windows import Cutter

# A unit of work is the spots of one place in a square of so many pixels: a product's
# JPEG 2000 files are packed in such squares, so each is unpacked once.
BLOCK = 1024


class Config(tfds.core.BuilderConfig):
    """A part of the units of work.

    Args:
        units: of this part (`deal`).
        settings: `windows.Settings`.
        name: of the part.
        output: folder for JSON files of what was left out.
    """

    def __init__(self, units, settings, name, output):
        super().__init__(name=name)
        self.units = units
        self.settings = settings
        self.counts = f"{output}/counts-{name}"

    def drop(self, split):
        """Leave out the units of a split."""
        self.units = [unit for unit in self.units if unit[1][0].split != split]


class Builder(tfds.core.GeneratorBasedBuilder):
    """See the module."""

    name = NAME
    VERSION = tfds.core.Version(VERSION)
    BUILDER_CONFIGS = []

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description="Windows of Sentinel-2 at several dates.",
            features=features(self.builder_config.settings),
        )

    def _split_generators(self, dl_manager):
        held = {spots[0].split for _, spots in self.builder_config.units}
        return {split: self._generate_examples(split) for split in sorted(held)}

    def _generate_examples(self, split):
        config = self.builder_config
        return _Examples(config.units, split, config.settings, config.counts)


def deal(places, spots, parts):
    """Units of work, `(place, its spots in a square)`, in parts of the same number:
    every `parts`-th in an order by chance, which is the same each time.

    Args:
        places, spots: as of `windows.lay_out`.
        parts: number of them.

    Returns:
        A list of lists.
    """
    units = [(place, unit) for place in places for unit in _units(spots[place.name])]
    units.sort(key=lambda unit: zlib.crc32(_key(unit[1][0]).encode()))
    return [units[part::parts] for part in range(parts)]


def open_part(output, config):
    """The builder of a part below a folder."""
    return Builder(data_dir=str(output), config=config, file_format="array_record")


class _Examples(beam.PTransform):
    """From units of work to `(key, example)`; what was left out goes to a file."""

    def __init__(self, units, split, settings, counts):
        super().__init__()
        self._units = [unit for unit in units if unit[1][0].split == split]
        self._settings = settings
        self._counts = f"{counts}-{split}.json"

    def expand(self, pipeline):
        found = (
            pipeline
            | beam.Create(self._units)
            | beam.Reshuffle()
            | beam.FlatMap(_cut, self._settings).with_outputs("counts", main="records")
        )
        _ = (
            found.counts
            | beam.CombinePerKey(sum)
            | beam.combiners.ToDict()
            | beam.Map(_write_counts, self._counts)
        )
        return found.records


def _key(spot):
    return f"{spot.place}/{spot.row}/{spot.column}"


def _units(spots):
    blocks = {}
    for spot in spots:
        block = spot.split, spot.row // BLOCK, spot.column // BLOCK
        blocks.setdefault(block, []).append(spot)
    return list(blocks.values())


def _cut(unit, settings):
    """`(key, example)` of each spot that is clear at two dates, and counts."""
    place, spots = unit
    cutter = Cutter(settings)
    clear = {}
    for spot, date, image in cutter.cut(place, spots):
        clear.setdefault(spot, []).append((date, image))
    alone = 0
    for spot, found in clear.items():
        if len(found) < 2:
            alone += 1
            continue
        dates, images = zip(*found, strict=True)
        yield (
            _key(spot),
            {
                "images": np.stack(images),
                "dates": list(dates),
                "place": spot.place,
                "row": spot.row,
                "column": spot.column,
            },
        )
    counts = {**cutter.counts, "clear at one date only": alone}
    counts.update((line, 1) for line in cutter.unusable)
    for reason, count in counts.items():
        if count:
            yield beam.pvalue.TaggedOutput("counts", (reason, count))


def _write_counts(counts, path):
    from etils import epath

    write_json(epath.Path(path), counts)
