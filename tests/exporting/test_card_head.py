"""The metadata of a model card, as the Hugging Face Hub reads it."""

import made_results
import pytest
import yaml

from tfmi.exporting import card_head

NAMES = ["tiny-shared", 'a: "b" #c', "é 漢", "- x", "{a}", "yes"]


def read(name="tiny-shared", results=None, license=None):
    info = {
        "license": license,
        "name": name,
        "source": f"made of {name}",
        "domain": "x",
        "outputs": {"shared": 2},
        "models": {"shared.onnx": {"kind": "onnx"}, "s/1": {"kind": "savedmodel"}},
    }
    text = card_head.head(info, results)
    start, content, end = text.split("---\n")
    assert (start, end) == ("", "")
    return yaml.safe_load(content)


def test_without_scores():
    content = read()
    assert content == {
        "library_name": "tfmi",
        "pipeline_tag": "image-feature-extraction",
        "tags": ["tfmi", "disentanglement", "onnx", "tensorflow"],
    }


def test_a_licence_is_the_publishers_to_say():
    assert read(license="cc-by-4.0")["license"] == "cc-by-4.0"


@pytest.mark.parametrize("name", NAMES)
def test_scores_of_its_representation_by_each_probe(name):
    results = made_results.results(
        shared=(0.98, 0.1), exclusive=(0.1, 1.0), protocols=("paper", "strong")
    )
    content = read(name, results)
    assert content["metrics"] == ["accuracy"]
    (model,) = content["model-index"]
    assert model["name"] == name
    paper, strong = model["results"]
    assert paper["dataset"] == {"type": "colored-mnist", "name": f"made of {name}"}
    assert paper["task"]["type"] == "image-feature-extraction"
    assert [metric["value"] for metric in paper["metrics"]] == [0.98, 0.1]
    assert strong["metrics"][0] == {
        "type": "accuracy",
        "name": "digit from shared, probe strong",
        "value": 0.98,
    }
