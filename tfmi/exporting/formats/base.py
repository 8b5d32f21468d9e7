"""What a format of exported encoders is to everything else."""

import abc

from tfmi.exporting.comparison import largest_difference


class Format(abc.ABC):
    """A kind of file or folder that holds an encoder.

    An export is compared with Keras before it is put in place, and again by `tfmi
    verify`: what `run` gives may differ by `comparison.TOLERANCE`. A format that is
    made from another one trades some of that for size or speed: it may differ by
    more, and is delivered with its measured change.

    Attributes:
        kind: its name, in `tfmi export --format` and in the manifest.
        title: for people.
        suffix: what follows the encoder's name in that of the file or folder.
            `{version}` in it stands for the version; without, a new file takes
            the place of the last one. A folder must have it.
        made_from: the kind that it is made from; `None` for the Keras model.
    """

    kind: str
    suffix: str
    made_from: str | None = None

    @property
    def title(self):
        return self.kind

    def name(self, encoder, version):
        """Path of an encoder's file or folder, below the export folder."""
        return encoder + self.suffix.format(version=version)

    @abc.abstractmethod
    def write(self, export, path):
        """Write the file or folder; its parent is there.

        Args:
            export: an `encoder_export.EncoderExport`, of which a format uses
                `model`, the Keras model from uint8 `images` to `{representation:
                vectors}`; `info`, its entry in the manifest; `arrays`, its
                `reference`; `options`; `path_of(kind)`, the file of the format
                that this one is made from; and `sample_images(count, split)`.
            path: new.
        """

    @abc.abstractmethod
    def run(self, path, batches):
        """Outputs for batches of images.

        Args:
            path: what `write` wrote.
            batches: list of uint8 `(batch, height, width, channels)`.

        Returns:
            A list of `{representation: float32 (batch, size)}`.
        """

    def open(self, path):
        """A function from one batch to its outputs, to be called many times."""
        return lambda images: self.run(path, [images])[0]

    def check(self, options):  # noqa: B027
        """Raise a UsageError for an option that this format cannot have."""

    def differences(self, path, arrays):
        """Largest absolute differences from Keras.

        Args:
            arrays: of `reference.load`.

        Returns:
            `{part: largest absolute difference}`, a part being what can be asked
            apart, such as a signature.

        Raises:
            DataError: for outputs of other names or shapes.
        """
        from tfmi.exporting import reference

        images, expected = reference.batches(arrays)
        return {self.kind: largest_difference(expected, self.run(path, images))}

    def signatures(self, path, info):
        """How it is called: `{signature: {"inputs", "outputs"}}`, each `{name:
        {"dtype", "shape"}}`, `None` in a shape standing for the batch.

        Args:
            info: of the export, as in the manifest.
        """
        images = {"dtype": "uint8", "shape": [None, *info["image_shape"]]}
        outputs = {
            name: {"dtype": "float32", "shape": [None, size]}
            for name, size in info["outputs"].items()
        }
        return {self.title: {"inputs": {"images": images}, "outputs": outputs}}

    def request(self, info):
        """How a server is asked for it, in Markdown; empty for what none serves."""
        return ""
