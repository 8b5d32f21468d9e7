"""Preparing windows with Apache Beam, part by part; finished parts stay.

Needs `pip install 'tfmi[beam]'`.
"""

import dataclasses
import importlib.util
import pathlib

from tfmi.pipelines.sentinel2 import records
from tfmi.pipelines.sentinel2.places import find_places
from tfmi.pipelines.sentinel2.windows import lay_out

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.files import make_folder
from tfmi.files import write_json

FORMAT = "array_record"


def prepare(data_dir, output, settings, parts=1, beam_options=(), progress=print):
    """Write the windows of all places as shuffled, sharded records.

    Args:
        data_dir: as of `dataset.open_dataset`.
        output: folder; parts that it holds already are passed over.
        settings: `windows.Settings`; without bands those that the data has.
        parts: places are dealt to so many parts; a part is what a broken-off
            preparation does again.
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
    spots, overlaps = lay_out(places, settings)
    configs = [
        beam_builder.Config(places, spots, settings, part, parts, str(output))
        for part in range(parts)
    ]
    configs = [config for config in configs if config.units]
    make_folder(output)
    _keep_about(output, records.about(settings, [config.name for config in configs]))
    for line in (*notes, *overlaps, *unusable):
        progress(line)
    for config in configs:
        builder = beam_builder.Builder(
            data_dir=str(output), config=config, file_format=FORMAT
        )
        if builder.data_path.exists():
            progress(f"{config.name} is prepared already")
            continue
        _build(builder, PipelineOptions(list(beam_options)))
        counts = {s: info.num_examples for s, info in builder.info.splits.items()}
        progress(f"{config.name}: spots {counts}")


def _build(builder, options):
    import tensorflow_datasets as tfds

    try:
        builder.download_and_prepare(
            download_config=tfds.download.DownloadConfig(beam_options=options)
        )
    except Exception as error:
        # Beam wraps what the writer of tensorflow-datasets raises.
        if "generated examples is 0" not in str(error):
            raise
        raise DataError(
            "each part must have spots that are clear at two dates (fewer --parts, "
            f"larger --max-cloud). Received: none in {builder.builder_config.name}"
        ) from error


def _keep_about(output, about):
    """Write the description, or check that it is the one of before."""
    if records.is_prepared(output):
        if records.about(*records.read_about(output)) != about:
            raise DataError(
                "OUTPUT must be empty or hold windows of the same data, settings and "
                f"parts. Received: {output} with others"
            )
        return
    write_json(output / records.ABOUT, about)
