"""Requests that work as they are pasted."""

import ast
import base64
import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import urllib.parse

import numpy as np
import onnx
import pytest
import report_content as content

from tfmi.evaluation.report import page
from tfmi.evaluation.report import requests
from tfmi.evaluation.report import thumbnails
from tfmi.exporting.formats import saved_model

pytestmark = pytest.mark.any_versions

(VIEW,) = requests.export_views([content.EXPORT], "exported/halves")


def _write_image(folder):
    uri = thumbnails.png_uri(np.full((12, 12, 1), 7, np.uint8))
    content_of_file = base64.b64decode(uri.split(",")[1])
    (folder / "test_image.png").write_bytes(content_of_file)
    return content_of_file


def test_signatures_are_lines_for_people():
    assert (VIEW["name"], VIEW["version"]) == ("halves-shared_x", 2)
    assert VIEW["signatures"][0] == {
        "name": "serving_default",
        "inputs": ["images: uint8 (batch, 12, 12, 1)"],
        "outputs": ["shared: float32 (batch, 2)"],
    }
    assert VIEW["files"] == [
        "exported/halves/shared_x/2",
        "exported/halves/shared_x.onnx",
    ]


def test_the_curl_command_sends_the_file(tmp_path):
    file = _write_image(tmp_path)
    curl = tmp_path / "curl"
    curl.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > arguments\ncat > body\n')
    curl.chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", VIEW["rest"]], cwd=tmp_path, env=path, check=True)
    body = json.loads((tmp_path / "body").read_text())
    assert body["signature_name"] == "encoded"
    ((name, value),) = body["instances"][0].items()
    assert name == "image_bytes"
    assert base64.b64decode(value["b64"]) == file
    arguments = (tmp_path / "arguments").read_text().split()
    url = "http://localhost:8501/v1/models/halves-shared_x:predict"
    assert arguments == ["-d", "@-", url]


def test_without_a_signature_for_files_a_json_file_is_sent():
    signatures = {"serving_default": content.EXPORT["signatures"]["serving_default"]}
    export = {**content.EXPORT, "signatures": signatures}
    (view,) = requests.export_views([export], "exported/halves")
    assert view["rest"].startswith("curl -d @IMAGES.json http://localhost:8501/")


def test_the_onnx_snippet_runs(tmp_path):
    _write_image(tmp_path)
    path = tmp_path / "exported" / "halves" / "shared_x.onnx"
    path.parent.mkdir(parents=True)
    onnx.save(_sums(), path)
    result = subprocess.run(
        [sys.executable, "-c", VIEW["onnx"]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == ["shared", "(1,)", str(float(12 * 12 * 7))]


def _sums():
    """An ONNX model that adds up the pixels of each image."""
    helper, kinds = onnx.helper, onnx.TensorProto
    images = helper.make_tensor_value_info("images", kinds.UINT8, [None, 12, 12, 1])
    shared = helper.make_tensor_value_info("shared", kinds.FLOAT, [None])
    cast = helper.make_node("Cast", ["images"], ["floats"], to=kinds.FLOAT)
    axes = helper.make_tensor("axes", kinds.INT64, [3], [1, 2, 3])
    add = helper.make_node("ReduceSum", ["floats", "axes"], ["shared"], keepdims=0)
    graph = helper.make_graph([cast, add], "sums", [images], [shared], [axes])
    opset = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


def test_exports_of_one_format():
    for kind, gone in (("onnx", "rest"), ("savedmodel", "onnx")):
        models = {
            name: model
            for name, model in content.EXPORT["models"].items()
            if model["kind"] == kind
        }
        (view,) = requests.export_views([{**content.EXPORT, "models": models}], "e")
        assert view[gone] is None


def test_the_server_command_quotes_its_path():
    command = requests.server_command("my exports/halves")
    assert command.endswith("='my exports/halves/compose.yaml' up")


def test_colour_images_are_opened_as_such():
    (view,) = requests.export_views([{**content.EXPORT, "image_shape": [2, 3, 3]}], "e")
    assert '.convert("RGB")' in view["onnx"]
    assert "reshape(1, 2, 3, 3)" in view["onnx"]


NASTY = [
    "a; touch made #",
    "a'; touch made; '",
    'a"; touch made; "',
    "$(touch made)",
    "`touch made`",
    "a\ntouch made\n",
    "a & touch made",
    "a | touch made",
    "%s %n \\n",
    "../a?b#c",
    "é ß 漢 😀",
    "-d",
    "",
]


def _run(command, folder):
    """What curl is given, `(arguments, body)`, where nothing else runs."""
    curl = folder / "curl"
    curl.write_text('#!/bin/sh\nprintf "%s\\0" "$@" > arguments\ncat > body\n')
    curl.chmod(0o755)
    path = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env=path,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert not (folder / "made").exists()
    return (folder / "arguments").read_text().split("\0")[:-1], folder / "body"


@pytest.mark.parametrize("name", NASTY)
def test_commands_hold_any_name(tmp_path, name):
    file = _write_image(tmp_path)
    tensors = {"inputs": {name: {"dtype": "string", "shape": [None]}}, "outputs": {}}
    export = {**content.EXPORT, "name": name, "signatures": {name: tensors}}
    (view,) = requests.export_views([export], "e")
    arguments, body = _run(view["rest"], tmp_path)
    quoted = urllib.parse.quote(name, safe="")
    url = f"http://localhost:8501/v1/models/{quoted}:predict"
    assert arguments == ["-d", "@-", url]
    request = json.loads(body.read_text())
    assert request["signature_name"] == name
    assert base64.b64decode(request["instances"][0][name]["b64"]) == file
    (view,) = requests.export_views([{**export, "signatures": {}}], "e")
    assert _run(view["rest"], tmp_path)[0] == ["-d", "@IMAGES.json", url]


@pytest.mark.parametrize("name", NASTY)
def test_snippets_and_server_commands_hold_any_folder(tmp_path, name):
    (view,) = requests.export_views([content.EXPORT], name)
    tree = ast.parse(view["onnx"])
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert f"{name}/shared_x.onnx" in texts
    server = requests.server_command(name).replace("docker", "curl", 1)
    assert _run(server, tmp_path)[0][1] == f"--file={name}/compose.yaml"


@pytest.mark.parametrize("name", NASTY)
def test_the_cards_commands_hold_any_name(tmp_path, name):
    (tmp_path / "IMAGE.png").write_bytes(b"picture")
    info = {
        "name": name,
        "outputs": {"shared": 2},
        "signatures": {"encoded": {"inputs": {"image_bytes": {}}}, "scaled": {}},
    }
    text = saved_model.FORMAT.request(info)
    commands = [
        textwrap.dedent(part) for part in text.split("\n\n") if part.startswith("    ")
    ]
    assert len(commands) == 4
    arguments, body = _run(commands[1], tmp_path)
    (instance,) = json.loads(body.read_text())["instances"]
    assert base64.b64decode(instance["image_bytes"]["b64"]) == b"picture"
    assert _run(commands[2], tmp_path)[0][1:] == ["@IMAGES.json", arguments[2]]
    assert _run(commands[3], tmp_path)[0][1:] == ["@SCALED.json", arguments[2]]


def test_commands_of_the_page_quote_the_runs_path():
    for name in ("scores", "serving", "summary"):
        source = (pathlib.Path(page.__file__).parent / "templates").joinpath(
            f"{name}.html.jinja"
        )
        commands = re.findall(r"<code>tfmi [a-z]+ (.*?)</code>", source.read_text())
        assert commands and set(commands) == {"{{ about.path | shell }}"}
