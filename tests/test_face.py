"""What `import tfmi` gives, its types, and what it says where TensorFlow is missing."""

import ast
import pathlib

import pytest

import tfmi
from tfmi import missing


def test_type_checkers_see_every_name():
    path = pathlib.Path(tfmi.__file__).with_suffix(".pyi")
    aliases = [
        alias for node in ast.parse(path.read_text()).body for alias in node.names
    ]
    assert all(alias.name == alias.asname for alias in aliases)
    assert {alias.name for alias in aliases} == set(tfmi.__all__)
    assert path.with_name("py.typed").is_file()


def test_a_missing_package_of_the_extra_is_named():
    for name in ("tensorflow", "keras.layers", "h5py"):
        with pytest.raises(ImportError, match=r"pip install 'tfmi\[train\]'") as said:
            with missing.explained():
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        assert str(said.value).startswith(name.partition(".")[0])
    inner = ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow")
    outer = ValueError("while reading")
    outer.__cause__ = inner
    assert missing.line_of(outer).startswith("tensorflow must be installed")


def test_other_missing_modules_are_errors_as_they_are():
    for error in (ModuleNotFoundError("no", name="tfmi_mine"), ImportError("no")):
        assert missing.line_of(error) is None
        with pytest.raises(type(error), match="^no$"), missing.explained():
            raise error
