"""The metadata that a model card begins with, as the Hugging Face Hub reads it.

https://huggingface.co/docs/hub/model-cards: YAML between two lines of dashes, with the
scores as a `model-index`. The licence depends on the data and is the publisher's to
say: without one that line is left out.
"""

import json

from tfmi.evaluation.results import ACCURACY

TASK = "image-feature-extraction"
# Tags by which files of a format are found.
TAGS = {"savedmodel": "tensorflow", "onnx": "onnx"}


def head(info, results):
    """The lines, the dashes included.

    Args:
        info: the export's entry in the manifest.
        results: `Results` of its evaluation, or `None`.
    """
    kinds = [model["kind"] for model in info["models"].values()]
    tags = ["tfmi", "disentanglement", *(TAGS[k] for k in kinds if k in TAGS)]
    content = {"license": info["license"]} if info["license"] else {}
    content |= {"library_name": "tfmi", "pipeline_tag": TASK, "tags": tags}
    metrics = _metrics(info, results)
    if metrics:
        content["metrics"] = [ACCURACY]
        content["model-index"] = [{"name": info["name"], "results": metrics}]
    return f"---\n{_yaml(content)}---\n"


def _metrics(info, results):
    """One entry a reading of a representation of this export by a probe."""
    keys = [
        key
        for key in (results.probed if results else ())
        if key[0] in info["outputs"] and key[1] == info["domain"]
    ]
    return [_entry(info, results, *key) for key in keys]


def _entry(info, results, representation, domain, protocol):
    accuracies = results.by_factor(
        row=results.row,
        representation=representation,
        domain=domain,
        protocol=protocol,
    )
    metrics = [
        {
            "type": ACCURACY,
            "name": f"{factor} from {representation}, probe {protocol}",
            "value": round(value, 4),
        }
        for factor, value in accuracies.items()
    ]
    dataset = {"type": results.about["dataset"], "name": info["source"]}
    task = {"type": TASK, "name": f"{representation} representation"}
    return {"task": task, "dataset": dataset, "metrics": metrics}


def _yaml(value, indent=""):
    """A mapping or a list of plain values as YAML, its texts as in JSON."""
    if isinstance(value, dict):
        items = [(f"{key}:", item) for key, item in value.items()]
    else:
        items = [("-", item) for item in value]
    return "".join(_item(*each, indent) for each in items)


def _item(mark, item, indent):
    if not isinstance(item, dict | list):
        return f"{indent}{mark} {json.dumps(item)}\n"
    deeper = _yaml(item, f"{indent}  ")
    if mark == "-":
        # The first key of a mapping stands on the line of its dash.
        return f"{indent}- {deeper.lstrip()}"
    return f"{indent}{mark}\n{deeper}"
