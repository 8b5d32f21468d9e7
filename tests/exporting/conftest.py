"""One export that several test files look at; those that change it copy it."""

import json
import shutil

import pytest
from fake_run import FakeRun

from tfmi.exporting import publish
from tfmi.representation import SHARED


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    return FakeRun(tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="session")
def exported(run, tmp_path_factory):
    """Folder of an export of all formats, int8 and float16 included."""
    output = tmp_path_factory.mktemp("exported")

    def probe(domain, before, after):
        images = run.sample_images(domain, 2)
        assert set(before(images)) == set(after(images))
        return {n: {"digit": {"before": 0.5, "after": 0.25}} for n in before(images)}

    publish.export_run(run, "all,float16,int8", output, probe=probe)
    return output / "tiny"


@pytest.fixture
def small(tmp_path):
    """A run of one representation, so that each export is quick."""
    return FakeRun(tmp_path / "run", representations=(SHARED,))


@pytest.fixture
def export(exported, tmp_path):
    """A copy of the export of one encoder, so that a check is quick."""
    folder = tmp_path / "tiny"
    shutil.copytree(exported, folder)
    content = json.loads((folder / "manifest.json").read_text())
    keep = content["exports"]["shared/1"]
    content["exports"] = {"shared/1": keep}
    for name, entry in list(content["files"].items()):
        if entry["export"] not in (None, "shared/1"):
            del content["files"][name]
            (folder / name).unlink()
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder
