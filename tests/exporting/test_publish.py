"""What stands in the export folder after several exports, and after a failure."""

import os
import pathlib
import shutil

import pytest
from fake_run import FakeRun

from tfmi.errors import DataError
from tfmi.exporting import manifest
from tfmi.exporting import publish
from tfmi.exporting.check_export import verify_export
from tfmi.exporting.transaction import Transaction
from tfmi.representation import SHARED

pytestmark = pytest.mark.any_versions


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """An export of one encoder, to be copied."""
    folder = tmp_path_factory.mktemp("first")
    run = FakeRun(folder / "run", representations=(SHARED,))
    publish.export_run(run, "all", folder)
    return folder / "tiny"


def check(folder):
    """The manifest and the folder agree; gives the manifest."""
    content = manifest.read(folder)
    assert manifest.problems(folder, content) == {}
    return content


def quiet(line):
    pass


def test_layout(exported):
    content = check(exported)
    assert set(content["exports"]) == {"shared/1", "exclusive/1", "combined/1"}
    assert (exported / "shared/1/saved_model.pb").is_file()
    assert (exported / "shared/1/assets.extra/tf_serving_warmup_requests").is_file()
    assert not list(exported.glob(".tmp*"))
    for entry in content["exports"].values():
        assert entry["recipe"] == {"seed": 7}
        assert entry["versions"] == {"tfmi": "0"}
        assert set(entry["signatures"]) == {
            "serving_default",
            "scaled",
            "encoded",
            "ONNX",
        }


def test_new_onnx_takes_the_place_of_the_old_with_its_smaller_ones(small, tmp_path):
    target = tmp_path / "tiny"
    publish.export_run(small, "onnx,int8", tmp_path)
    assert (target / "shared.int8.onnx").is_file()
    publish.export_run(small, "onnx", tmp_path)
    content = check(target)
    assert set(content["exports"]) == {"shared/2"}
    assert not (target / "shared.int8.onnx").exists()
    assert sorted(p.name for p in (target / "cards").iterdir()) == ["shared-2.md"]
    assert not (target / "models.config").exists()


@pytest.mark.long
def test_every_version_can_be_verified_with_its_own_reference(small, tmp_path):
    target = tmp_path / "tiny"
    publish.export_run(small, "all", tmp_path)
    for variable in small.encoders["shared"].trainable_variables:
        variable.assign(variable * 1.5)
    publish.export_run(small, "onnx", tmp_path)
    publish.export_run(small, "savedmodel", tmp_path)
    content = check(target)
    models = {key: list(e["models"]) for key, e in content["exports"].items()}
    assert models == {
        "shared/1": ["shared/1"],
        "shared/2": ["shared.onnx"],
        "shared/3": ["shared/3"],
    }
    verify_export(target, progress=quiet)


def test_versions_grow_from_what_the_server_would_read(small, tmp_path):
    (tmp_path / "tiny" / "shared" / "00000007").mkdir(parents=True)
    (tmp_path / "tiny" / "shared" / "notes").mkdir()
    (entry,) = publish.export_run(small, "savedmodel", tmp_path)
    assert entry["path"].name == "8"


def tree(folder):
    folder = pathlib.Path(folder)
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file()
    }


class DiskError(OSError):
    pass


@pytest.mark.parametrize("failing", [1, 3, 5, 6, 7])
def test_rename_that_fails_midway_leaves_what_was_there(
    small, first, tmp_path, monkeypatch, failing
):
    shutil.copytree(first, tmp_path / "tiny")
    before = tree(tmp_path / "tiny")
    put, count = Transaction.put, 0

    def broken(self, source, name):
        nonlocal count
        count += 1
        if count == failing:
            raise DiskError("disk full")
        put(self, source, name)

    monkeypatch.setattr(Transaction, "put", broken)
    with pytest.raises(DataError, match="must be writable.*disk full"):
        publish.export_run(small, "all", tmp_path)
    assert count == failing
    assert tree(tmp_path / "tiny") == before
    check(tmp_path / "tiny")


def test_manifest_comes_last_and_the_version_folder_before_it(
    small, tmp_path, monkeypatch
):
    order = []
    put = Transaction.put

    def recorded(self, source, name):
        order.append(name)
        put(self, source, name)

    monkeypatch.setattr(Transaction, "put", recorded)
    publish.export_run(small, "all", tmp_path)
    assert order[-3:] == ["shared.onnx", "shared/1", "manifest.json"]


def test_no_moment_of_a_second_export_contradicts_its_manifest(
    small, tmp_path, monkeypatch
):
    """A process that is killed then leaves files that are extra, none that is changed
    or missing."""
    publish.export_run(small, "onnx,savedmodel", tmp_path)
    seen = []

    def watched(change):
        def changed(transaction, *names):
            change(transaction, *names)
            folder = tmp_path / "tiny"
            seen.append(manifest.problems(folder, manifest.read(folder)))

        return changed

    for name in ("put", "remove"):
        method = getattr(publish.Transaction, name)
        monkeypatch.setattr(publish.Transaction, name, watched(method))
    publish.export_run(small, "onnx,savedmodel", tmp_path)
    assert len(seen) > 5 and seen[-1] == {}
    assert {kind for problems in seen for kind in problems.values()} == {"extra"}


def test_a_watched_folder_never_shows_half_a_model(small, tmp_path, monkeypatch):
    """A version folder appears whole: what is renamed is what stays."""
    seen = {}
    rename = os.rename

    def watched(source, target):
        if str(target).endswith("tiny/shared/1"):
            assert not os.path.exists(target)
            seen.update(tree(source))
        rename(source, target)

    monkeypatch.setattr(os, "rename", watched)
    publish.export_run(small, "savedmodel", tmp_path)
    assert {"saved_model.pb", "assets.extra/tf_serving_warmup_requests"} < set(seen)
    assert tree(tmp_path / "tiny/shared/1") == seen


def test_first_export_that_fails_leaves_no_folder_behind(small, tmp_path, monkeypatch):
    rename = os.rename

    def broken(source, target):
        if str(target).endswith("shared/1"):
            raise DiskError("no")
        rename(source, target)

    monkeypatch.setattr(os, "rename", broken)
    with pytest.raises(DataError):
        publish.export_run(small, "all", tmp_path)
    assert list((tmp_path / "tiny").iterdir()) == []


def test_corrupt_manifest_stops_an_export_before_it_begins(small, tmp_path):
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "manifest.json").write_text("{")
    with pytest.raises(DataError, match="manifest.json must be as tfmi export"):
        publish.export_run(small, "all", tmp_path)
    assert len(list((tmp_path / "tiny").iterdir())) == 1
