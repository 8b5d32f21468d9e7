"""What an export says of itself and of its data, and which encoders it has."""

import os

import numpy as np
import pytest
from fake_run import FakeRun

from tfmi.errors import UsageError
from tfmi.evaluation.results import Record
from tfmi.evaluation.results import Results
from tfmi.exporting import publish
from tfmi.exporting.check_export import verify_export


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
