"""What is exported, checked before anything is loaded or written."""

import dataclasses
from collections.abc import Callable

from tfmi.exporting import formats
from tfmi.exporting import server_files


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of an export.

    Attributes:
        formats: what `formats.choose` takes; then the formats themselves.
        opset: of the ONNX files.
        probe: function `(domain, before, after) -> scores` that measures what a
            format costs that is made from another one, or `None`; before and
            after are functions from raw images to `{representation: vectors}`.
        encoders: names of representations, and "combined", joined by commas: the
            encoders that are exported. None: every one.
        keep_images: whether images of the test split are kept with the export, to
            check it again; without, random ones are.
        license: of the export, for its card (an identifier of the Hugging Face Hub,
            such as "cc-by-4.0"), or `None`.
        credit: what the card says of the data beside its source, or `None`.
        model_root: where TensorFlow Serving will see the export folder; it is
            written into the files that the server is started with.

    Raises:
        UsageError: for formats that do not go together, and options that they
            cannot have.
    """

    formats: tuple | str = formats.ALL
    opset: int = 17
    probe: Callable | None = None
    encoders: str | None = None
    keep_images: bool = True
    license: str | None = None
    credit: str | None = None
    model_root: str = server_files.MODEL_ROOT

    def __post_init__(self):
        chosen = tuple(formats.choose(self.formats))
        object.__setattr__(self, "formats", chosen)
        for each in chosen:
            each.check(self)
        server_files.check_model_root(self.model_root)

    @property
    def measures_change(self):
        """Whether a format is among them that may differ from Keras."""
        return any(each.made_from for each in self.formats)
