"""One export that several test files look at; those that change it copy it."""

import pytest
from fake_run import FakeRun

from tfmi.exporting import publish


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
