"""What stands in the export folder after several exports, and after a failure."""

import os
import pathlib
import shutil

import numpy as np
import pytest
from fake_run import FakeRun

from tfmi.errors import DataError
from tfmi.errors import UsageError
from tfmi.evaluation.results import Record
from tfmi.evaluation.results import Results
from tfmi.exporting import manifest
from tfmi.exporting import publish
from tfmi.exporting.check_export import verify_export
from tfmi.exporting.transaction import Transaction
from tfmi.representation import SHARED


@pytest.fixture
def small(tmp_path):
    """A run of one representation, so that each export is quick."""
    return FakeRun(tmp_path / "run", representations=(SHARED,))


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


def test_server_configuration_is_what_the_server_parses(exported):
    from google.protobuf import text_format
    from tensorflow_serving.config import model_server_config_pb2

    parsed = text_format.Parse(
        (exported / "models.config").read_text(),
        model_server_config_pb2.ModelServerConfig(),
    )
    models = parsed.model_config_list.config
    assert [m.name for m in models] == [
        "tiny-combined",
        "tiny-exclusive",
        "tiny-shared",
    ]
    for model in models:
        root, encoder = os.path.split(model.base_path)
        assert root == "/models"
        assert (exported / encoder / "1" / "saved_model.pb").is_file()
    batching = (exported / "batching.config").read_text()
    assert "max_execution_batch_size { value: 64 }" in batching


def test_card_says_what_users_need(exported):
    card = (exported / "cards" / "combined-1.md").read_text()
    for part in (
        "random strokes",
        "| seed | 7 |",
        "Not evaluated",
        "12x12x3",
        "`images` uint8 (batch, 12, 12, 3)",
        "`image_bytes` string (batch)",
        "`shared` float32 (batch, 4)",
        "shared digit 50.00% to 25.00%",
        "http://localhost:8501/v1/models/tiny-combined:predict",
        '"b64"',
        "## Limits",
        "## Intended use",
    ):
        assert part in card, part


def evaluated(run):
    """Results with an accuracy of its own for each representation and domain."""
    numbers = {("shared", "x"): 0.11, ("shared", "y"): 0.22, ("exclusive", "x"): 0.33}
    records = [
        Record("Ours", name, domain, "strong", 0, "digit", "accuracy", value)
        for (name, domain), value in numbers.items()
    ]
    factors = {"digit": {"values": 10, "kind": "shared"}}
    about = {
        "dataset": "made-up",
        "row": "Ours",
        "probes": ["strong"],
        "representations": {
            name: {"symbol": name[0].upper(), "holds": name}
            for name in ("shared", "exclusive")
        },
        "domains": {d: {"title": d, "factors": factors} for d in "xy"},
    }
    run.evaluation_folder.mkdir(parents=True)
    Results(about, records).save(run.evaluation_folder)


def test_card_holds_the_scores_of_its_representation_and_domain(small, tmp_path):
    evaluated(small)
    publish.export_run(small, "onnx", tmp_path)
    card = (tmp_path / "tiny" / "cards" / "shared-1.md").read_text()
    assert "| Ours | 11.00% | 0.8900 |" in card
    assert "22.00%" not in card and "33.00%" not in card
    assert "Not evaluated" not in card
    assert "curl" not in card


@pytest.mark.parametrize("scores", ["[]", "{}", '{"tables": [{}]}', '"text"'])
def test_damaged_scores_count_as_not_evaluated(small, tmp_path, scores):
    small.evaluation_folder.mkdir(parents=True)
    (small.evaluation_folder / "results.json").write_text(scores)
    publish.export_run(small, "onnx", tmp_path)
    card = (tmp_path / "tiny" / "cards" / "shared-1.md").read_text()
    assert "Not evaluated by this version of tfmi" in card


def test_two_domains_have_encoders_of_their_own(small, tmp_path):
    small.domains = ["x", "y"]
    small.factors["y"] = small.factors["x"]
    published = publish.export_run(small, "onnx", tmp_path)
    names = [entry["path"].name for entry in published]
    assert names == ["shared_x.onnx", "shared_y.onnx"]
    assert all(np.isfinite(entry["difference"]) for entry in published)


@pytest.mark.parametrize(
    "wanted, names",
    [
        ("combined", ["combined.onnx"]),
        ("exclusive,shared", ["shared.onnx", "exclusive.onnx"]),
    ],
)
def test_only_the_encoders_that_are_named(tmp_path, wanted, names):
    published = publish.export_run(
        FakeRun(tmp_path), "onnx", tmp_path, encoders=wanted, license="mit", credit="me"
    )
    assert [entry["path"].name for entry in published] == names
    stem = names[0].removesuffix(".onnx")
    card = (tmp_path / "tiny" / "cards" / f"{stem}-1.md").read_text()
    assert 'license: "mit"' in card and "\n\nme\n\n" in card


def test_no_image_of_the_data_is_kept(small, tmp_path):
    publish.export_run(small, "onnx", tmp_path, keep_images=False)
    arrays = np.load(tmp_path / "tiny" / "references" / "shared-1.npz")
    kept = {image.tobytes() for image in arrays["images"]}
    assert len(kept) == 64
    assert not kept & {i.tobytes() for i in small.sample_images("x", 64)}
    verify_export(tmp_path / "tiny")


def test_another_encoder_is_refused(small, tmp_path):
    rule = "encoders must be among shared. Received: combined"
    with pytest.raises(UsageError, match=rule):
        publish.export_run(small, "onnx", tmp_path, encoders="combined")


def test_no_file_of_an_export_says_where_it_was_written(exported):
    written = str(exported.parent).encode()
    files = [path for path in exported.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [path for path in files if written in path.read_bytes()] == []
