"""A format from outside, by an entry point: written, checked and embedded with."""

import importlib.metadata
import json
import types

import numpy as np
import pytest
from click.testing import CliRunner
from fake_run import FakeRun
from PIL import Image

from tfmi.cli import cli
from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.exporting import formats
from tfmi.exporting import publish
from tfmi.exporting.check_export import verify_export
from tfmi.exporting.formats.base import Format
from tfmi.inference.encoders import open_encoder
from tfmi.representation import Representation

CODE = Representation("code", "Z", "all", "all that is kept of an image")


class Table(Format):
    """Vectors of the images that verification asks for, looked up by their pixels."""

    kind = "table"
    suffix = ".table.npz"

    def write(self, export, path):
        images = np.concatenate([export.arrays["images"], export.sample_images(5)])
        np.savez(path, images=images, **export.model.predict(images, verbose=0))

    def run(self, path, batches):
        with np.load(path) as file:
            table = dict(file)
        images = table.pop("images")
        rows = [self._rows(images, batch) for batch in batches]
        return [{name: values[r] for name, values in table.items()} for r in rows]

    def _rows(self, images, batch):
        same = (images[:, None] == batch[None]).all((2, 3, 4))
        return same.argmax(0)


class Rounded(Table):
    """The same with two digits."""

    kind = "rounded"
    suffix = ".rounded.npz"
    made_from = "table"

    def write(self, export, path):
        with np.load(export.path_of("table")) as file:
            np.savez(path, **{name: np.round(file[name], 2) for name in file})


@pytest.fixture
def outside(monkeypatch):
    """Two formats of another package."""
    real = importlib.metadata.entry_points
    entries = [
        types.SimpleNamespace(name=each.kind, load=lambda each=each: each)
        for each in (Table(), Rounded())
    ]

    def entry_points(group):
        return entries if group == "tfmi.export_formats" else real(group=group)

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)


@pytest.fixture
def code_run(tmp_path):
    """A run of a method with one representation, of a name of its own."""
    return FakeRun(tmp_path / "run", representations=(CODE,))


def test_written_and_verified(outside, code_run, tmp_path):
    published = publish.export_run(code_run, "rounded,onnx,table", tmp_path)
    names = [entry["path"].name for entry in published]
    assert names == ["code.onnx", "code.table.npz", "code.rounded.npz"]
    assert published[1]["difference"] < 1e-5
    assert 0 < published[2]["change"]["outputs"]["largest"] < 0.02
    (export,) = read(tmp_path)["exports"].values()
    assert set(export["signatures"]) == {"ONNX", "table"}
    assert (
        "Z: all that is kept of an image"
        in (tmp_path / "tiny" / export["card"]).read_text()
    )
    lines = []
    verify_export(tmp_path / "tiny", progress=lines.append)
    assert [line.split()[1] for line in lines] == ["onnx", "table", "rounded"]
    with np.load(tmp_path / "tiny" / "code.table.npz") as file:
        table = {**file, "code": file["code"] + 1}
    np.savez(tmp_path / "tiny" / "code.table.npz", **table)
    with pytest.raises(DataError, match="changed  code.table.npz"):
        verify_export(tmp_path / "tiny", progress=str)


def read(folder):
    return json.loads((folder / "tiny" / "manifest.json").read_text())


def test_embedded_with(outside, code_run, tmp_path):
    publish.export_run(code_run, ["table"], tmp_path)
    images = code_run.sample_images("x", 5)
    expected = code_run.encoders["code"](images / 127.5 - 1)["vector"]
    for path in (tmp_path / "tiny", tmp_path / "tiny" / "code.table.npz"):
        opened = open_encoder(path)
        assert opened.source.startswith("table ")
        np.testing.assert_allclose(
            opened.represent(images)["code"], expected, atol=1e-5
        )
    (tmp_path / "images").mkdir()
    for index, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / "images" / f"{index}.png")
    arguments = [tmp_path / "tiny", tmp_path / "images", "--output", tmp_path / "v.npz"]
    result = CliRunner().invoke(cli, ["embed", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    with np.load(tmp_path / "v.npz") as vectors:
        np.testing.assert_allclose(vectors["code"], expected, atol=1e-5)


def test_a_new_file_takes_the_place_of_the_last_with_what_was_made_of_it(
    outside, code_run, tmp_path
):
    publish.export_run(code_run, "savedmodel,table,rounded", tmp_path)
    publish.export_run(code_run, "table", tmp_path)
    models = {key: list(e["models"]) for key, e in read(tmp_path)["exports"].items()}
    assert models == {"code/1": ["code/1"], "code/2": ["code.table.npz"]}
    assert not (tmp_path / "tiny" / "code.rounded.npz").exists()
    verify_export(tmp_path / "tiny", progress=str)


def test_formats_are_named_where_one_is_unknown(outside, code_run, tmp_path):
    with pytest.raises(UsageError, match="among savedmodel.*, table, rounded"):
        publish.export_run(code_run, "table,tabel", tmp_path)
    with pytest.raises(UsageError, match="rounded must go with the format table"):
        formats.choose("onnx,rounded")
    assert [each.kind for each in formats.choose(("all", "onnx"))] == [*formats.ALL]


def test_a_format_that_is_no_longer_installed_is_named(code_run, tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        outside.__wrapped__(patch)
        publish.export_run(code_run, "onnx,table", tmp_path)
    with pytest.raises(DataError, match=r"fails    code.table.npz: the format must be"):
        verify_export(tmp_path / "tiny", progress=str)
    publish.export_run(code_run, "onnx", tmp_path)
    images = code_run.sample_images("x", 2)
    assert open_encoder(tmp_path / "tiny").represent(images)["code"].shape == (2, 4)
