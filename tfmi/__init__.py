"""Disentangled representations of image pairs by mutual information estimation.

    import tfmi

    shared = tfmi.SharedModel.from_encoder(encoder)
    shared.compile(optimizer="adam")
    shared.fit(pairs)

Each name is imported when it is first used; `import tfmi` loads neither TensorFlow
nor onnxruntime.
"""

import importlib

from tfmi import keras_registration
from tfmi import missing

keras_registration.install()

_FACE = {
    "SharedModel": "tfmi.models",
    "ExclusiveModel": "tfmi.models",
    "Representation": "tfmi.representation",
    "Recipe": "tfmi.recipes",
    "train": "tfmi.api",
    "resume": "tfmi.api",
    "load_run": "tfmi.api",
    "evaluate": "tfmi.api",
    "export": "tfmi.api",
    "open_encoder": "tfmi.inference.encoders",
    "OnnxEncoder": "tfmi.inference.transformers",
    "SharedEncoder": "tfmi.inference.transformers",
    "ExclusiveEncoder": "tfmi.inference.transformers",
}
_MODULES = ("pipelines", "recipes", "methods")
__all__ = [*_FACE, *_MODULES]

keras_registration.install()


def __getattr__(name):
    if name in _FACE:
        with missing.explained():
            return getattr(importlib.import_module(_FACE[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"tfmi.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
