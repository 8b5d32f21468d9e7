"""What benchmarks/scale.py writes, and what it fails for."""

import pathlib
import sys
import time
import types

import numpy as np
import pytest

from tfmi.pipelines.sentinel2.places import find_places

sys.path.append(str(pathlib.Path(__file__).parents[1] / "benchmarks"))
import measuring  # noqa: E402
import scale  # noqa: E402

GOOD = {
    "prepare, GiB": 1.0,
    "train, GiB": 1.5,
    "wait, GiB": 1.2,
    "stall": 0.01,
}


def test_acquisitions_are_of_the_size_asked_for_and_read_as_any(tmp_path, monkeypatch):
    monkeypatch.setattr(scale, "SIDE", 256)
    written = scale.write(tmp_path, 1.8 * scale.PIXEL_BYTES * 256**2)
    places, bands, notes, unusable = find_places(tmp_path)
    assert len(places) == 2 and bands == scale.BANDS
    assert not notes and not unusable
    files = sum(path.stat().st_size for path in tmp_path.rglob("*.tif"))
    assert written == 2 * scale.PIXEL_BYTES * 256**2 <= files <= 1.01 * written
    dates = []
    for acquisition in places[0].acquisitions:
        with acquisition.opened(bands) as read:
            values, bad = read((100, 60, 64, 64))
        assert values.max() <= 0.4096 and values.std() > 0.1 and not bad.any()
        dates.append(values)
    assert abs(np.corrcoef(np.ravel(dates[0]), np.ravel(dates[1]))[0, 1]) < 0.05


@pytest.mark.parametrize(
    "changed, text",
    [
        ({}, None),
        ({"train, GiB": 1.9}, None),
        ({"train, GiB": 2.1}, "train must take the same memory"),
        ({"prepare, GiB": 3.0}, "prepare must take less than 3 GiB"),
        ({"stall": 0.05}, r"input must take less than 5% of a step. Received: 5.0%"),
    ],
)
def test_what_it_fails_for(changed, text):
    failed = [*scale.failures([GOOD, {**GOOD, **changed}])]
    if text is None:
        assert not failed
    else:
        assert any(line.startswith(text) for line in failed)


CHILD = """
import pathlib, sys
folder, kept = pathlib.Path(sys.argv[1]), bytearray(2**27)
while not (folder / "seen").exists():
    kept[::1024] = bytes(2**17)  # used, so that it stays in memory
    (folder / "there").touch()
"""
PARENT = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {CHILD!r}, sys.argv[1]])
"""


def measured(name, code, folder, monkeypatch):
    """What `measuring.run` gives for a process that ends once its memory was seen,
    however fast the machine is."""
    folder.mkdir()

    def sleep(seconds):
        time.sleep(seconds)
        if (folder / "before").exists():
            (folder / "seen").touch()
        elif (folder / "there").exists():
            (folder / "before").touch()

    with monkeypatch.context() as patch:
        clock = types.SimpleNamespace(sleep=sleep, perf_counter=time.perf_counter)
        patch.setattr(measuring, "time", clock)
        return measuring.run(name, [sys.executable, "-c", code, folder])


def test_memory_of_a_command_and_its_children(tmp_path, monkeypatch):
    alone = measured("child", CHILD, tmp_path / "alone", monkeypatch)
    both = measured("parent", PARENT, tmp_path / "both", monkeypatch)
    assert alone["peak_bytes"] > 2**27
    assert both["peak_bytes"] > alone["peak_bytes"] and both["seconds"] > 0
    with pytest.raises(SystemExit, match="the step must end well"):
        measuring.run("fails", [sys.executable, "-c", "1 / 0"])
