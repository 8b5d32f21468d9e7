"""Formats of exported encoders, found by name.

A format is a `base.Format` in a file here and a line in `BUILT_IN`. A package adds
its own through the entry-point group `tfmi.export_formats`, whose entries are
`Format` objects.
"""

from tfmi.errors import UsageError
from tfmi.registry import Registry

# In the order in which they are written.
BUILT_IN = {
    "savedmodel": "tfmi.exporting.formats.saved_model:FORMAT",
    "onnx": "tfmi.exporting.formats.onnx_file:FORMAT",
    "float16": "tfmi.exporting.formats.onnx_compression:FLOAT16",
    "int8": "tfmi.exporting.formats.onnx_compression:INT8",
}
# What "all" stands for: the formats that say what Keras says.
ALL = ("savedmodel", "onnx")
_registry = Registry("tfmi.export_formats", BUILT_IN, "the format must be all or among")
names, find = _registry.names, _registry.find


def choose(wanted):
    """The formats of that name, those that others are made from first.

    Args:
        wanted: names, or one text of names joined by commas; "all" stands for
            `ALL`.

    Raises:
        UsageError: for an unknown name, and for a format without the one that it
            is made from.
    """
    wanted = wanted.split(",") if isinstance(wanted, str) else wanted
    chosen = {n for name in wanted for n in (ALL if name == "all" else (name,))}
    order = [*names(), *chosen]
    formats = [find(name) for name in sorted(chosen, key=order.index)]
    for each in formats:
        if each.made_from and each.made_from not in chosen:
            raise UsageError(
                f"{each.kind} must go with the format {each.made_from}, which it is "
                f"made from. Received: {', '.join(wanted)}"
            )
    return sorted(formats, key=lambda each: each.made_from is not None)
