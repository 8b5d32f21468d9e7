"""A small test server for SavedModels: REST and gRPC predict, version folders.

    python serving_peer.py NAME BASE_PATH REST_PORT GRPC_PORT

It loads and runs models as TensorFlow Serving does (`c_api`) and watches the
folder as it does, but is no part of it: only for tests.
"""

import base64
import concurrent.futures
import http.server
import json
import pathlib
import sys
import threading
import time

import c_api
import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2
from tensorflow_serving.apis import prediction_service_pb2_grpc

DEFAULT = "serving_default"
MOST_BYTES = 2**30


class BadRequest(Exception):
    pass


class Watched:
    """The newest version below a folder; requests keep the one they began with."""

    def __init__(self, base):
        self.base = pathlib.Path(base)
        self.current = (0, None)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while True:
            names = [p.name for p in self.base.glob("*") if p.name.isdecimal()]
            newest = max(names, key=int, default="0")
            if int(newest) > self.current[0]:
                self.current = (int(newest), c_api.Model(self.base / newest))
            time.sleep(0.1)

    def predict(self, signature, inputs):
        version, model = self.current
        known = model.signatures.get(signature) if model else None
        if known is None:
            raise BadRequest(f"no signature {signature}")
        if set(inputs) != set(known.inputs):
            raise BadRequest(f"inputs must be {list(known.inputs)}: {list(inputs)}")
        try:
            return version, model(signature, inputs)
        except c_api.CallError as error:
            raise BadRequest(str(error)) from error


def from_json(body, known):
    """Arrays of a request's `instances` or `inputs`."""
    name = next(iter(known.inputs))
    if "instances" in body:
        rows = body["instances"]
        named = any(isinstance(row, dict) and "b64" not in row for row in rows)
        values = {name: [row[name] for row in rows] if named else rows}
    else:
        values = body["inputs"]
        values = values if isinstance(values, dict) else {name: values}
    return {n: _array(v, known.inputs[n].dtype) for n, v in values.items()}


def _array(value, kind):
    if kind == c_api.STRING:
        files = [base64.b64decode(item["b64"], validate=True) for item in value]
        return np.array(files, dtype=object)
    array = np.array(value)
    dtype = np.dtype(tf.dtypes.as_dtype(kind).as_numpy_dtype)
    if array.size and not np.can_cast(np.min_scalar_type(array.max()), dtype):
        if dtype.kind == "u":
            raise BadRequest(f"values must be of {dtype}. Received: {array.dtype}")
    if array.dtype.kind not in "iuf":
        raise BadRequest(f"values must be of {dtype}. Received: {array.dtype}")
    return array.astype(dtype)


def to_json(body, outputs):
    lists = {name: value.tolist() for name, value in outputs.items()}
    if "inputs" in body:
        return {"outputs": lists if len(lists) > 1 else next(iter(lists.values()))}
    if len(lists) == 1:
        return {"predictions": next(iter(lists.values()))}
    rows = zip(*lists.values(), strict=True)
    return {"predictions": [dict(zip(lists, row, strict=True)) for row in rows]}


def rest_server(name, watched, port):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            version = watched.current[0]
            status = {"version": str(version), "state": "AVAILABLE"}
            found = version and self.path == f"/v1/models/{name}"
            self._answer(
                200 if found else 404, {"model_version_status": [status] * bool(found)}
            )

        def do_POST(self):
            # What is left of a body would be taken for the next request.
            self.close_connection = True
            try:
                text = self._body()
                answer = self._predict(json.loads(text))
            except Exception as error:  # whatever a request holds, the server goes on
                self._answer(400, {"error": str(error) or type(error).__name__})
            else:
                self._answer(200, answer)

        def _body(self):
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > MOST_BYTES:
                raise BadRequest(f"Content-Length must be a number. Received: {length}")
            text = self.rfile.read(int(length))
            self.close_connection = self.headers.get("Connection") == "close"
            return text

        def _predict(self, body):
            if self.path != f"/v1/models/{name}:predict":
                raise BadRequest(f"no model at {self.path}")
            if not isinstance(body, dict):
                raise BadRequest("a request must be an object")
            signature = body.get("signature_name", DEFAULT)
            model = watched.current[1]
            if model is None or signature not in model.signatures:
                raise BadRequest(f"no signature {signature}")
            inputs = from_json(body, model.signatures[signature])
            _, outputs = watched.predict(signature, inputs)
            return to_json(body, outputs)

        def _answer(self, code, content):
            text = json.dumps(content).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args):
            pass

    return http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)


class Prediction(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, name, watched):
        self.name, self.watched = name, watched

    def Predict(self, request, context):
        spec = request.model_spec
        if spec.name != self.name:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no model {spec.name}")
        signature = spec.signature_name or DEFAULT
        try:
            inputs = {k: tf.make_ndarray(v) for k, v in request.inputs.items()}
            version, outputs = self.watched.predict(signature, inputs)
        except Exception as error:  # as over REST
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        response = predict_pb2.PredictResponse()
        response.model_spec.name = self.name
        response.model_spec.version.value = version
        response.model_spec.signature_name = signature
        for name, value in outputs.items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
        return response


def grpc_server(name, watched, port):
    unlimited = [(f"grpc.max_{way}_message_length", -1) for way in ("receive", "send")]
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), options=unlimited)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Prediction(name, watched), server
    )
    server.add_insecure_port(f"127.0.0.1:{port}")
    return server


def main(name, base, rest_port, grpc_port):
    watched = Watched(base)
    prediction = grpc_server(name, watched, int(grpc_port))  # stops when collected
    prediction.start()
    rest_server(name, watched, int(rest_port)).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
