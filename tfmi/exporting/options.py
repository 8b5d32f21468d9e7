"""What is exported, checked before anything is loaded or written."""

import dataclasses
from collections.abc import Callable

from tfmi.exporting import formats


@dataclasses.dataclass(frozen=True)
class Options:
    """Options of an export.

    Attributes:
        formats: what `formats.choose` takes; then the formats themselves.
        opset: of the ONNX files.
        probe: function `(domain, before, after) -> scores` that measures what a
            format costs that is made from another one, or `None`; before and
            after are functions from raw images to `{representation: vectors}`.

    Raises:
        UsageError: for formats that do not go together, and options that they
            cannot have.
    """

    formats: tuple | str = formats.ALL
    opset: int = 17
    probe: Callable | None = None

    def __post_init__(self):
        chosen = tuple(formats.choose(self.formats))
        object.__setattr__(self, "formats", chosen)
        for each in chosen:
            each.check(self)

    @property
    def measures_change(self):
        """Whether a format is among them that may differ from Keras."""
        return any(each.made_from for each in self.formats)
