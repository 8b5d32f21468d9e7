"""Docstrings here say `Example:`; mkdocstrings shows code under `Examples:`."""

import re

import griffe


class Examples(griffe.Extension):
    """Reads the one as the other."""

    def on_object(self, *, obj, **_):
        if obj.docstring:
            text = obj.docstring.value
            obj.docstring.value = re.sub(r"(?m)^(\s*)Example:$", r"\1Examples:", text)
