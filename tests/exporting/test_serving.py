"""An export in a server process on loopback, over REST and gRPC.

Each test's id says which server ran: `tensorflow_model_server` where that
program is on the PATH, or `test_peer_on_the_c_api` (serving_peer.py), which
loads the same SavedModel by the same C++ loader.
"""

import base64
import http.client
import io
import json
import shutil
import socket
import subprocess
import threading
import time

import grpc
import numpy as np
import pytest
import tensorflow as tf
from fake_run import FakeRun
from fake_run import combined_only
from PIL import Image
from serving_client import REAL
from serving_client import Client
from serving_client import command
from serving_client import free_port
from serving_client import wait_until_available

from tfmi.exporting import publish

PARTS = {"shared", "exclusive"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run and the folder of its exports; tests may add versions."""
    output = tmp_path_factory.mktemp("served")
    run = FakeRun(output / "run")
    export(run, output)
    return run, output


def export(run, output):
    with pytest.MonkeyPatch.context() as patch:
        combined_only(patch)
        publish.export_run(run, "savedmodel", output)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            REAL,
            marks=[
                pytest.mark.model_server,
                pytest.mark.skipif(
                    shutil.which(REAL) is None, reason=f"{REAL} is not on the PATH"
                ),
            ],
        ),
        "test_peer_on_the_c_api",
    ],
)
def server(request, folder):
    """A client of a running server."""
    ports = free_port(), free_port()
    base = folder[1] / "tiny" / "combined"
    with subprocess.Popen(command(request.param, base, *ports)) as process:
        try:
            client = Client(*ports)
            wait_until_available(client, process)
            yield client
            assert process.poll() is None, "the server ended by itself"
        finally:
            process.terminate()


def keras_says(run, images):
    scaled = np.asarray(images, "float32") / 127.5 - 1
    return {n: e(scaled)["vector"].numpy() for n, e in run.encoders.items()}


def same(expected, received):
    assert set(received) == PARTS
    for name, value in expected.items():
        np.testing.assert_allclose(np.array(received[name]), value, atol=1e-4)


def by_name(predictions):
    return {name: [row[name] for row in predictions] for name in PARTS}


def png(image):
    return tf.io.encode_png(image).numpy()


def b64(content):
    return {"b64": base64.b64encode(content).decode()}


def test_rest_tensors(server, folder):
    images = folder[0].sample_images("x", 3)
    expected = keras_says(folder[0], images)
    code, answer = server.rest(instances=images.tolist())
    assert code == 200, answer
    same(expected, by_name(answer["predictions"]))
    code, answer = server.rest(inputs={"images": images.tolist()})
    same(expected, answer["outputs"])
    scaled = (images / 127.5 - 1).tolist()
    code, answer = server.rest(signature_name="scaled", instances=scaled)
    same(expected, by_name(answer["predictions"]))


def test_rest_files_in_base64(server, folder):
    images = folder[0].sample_images("x", 2)
    jpeg = tf.io.encode_jpeg(images[1], quality=100).numpy()
    rows = [{"image_bytes": b64(png(images[0]))}, {"image_bytes": b64(jpeg)}]
    code, answer = server.rest(signature_name="encoded", instances=rows)
    assert code == 200, answer
    images[1] = Image.open(io.BytesIO(jpeg))
    same(keras_says(folder[0], images), by_name(answer["predictions"]))


def test_grpc(server, folder):
    images = folder[0].sample_images("x", 3)
    expected = keras_says(folder[0], images)
    scaled = (images / 127.5 - 1).astype("float32")
    files = np.array([png(image) for image in images], dtype=object)
    same(expected, server.grpc(images=images)[1])
    same(expected, server.grpc("scaled", images=scaled)[1])
    same(expected, server.grpc("encoded", image_bytes=files)[1])


@pytest.mark.parametrize(
    "signature, inputs, message",
    [
        ("serving_default", {"images": np.zeros((2, 9, 9, 3), "u1")}, "12x12x3"),
        ("serving_default", {"images": np.zeros((12, 12, 3), "u1")}, "12x12x3"),
        ("serving_default", {"images": np.zeros((1, 12, 12, 3), "f8")}, "double"),
        ("scaled", {"images": np.zeros((1, 12, 12, 3), "u1")}, "uint8"),
        ("encoded", {"image_bytes": [b"no image"]}, "PNG or JPEG"),
        ("encoded", {"image_bytes": [b"\x89PNG\r\n\x1a\n and no more"]}, "PNG"),
        ("serving_default", {"pictures": np.zeros((1, 12, 12, 3), "u1")}, "pictures"),
        ("no_such", {"images": np.zeros((1, 12, 12, 3), "u1")}, "no_such"),
    ],
)
def test_bad_grpc_request_is_refused_and_the_server_goes_on(
    server, folder, signature, inputs, message
):
    with pytest.raises(grpc.RpcError) as error:
        server.grpc(signature, **inputs)
    assert message in error.value.details()
    images = folder[0].sample_images("x", 1)
    same(keras_says(folder[0], images), server.grpc(images=images)[1])


@pytest.mark.parametrize(
    "body, message",
    [
        ({"instances": np.zeros((1, 9, 9, 3), int).tolist()}, "images must be of"),
        ({"instances": np.full((1, 12, 12, 3), "a").tolist()}, ""),
        ({"instances": np.full((1, 12, 12, 3), 256).tolist()}, ""),
        ({"signature_name": "encoded", "instances": [b64(b"no image")]}, "PNG or JPEG"),
        ({"signature_name": "encoded", "instances": [{"b64": "?"}]}, ""),
        ({"no": "instances"}, ""),
    ],
)
def test_bad_rest_request_is_refused_and_the_server_goes_on(
    server, folder, body, message
):
    code, answer = server.rest(**body)
    assert code == 400
    assert answer["error"] and message in answer["error"]
    images = folder[0].sample_images("x", 1)
    code, answer = server.rest(instances=images.tolist())
    same(keras_says(folder[0], images), by_name(answer["predictions"]))


RAW = "POST /v1/models/tiny-combined:predict HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(
    "request_text",
    [
        RAW + "\r\n",
        RAW + "Content-Length: -5\r\n\r\n{}",
        RAW + "Content-Length: many\r\n\r\n{}",
        RAW + "Content-Length: 2\r\n\r\n{}GET / HTTP/1.1\r\n\r\n",
        RAW + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        *(
            f"{RAW}Content-Length: {len(body)}\r\n\r\n{body}"
            for body in (
                "[]",
                "null",
                '"text"',
                "[" * 50_000,
                '{"instances": 5}',
                '{"instances": [5]}',
                '{"instances": [[[[1e999]]]]}',
                '{"instances": [{"a": 1}, {"b": 2}]}',
                '{"inputs": {"images": {"a": 1}}}',
                '{"signature_name": [], "instances": []}',
                '{"signature_name": "encoded", "instances": ["text", 7, null]}',
            )
        ),
    ],
)
def test_a_bad_request_does_not_spoil_the_next(server, folder, request_text):
    """Neither on its own connection, where that stays open, nor on others."""
    address = ("127.0.0.1", server.rest_port)
    with socket.create_connection(address, timeout=60) as connection:
        connection.sendall(request_text.encode())
        with connection.makefile("rb") as file:
            first = file.readline()
            assert first.split()[1:2] and not first.split()[1].startswith(b"2")
    images = folder[0].sample_images("x", 1)
    code, answer = server.rest(instances=images.tolist())
    assert code == 200
    same(keras_says(folder[0], images), by_name(answer["predictions"]))


def test_a_connection_goes_on_after_a_bad_request(server, folder):
    images = folder[0].sample_images("x", 1)
    connection = http.client.HTTPConnection("127.0.0.1", server.rest_port, timeout=60)
    path, answers = "/v1/models/tiny-combined:predict", []
    for body in ({"instances": [5]}, {"instances": images.tolist()}) * 2:
        connection.request("POST", path, json.dumps(body))
        response = connection.getresponse()
        answers.append((response.status, json.loads(response.read())))
    connection.close()
    assert [status for status, _ in answers] == [400, 200, 400, 200]
    same(keras_says(folder[0], images), by_name(answers[-1][1]["predictions"]))


def test_no_images_and_ten_thousand(server, folder):
    images = folder[0].sample_images("x", 10_000)
    _, outputs = server.grpc(images=images[:0])
    assert {value.shape for value in outputs.values()} == {(0, 4)}
    same(keras_says(folder[0], images), server.grpc(images=images)[1])
    code, answer = server.rest(instances=[])
    assert answer == {"predictions": []} if code == 200 else answer["error"]


def ask_until(stop, client, images, answers, errors):
    """REST and gRPC in turn; notes each answer and each error."""
    while not stop.is_set():
        try:
            code, answer = client.rest(instances=images.tolist())
            assert code == 200, answer
            answers.append(by_name(answer["predictions"]))
            answers.append(client.grpc(images=images)[1])
        except Exception as error:  # any lost request fails the test
            errors.append(error)


def test_new_version_is_swapped_in_under_load_and_no_request_is_lost(server, folder):
    run, output = folder
    images = run.sample_images("x", 2)
    old, (before, _) = keras_says(run, images), server.grpc(images=images)
    stop, answers, errors = threading.Event(), [], []
    arguments = (stop, server, images, answers, errors)
    threads = [threading.Thread(target=ask_until, args=arguments) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for encoder in run.encoders.values():
            for variable in encoder.trainable_variables:
                variable.assign(variable * 1.3)
        export(run, output)
        deadline = time.monotonic() + 60
        while server.grpc(images=images)[0] == before:
            assert time.monotonic() < deadline, "the new version is not served"
            time.sleep(0.1)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    new = keras_says(run, images)
    kinds = [close(old, answer) + 2 * close(new, answer) for answer in answers]
    assert set(kinds) == {1, 2}, "each answer is one version's, both were seen"
    same(new, server.grpc(images=images)[1])


def close(expected, received):
    return all(np.allclose(received[n], v, atol=1e-4) for n, v in expected.items())
