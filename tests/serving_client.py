"""How the serving test starts a server and asks it."""

import http.client
import json
import pathlib
import shutil
import socket
import sys
import time

import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

NAME = "tiny-combined"
REAL = "tensorflow_model_server"
PEER = pathlib.Path(__file__).parent / "exporting" / "serving_peer.py"


def command(kind, base, rest_port, grpc_port):
    if kind != REAL:
        return [sys.executable, str(PEER), NAME, str(base), rest_port, grpc_port]
    return [
        shutil.which(REAL),
        f"--model_name={NAME}",
        f"--model_base_path={base}",
        f"--rest_api_port={rest_port}",
        f"--port={grpc_port}",
        "--file_system_poll_wait_seconds=1",
    ]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


class Client:
    """Predicts of one server; each thread has a client of its own."""

    def __init__(self, rest_port, grpc_port):
        self.rest_port = int(rest_port)
        unlimited = [
            (f"grpc.max_{way}_message_length", -1) for way in ("receive", "send")
        ]
        self.channel = grpc.insecure_channel(f"127.0.0.1:{grpc_port}", unlimited)
        self.stub = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.rest_port, timeout=60)
        try:
            connection.request(method, path, body and json.dumps(body))
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def rest(self, **body):
        return self.request("POST", f"/v1/models/{NAME}:predict", body)

    def grpc(self, signature="serving_default", name=NAME, **inputs):
        request = predict_pb2.PredictRequest()
        request.model_spec.name = name
        request.model_spec.signature_name = signature
        for key, value in inputs.items():
            request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
        response = self.stub.Predict(request, timeout=60)
        outputs = {k: tf.make_ndarray(v) for k, v in response.outputs.items()}
        return response.model_spec.version.value, outputs


def wait_until_available(client, process):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server did not start"
        try:
            code, answer = client.request("GET", f"/v1/models/{NAME}")
            if code == 200 and "AVAILABLE" in json.dumps(answer):
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("the server is not ready after a minute")
