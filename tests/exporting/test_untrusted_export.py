"""`tfmi verify` of a received export: what its files say of themselves is checked."""

import json
import os
import shutil

import numpy as np
import pytest
from checked_export import rewrite
from checked_export import verify

from tfmi.exporting import reference

pytestmark = pytest.mark.any_versions

ONNX, FOLDER = "shared.onnx", "shared/1"


def models(content):
    return content["exports"]["shared/1"]["models"]


def renamed(old, new):
    def change(content):
        models(content)[new] = models(content).pop(old)

    return change


def set_model(name, **values):
    return lambda content: models(content)[name].update(values)


def set_export(**values):
    return lambda content: content["exports"]["shared/1"].update(values)


def set_file(name, **values):
    return lambda content: content["files"][name].update(values)


@pytest.mark.parametrize(
    "change",
    [
        *(
            set_model(name, tolerance=tolerance)
            for name in (ONNX, FOLDER, "shared.int8.onnx")
            for tolerance in (
                np.inf,
                -np.inf,
                np.nan,
                -1.0,
                1e300,
                "1",
                None,
                True,
                [1],
            )
        ),
        set_model("shared.int8.onnx", differences={}),
        set_model("shared.int8.onnx", differences={"int8": np.inf}, tolerance=np.inf),
        set_model("shared.int8.onnx", differences={"int8": "0"}),
        set_model(ONNX, kind=7),
        *(
            renamed(ONNX, name)
            for name in (
                "/etc/hostname",
                "../shared.onnx",
                "shared/../shared.onnx",
                "./shared.onnx",
                "C:/shared.onnx",
                "",
                "other.onnx",
            )
        ),
        lambda content: models(content).pop(ONNX),
        lambda content: models(content).clear(),
        lambda content: content["files"].pop(ONNX),
        set_file(ONNX, export=None),
        set_file(ONNX, export="shared/2"),
        set_file(ONNX, sha256=None),
        set_file(ONNX, bytes="1"),
        set_export(reference="../references/shared-1.npz"),
        set_export(reference="shared.onnx/"),
        set_export(reference=None),
        set_export(version=2),
        set_export(version=True),
        set_export(encoder="../shared"),
        set_export(name="tiny\n"),
        set_export(image_shape=[12, 12]),
        set_export(image_shape=[12, 12, 0]),
        set_export(image_shape="12"),
        set_export(outputs={}),
        set_export(outputs={"shared": None}),
        set_export(signatures={"serving_default": []}),
        set_export(models=[]),
        lambda content: content["exports"].update({"shared/1": None}),
        lambda content: content["files"].update({"a/../../b": {}}),
        lambda content: content.update(format="1"),
    ],
)
def test_what_a_manifest_says_of_itself_is_not_believed(export, change):
    path = export / "manifest.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    result = verify(export)
    assert result.exit_code == 1
    assert "manifest.json must be as tfmi export wrote it" in result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize("content", [b"[" * 10**6, b'{"a": ' * 10**6, b"\xff" * 9])
def test_a_manifest_nested_too_deep(export, content):
    (export / "manifest.json").write_bytes(content)
    result = verify(export)
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
    assert "manifest.json" in result.output


@pytest.mark.parametrize("tolerance", [2e-4, 1.0, 1e6])
@pytest.mark.parametrize("name", [ONNX, FOLDER])
def test_the_tolerance_of_exact_formats_is_ours(export, name, tolerance):
    """The manifest agrees with itself; the model is not what Keras said."""
    path = export / "references" / "shared-1.npz"
    arrays = reference.load(path)
    arrays["images/shared"] = arrays["images/shared"] + np.float32(3e-4)
    reference.save(path, arrays)
    change = set_model(name, tolerance=tolerance, differences={"onnx": tolerance})
    rewrite(export, change)
    result = verify(export)
    assert result.exit_code == 1
    assert f"differs  {name}, " in result.output


def test_the_tolerance_of_smaller_files_has_a_bound(export):
    shutil.copy(export / ONNX, export / "shared.int8.onnx")
    path = export / "references" / "shared-1.npz"
    arrays = reference.load(path)
    arrays["images/shared"] = arrays["images/shared"] + np.float32(1e3)
    reference.save(path, arrays)
    rewrite(
        export, set_model("shared.int8.onnx", tolerance=9e9, differences={"a": 9e9})
    )
    assert "differs  shared.int8.onnx" not in verify(export).output
    arrays["images/shared"] = np.zeros_like(arrays["images/shared"])
    reference.save(path, arrays)
    rewrite(export, lambda content: None)
    assert "differs  shared.int8.onnx" in verify(export).output


@pytest.mark.parametrize("name", [ONNX, "shared/1/saved_model.pb", "shared/1", "cards"])
def test_links_are_named(export, tmp_path, name):
    (export / name).rename(tmp_path / "elsewhere")
    (export / name).symlink_to(tmp_path / "elsewhere")
    result = verify(export)
    assert result.exit_code == 1
    assert f"link     {name}" in result.output


def test_a_pipe_is_named(export):
    (export / ONNX).unlink()
    os.mkfifo(export / ONNX)
    result = verify(export)
    assert result.exit_code == 1
    assert f"no file  {ONNX}" in result.output


def test_a_model_of_another_kind_is_no_model(export):
    rewrite(export, set_model("shared.float16.onnx", kind="int8"))
    result = verify(export)
    assert "a model of this kind must be shared.int8.onnx" in result.output
    rewrite(export, set_model("shared.float16.onnx", kind="no_such"))
    assert "the format must be all or among" in verify(export).output


def cut(name):
    return lambda arrays: arrays.pop(name)


def of_type(name, dtype):
    return lambda arrays: arrays.update({name: arrays[name].astype(dtype)})


def of_part(name, part):
    return lambda arrays: arrays.update({name: arrays[name][part]})


@pytest.mark.parametrize(
    "change",
    [
        cut("images"),
        cut("files"),
        cut("images/shared"),
        cut("files/shared"),
        of_type("images", float),
        of_type("images", np.uint16),
        lambda arrays: arrays.update(files=np.full(64, "text")),
        of_type("images/shared", np.float64),
        of_part("images", slice(0)),
        of_part("images", np.s_[:, :5]),
        of_part("images", 0),
        of_part("images/shared", np.s_[:, :5]),
        of_part("images/shared", np.s_[:, :, :2]),
        of_part("images/shared", 0),
        lambda arrays: arrays["images/shared"].fill(np.nan),
        lambda arrays: arrays.update({"images/other": arrays["images/shared"]}),
        lambda arrays: arrays.update(
            {"images/shared": arrays["images/shared"].repeat(9, axis=0)}
        ),
    ],
)
def test_a_reference_that_leaves_something_out(export, change):
    path = export / "references" / "shared-1.npz"
    arrays = reference.load(path)
    change(arrays)
    reference.save(path, arrays)
    rewrite(export, lambda content: None)
    result = verify(export)
    assert result.exit_code == 1
    assert "fails    references/shared-1.npz: a reference must" in result.output
