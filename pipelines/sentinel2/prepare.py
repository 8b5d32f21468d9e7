"""Preparing windows with Apache Beam, part by part; finished parts stay.

Needs `pip install 'tfmi[beam]'`.
"""

import dataclasses
import importlib.util
import json
import pathlib
import re

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import make_folder
from tfmi.files import write_json
from tfmi.pipelines.sentinel2 import records
from tfmi.pipelines.sentinel2.cutting import content_key
from tfmi.pipelines.sentinel2.place_split import split_places
from tfmi.pipelines.sentinel2.place_split import to_json
from tfmi.pipelines.sentinel2.places import find_places
from tfmi.pipelines.sentinel2.windows import lay_out

# By which a changed file is told; a copy to another machine keeps them.
STAMPS = ("st_size", "st_mtime_ns")


def prepare(data_dir, output, settings, parts=1, beam_options=(), progress=print):
    """Write the windows of all places as shuffled, sharded records.

    Args:
        data_dir: as of `dataset.open_dataset`.
        output: folder; parts that it holds already are passed over.
        settings: `windows.Settings`; without bands those that the data has.
        parts: the windows are dealt to so many parts; a part is what a broken-off
            preparation does again, and what DirectRunner holds in memory.
        beam_options: Beam's own flags, such as "--runner=FlinkRunner".
        progress: called with a line of text.

    Raises:
        DataError: where there is nothing to prepare, or the folder holds windows of
            other settings.
        UsageError: where Beam is not installed.
    """
    if not importlib.util.find_spec("apache_beam"):
        raise UsageError(
            "Apache Beam must be installed: pip install 'tfmi[beam]'. Received: none"
        )
    from apache_beam.options.pipeline_options import PipelineOptions

    from tfmi.pipelines.sentinel2 import beam_builder

    output = pathlib.Path(output)
    places, bands, notes, unusable = find_places(data_dir, settings.bands or None)
    settings = dataclasses.replace(settings, bands=bands)
    split = split_places(places, settings)
    spots, overlaps = lay_out(places, settings, split)
    configs = [
        beam_builder.Config(units, settings, records.part_name(part, parts), output)
        for part, units in enumerate(beam_builder.deal(places, spots, parts))
        if units
    ]
    make_folder(output)
    about = records.about(settings, [config.name for config in configs])
    about["acquisitions"] = sum(len(place.acquisitions) for place in places)
    about["split"] = to_json([part for part in split if spots[part.place]])
    about["content"] = content_key(places, spots, settings, STAMPS)
    _keep_about(output, about)
    for line in (*notes, *overlaps, *unusable):
        progress(line)
    for config in configs:
        if beam_builder.open_part(output, config).data_path.exists():
            progress(f"{config.name} is prepared already")
            continue
        builder = _build(output, config, PipelineOptions(list(beam_options)))
        counts = {s: info.num_examples for s, info in builder.info.splits.items()}
        progress(f"{config.name}: spots {counts}")


def _build(output, config, options):
    """The builder of a part, which is written then; a split without clear spots is
    left out of it."""
    import tensorflow_datasets as tfds

    from tfmi.pipelines.sentinel2 import beam_builder

    while config.units:
        builder = beam_builder.open_part(output, config)
        try:
            builder.download_and_prepare(
                download_config=tfds.download.DownloadConfig(beam_options=options)
            )
            return builder
        except Exception as error:
            # Beam wraps what the writer of tensorflow-datasets raises.
            empty = re.search(r"generated examples is 0 for split (\w+)", str(error))
            if not empty:
                raise
            config.drop(empty[1])
    raise DataError(
        "each part must have spots that are clear at two dates (fewer --parts, "
        f"larger --max-cloud). Received: none in {config.name}"
    )


def _keep_about(output, about):
    """Write the description, or check that it is the one of before."""
    path = output / records.ABOUT
    if records.is_prepared(output):
        records.read_about(output)
        if json.loads(path.read_text(encoding="utf-8")) != about:
            raise DataError(
                "OUTPUT must be empty or hold windows of the same data, settings and "
                f"parts. Received: {output} with others"
            )
        return
    write_json(path, about)
