"""Exports that a full disk, a kill or another export stops."""

import errno
import os
import pathlib
import subprocess
import sys

import pytest
import tensorflow as tf
from fake_run import FakeRun

from tfmi import files
from tfmi.errors import DataError
from tfmi.exporting import manifest
from tfmi.exporting import publish
from tfmi.exporting import warmup
from tfmi.exporting.check_export import verify_export
from tfmi.exporting.encoder_export import EncoderExport
from tfmi.exporting.formats import onnx_compression
from tfmi.locks import lock
from tfmi.representation import SHARED

pytestmark = pytest.mark.any_versions

FULL = os.strerror(errno.ENOSPC)


@pytest.fixture
def small(tmp_path):
    return FakeRun(tmp_path / "run", representations=(SHARED,))


def raising(error):
    def fail(*args, **kwargs):
        raise error

    return fail


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, FULL),
        OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)),
        OSError(errno.EROFS, os.strerror(errno.EROFS)),
        tf.errors.ResourceExhaustedError(None, None, f"a/saved_model.pb; {FULL}"),
        RuntimeError(f"[ONNXRuntimeError] : 1 : FAIL : {FULL}"),
    ],
)
def test_a_full_disk_is_said_and_nothing_stays(small, tmp_path, monkeypatch, error):
    monkeypatch.setattr(warmup, "write", raising(error))
    with pytest.raises(DataError, match="writable, with space.*(space|quota|only)"):
        publish.export_run(small, "savedmodel", tmp_path)
    assert list((tmp_path / "tiny").iterdir()) == []


def test_half_a_file_without_an_error_is_a_full_disk(small, tmp_path, monkeypatch):
    def cut(source, path):
        path.write_bytes(source.read_bytes()[:100])

    monkeypatch.setattr(onnx_compression, "write_float16", cut)
    monkeypatch.setattr(publish, "FULL_BYTES", 2**62)
    with pytest.raises(DataError, match=FULL):
        publish.export_run(small, "onnx,float16", tmp_path)
    assert list((tmp_path / "tiny").iterdir()) == []


def test_other_errors_stay_what_they_are(small, tmp_path, monkeypatch):
    monkeypatch.setattr(warmup, "write", raising(RuntimeError("a mistake of ours")))
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        publish.export_run(small, "savedmodel", tmp_path)
    assert list((tmp_path / "tiny").iterdir()) == []


EXPORT = """
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from fake_run import FakeRun
from tfmi.errors import DataError
from tfmi.exporting import publish
from tfmi.representation import SHARED
output = pathlib.Path("disk")
run = FakeRun(output, representations=(SHARED,))
try:
    publish.export_run(run, "all,float16,int8", output)
except DataError as error:
    print(error)
print([path.name for path in output.rglob("*") if path.is_file()])
"""


@pytest.mark.parametrize("kibibytes", [40, 120, 250])
def test_a_disk_that_is_really_full(tmp_path, kibibytes):
    mount = f"mount -t tmpfs -o size={kibibytes}k tmpfs disk"
    unshare = ["unshare", "-rm", "sh", "-c", f'{mount} || exit 9; exec "$@"', "sh"]
    (tmp_path / "disk").mkdir()
    helpers = str(pathlib.Path(__file__).parents[1])
    try:
        done = subprocess.run(
            [*unshare, sys.executable, "-c", EXPORT, helpers],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError:
        pytest.skip("no unshare")
    if done.returncode == 9 or "unshare" in done.stderr:
        pytest.skip("no small disk can be mounted here")
    said, left = done.stdout.splitlines()
    assert said.endswith(f"Received: disk/tiny ({FULL})")
    assert left == "[]"


def test_a_second_export_into_a_folder_is_refused(small, tmp_path):
    (tmp_path / "tiny").mkdir()
    number = os.open(tmp_path / "tiny", os.O_RDONLY)
    try:
        assert lock(number)
        with pytest.raises(DataError, match="one export at a time.*another one is"):
            publish.export_run(small, "onnx", tmp_path)
    finally:
        os.close(number)
    publish.export_run(small, "onnx", tmp_path)


@pytest.mark.parametrize("first", ["savedmodel", "onnx"])
@pytest.mark.parametrize("second", ["savedmodel", "onnx"])
def test_a_lost_race_without_locks_is_said(small, tmp_path, monkeypatch, first, second):
    """As on a network file system: both take the same version."""
    monkeypatch.setattr(publish, "lock", lambda file: None)
    write = EncoderExport.write

    def overtaken(self):
        monkeypatch.setattr(EncoderExport, "write", write)
        write(self)
        publish.export_run(small, first, tmp_path)

    monkeypatch.setattr(EncoderExport, "write", overtaken)
    with pytest.raises(DataError, match="another export has written .*shared/1"):
        publish.export_run(small, second, tmp_path)
    verify_export(tmp_path / "tiny", progress=str)
    assert manifest.ASIDE not in " ".join(os.listdir(tmp_path / "tiny"))


def test_what_a_killed_export_left_goes_with_the_next(small, tmp_path):
    left = tmp_path / "tiny" / f"{files.ASIDE}dead"
    (left / "new" / "shared" / "1").mkdir(parents=True)
    (left / files.LOCK).touch()
    (left / "new" / "shared.onnx").write_text("half")
    publish.export_run(small, "onnx", tmp_path)
    assert not left.exists()
