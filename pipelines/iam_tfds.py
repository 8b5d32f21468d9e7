"""IAM as a tensorflow-datasets builder: read once, kept prepared.

    tfds build pipelines/iam_tfds.py --manual_dir DIR

does what `tfmi train iam` without --data-dir does where DIR is the manual
folder of tensorflow-datasets.
"""

import tensorflow_datasets as tfds

from tfmi.errors import UsageError
from tfmi.pipelines import iam_subset
from tfmi.pipelines import rows
from tfmi.pipelines.groups import Images


class Config(tfds.core.BuilderConfig):
    """A subset of IAM: its `writers` with the most words, `images` of theirs."""

    def __init__(self, writers, images):
        super().__init__(name=f"{writers}-writers-{images}-images")
        self.writers, self.images = writers, images


class Iam(tfds.core.GeneratorBasedBuilder):
    """Words of IAM as `iam.open_dataset` reads them, in its order.

    `metadata` of the builder's info holds the notes, the unusable files and
    whether the words are those of a synthetic stand-in.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [Config(iam_subset.WRITERS, iam_subset.IMAGES)]
    MANUAL_DOWNLOAD_INSTRUCTIONS = (
        "IAM's words/ and ascii/, or words.tgz and ascii.tgz, which the Handwriting "
        "Database gives to registered users."
    )

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            description="Pairs of words that the same person wrote (section 5.1).",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(
                        shape=iam_subset.SHAPE, encoding_format="png"
                    ),
                    "name": tfds.features.Text(),
                    "writer": tfds.features.Text(),
                    "word": tfds.features.Text(),
                }
            ),
            metadata=tfds.core.MetadataDict(),
            disable_shuffling=True,
        )

    def _split_generators(self, dl_manager):
        config = self.builder_config
        chosen, synthetic = iam_subset.choose_images(
            dl_manager.manual_dir, config.writers, config.images
        )
        return {"train": self._generate_examples(chosen, synthetic)}

    def _generate_examples(self, chosen, synthetic):
        images = chosen.decode(iam_subset.SHAPE, enlarge=False)
        self.info.metadata.update(
            notes=chosen.notes, unusable=chosen.unusable, synthetic=synthetic
        )
        for position, name in enumerate(chosen.names):
            values = {f: chosen.values[f][position] for f in iam_subset.FACTORS}
            yield position, {"image": images[[position]][0], "name": name, **values}


def open_prepared(writers, images):
    """The words of the prepared dataset, prepared first where it is not.

    Args:
        writers, images: as of `iam.open_dataset`.

    Returns:
        `(images, rows, synthetic)`: `Images`, decoded, their rows, and whether
        they are a stand-in's.

    Raises:
        DataError: where the files in the manual folder cannot be used.
        UsageError: where there is neither a prepared dataset nor such a file.
    """
    config = Config(writers, images)
    config = Iam.builder_configs.get(config.name, config)
    builder = Iam(config=config, data_dir=str(rows.tfds_folder()))
    manual = rows.tfds_folder() / "downloads" / "manual"
    if not builder.data_path.exists() and not iam_subset.has_files(manual):
        raise UsageError(
            "--data-dir must name the folder of IAM's files, or they must lie in "
            f"{manual}; tfmi data synthesize-iam makes a stand-in. Received: neither"
        )
    where = tfds.download.DownloadConfig(manual_dir=str(manual))
    builder.download_and_prepare(download_config=where)
    data = builder.as_dataset("train", shuffle_files=False)
    images = (batch["image"] for batch in tfds.as_numpy(data.batch(512)))
    count = builder.info.splits["train"].num_examples
    key = rows.file_key(builder.data_path / "dataset_info.json")
    target = rows.cache_folder() / f"iam-tfds-{key}.rows"
    images_as_rows = rows.keep_rows(target, images, count, iam_subset.SHAPE)
    return _listed(builder), images_as_rows, builder.info.metadata["synthetic"]


def _listed(builder):
    """The `Images` of the prepared dataset, without decoding one."""
    columns = {name: [] for name in ("name", *iam_subset.FACTORS)}
    texts = builder.as_dataset(
        "train",
        shuffle_files=False,
        decoders=tfds.decode.PartialDecoding(dict.fromkeys(columns, True)),
    )
    for batch in tfds.as_numpy(texts.batch(512)):
        for name, column in columns.items():
            column.extend(text.decode() for text in batch[name])
    names, metadata = columns.pop("name"), builder.info.metadata
    return Images(names, names, columns, metadata["notes"], metadata["unusable"])
