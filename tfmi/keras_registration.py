"""Whoever imports tfmi can load its models: Keras learns of their classes.

`keras.saving.load_model` finds a class by its registration, which importing
`tfmi.models` does. As that loads TensorFlow, it waits until Keras is imported.
"""

import importlib
import importlib.abc
import sys

MODELS = "tfmi.models"
# Keras imports TensorFlow, and TensorFlow Keras: both must be whole.
AWAITED = ("keras", "tensorflow")


def install():
    """Register the models' classes now if Keras is there, else once it is."""
    if "keras" in sys.modules:
        _register()
    elif not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


def _register():
    # Where tfmi.models itself imports Keras, it is on its way already.
    if MODELS in sys.modules or sys.modules["keras"].config.backend() != "tensorflow":
        return
    importlib.import_module(MODELS)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds what is awaited where the other finders do."""

    def __init__(self):
        self._loading = 0

    def find_spec(self, fullname, path, target=None):
        if fullname not in AWAITED:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        specs = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next(filter(None, specs), None)
        if spec is not None:
            spec.loader = _Loader(spec.loader, self.load)
        return spec

    def load(self, load):
        """Load one of the two; after the last of them Keras is whole."""
        self._loading += 1
        try:
            load()
        finally:
            self._loading -= 1
        if not self._loading and "keras" in sys.modules:
            sys.meta_path.remove(self)
            _register()


class _Loader(importlib.abc.Loader):
    """A module's own loader, called by way of the finder."""

    def __init__(self, loader, load):
        self._loader = loader
        self._load = load

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        self._load(lambda: self._loader.exec_module(module))
