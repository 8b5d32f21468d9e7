"""The files that TensorFlow Serving is started with."""

import http.server
import subprocess
import threading
import urllib.parse

import pytest
import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from tfmi.errors import UsageError
from tfmi.exporting import server_files
from tfmi.exporting.options import Options

SERVED = {"shared": "my recipe-shared", "exclusive": "my recipe-exclusive"}


def service(root):
    texts = server_files.texts(SERVED, root)
    return yaml.safe_load(texts["compose.yaml"])["services"]["tensorflow-serving"]


@pytest.mark.parametrize(
    "root, mounted",
    [
        ("/models", [".:/models:ro"]),
        ("/srv/my models/$x/", [".:/srv/my models/$$x:ro"]),
        ("gs://bucket/models", None),
    ],
)
def test_every_path_is_below_the_model_root(root, mounted):
    texts = server_files.texts(SERVED, root)
    parsed = text_format.Parse(
        texts["models.config"], model_server_config_pb2.ModelServerConfig()
    )
    paths = {m.name: m.base_path for m in parsed.model_config_list.config}
    root = root.rstrip("/")
    assert paths == {name: f"{root}/{encoder}" for encoder, name in SERVED.items()}
    started = service(root)
    assert started.get("volumes") == mounted
    options = dict(option.split("=", 1) for option in started["command"])
    escaped = root.replace("$", "$$")
    assert options["--model_config_file"] == f"{escaped}/models.config"
    assert options["--batching_parameters_file"] == f"{escaped}/batching.config"


@pytest.mark.parametrize("root", ["models", "./models", "", "C:\\models", "/a\nb"])
def test_a_root_that_the_server_refuses(root):
    with pytest.raises(UsageError, match="model_root must be an absolute path"):
        Options(model_root=root)


@pytest.fixture
def status():
    """A server that says of every model that it is in a state, and its states."""
    states = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            name = urllib.parse.unquote(self.path.removeprefix("/v1/models/"))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f'"state": "{states[name]}"'.encode())

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield server.server_port, states
        server.shutdown()


@pytest.mark.parametrize(
    "exclusive, ready", [("AVAILABLE", True), ("LOADING", False), ("END", False)]
)
def test_it_is_ready_when_every_model_is(status, exclusive, ready):
    port, states = status
    states |= {"my recipe-shared": "AVAILABLE", "my recipe-exclusive": exclusive}
    kind, *command = service("/models")["healthcheck"]["test"]
    assert kind == "CMD"
    # As docker compose reads it; the port is that of the server above.
    command = [c.replace("$$", "$").replace("/8501", f"/{port}") for c in command]
    assert (subprocess.run(command, check=False).returncode == 0) == ready


def test_it_is_not_ready_before_it_listens():
    command = service("/models")["healthcheck"]["test"][1:]
    command = [c.replace("$$", "$").replace("/8501", "/1") for c in command]
    result = subprocess.run(command, check=False, capture_output=True)
    assert result.returncode != 0
