"""`tfmi verify`: an export checked later, its run gone."""

import numpy as np
import pytest
from checked_export import rewrite
from checked_export import verify

from tfmi.exporting import reference

pytestmark = pytest.mark.any_versions


def test_untouched_export(export):
    result = verify(export)
    assert result.exit_code == 0, result.output
    for name in ("shared/1 ", "shared.onnx", "shared.int8.onnx", "shared.float16.onnx"):
        assert name in result.output
    for part in ("serving_default", "scaled", "encoded"):
        assert part in result.output


def test_export_moved_elsewhere(export, tmp_path):
    export.rename(tmp_path / "elsewhere")
    assert verify(tmp_path / "elsewhere").exit_code == 0


def test_changed_missing_and_extra_files_are_named(export):
    data = next((export / "shared/1/variables").glob("*.data*"))
    content = bytearray(data.read_bytes())
    content[100] ^= 1
    data.write_bytes(content)
    (export / "shared.int8.onnx").unlink()
    (export / "shared" / "1" / "stray").write_text("x")
    (export / "shared" / "2").mkdir()
    (export / "shared" / "2" / "saved_model.pb").write_text("x")
    result = verify(export)
    assert result.exit_code == 1
    assert f"changed  shared/1/variables/{data.name}" in result.output
    assert "missing  shared.int8.onnx" in result.output
    assert "extra    shared/1/stray" in result.output
    assert "extra    shared/2/saved_model.pb" in result.output
    assert "shared.onnx  onnx  differs by" in result.output


def test_a_folder_being_written_is_not_extra(export):
    (export / ".tmp-abc" / "new").mkdir(parents=True)
    (export / ".tmp-abc" / "new" / "shared.onnx").write_text("half")
    assert verify(export).exit_code == 0


@pytest.mark.parametrize("kind", ["images", "files"])
def test_outputs_that_differ_are_found_though_the_hashes_agree(export, kind):
    path = export / "references" / "shared-1.npz"
    arrays = reference.load(path)
    arrays[f"{kind}/shared"] = arrays[f"{kind}/shared"] + np.float32(2e-4)
    reference.save(path, arrays)
    rewrite(export, lambda content: None)
    result = verify(export)
    assert result.exit_code == 1
    signatures = ["encoded"] if kind == "files" else ["serving_default", "scaled"]
    for signature in signatures:
        assert f"differs  shared/1, {signature}: 2.0" in result.output
    assert ("differs  shared.onnx" in result.output) == (kind == "images")


def test_model_that_cannot_be_run_is_named(export):
    (export / "shared.onnx").write_bytes(b"no model")
    (export / "shared" / "1" / "saved_model.pb").write_bytes(b"no model")
    rewrite(export, lambda content: None)
    result = verify(export)
    assert result.exit_code == 1
    assert "fails    shared/1: " in result.output
    assert "fails    shared.onnx: " in result.output


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        "null",
        '{"format": 2, "files": {}, "exports": {}}',
        '{"format": 1, "files": [], "exports": {}}',
        '{"format": 1, "files": {"a": {}}, "exports": {}}',
        '{"format": 1, "files": {}, "exports": {"shared/1": {}}}',
        '{"format": 1, "files": {"../a": {"sha256": "", "bytes": 1, "export": null}},'
        ' "exports": {}}',
    ],
)
def test_corrupt_manifest_is_one_line(export, content):
    (export / "manifest.json").write_text(content)
    result = verify(export)
    assert result.exit_code == 1
    assert "manifest.json must be as tfmi export wrote it" in result.output
    assert len(result.output.splitlines()) == 1


def test_manifest_that_is_no_text(export):
    (export / "manifest.json").write_bytes(b"\xff\xfe\x00")
    result = verify(export)
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)


def test_folder_that_is_no_export(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        result = verify(folder)
        assert result.exit_code == 1
        assert "must be a folder with manifest.json" in result.output


def test_corrupt_reference_is_named(export):
    (export / "references" / "shared-1.npz").write_bytes(b"PK no zip")
    result = verify(export)
    assert result.exit_code == 1
    assert "changed  references/shared-1.npz" in result.output
    rewrite(export, lambda content: None)
    result = verify(export)
    assert result.exit_code == 1
    assert "must be an .npz file" in result.output
