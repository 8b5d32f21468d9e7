"""The files that TensorFlow Serving is started with.

None holds a path of the machine that wrote it: they name where the server sees the
export folder, the model root.
"""

import json
import re
import urllib.parse

from tfmi.errors import UsageError

MODELS = "models.config"
BATCHING = "batching.config"
COMPOSE = "compose.yaml"
MODEL_ROOT = "/models"

BATCHING_TEXT = """\
# tensorflow_model_server --enable_batching=true --batching_parameters_file=THIS
# Written by tfmi export, which replaces it: edit a copy.
# Requests that arrive within batch_timeout_micros are run together; one with
# more than max_execution_batch_size images is split.
max_batch_size { value: 16384 }
max_execution_batch_size { value: 64 }
enable_large_batch_splitting { value: true }
batch_timeout_micros { value: 1000 }
max_enqueued_batches { value: 1024 }
# Edit: the number of CPU cores.
num_batch_threads { value: 2 }
"""
HEADER = """\
# tensorflow_model_server --rest_api_port=8501 --model_config_file=THIS
# Written by tfmi export, which replaces it: edit a copy. The server sees this folder
# as {root}; tfmi export --model-root writes another one. The newest version
# is served.
"""
COMPOSE_TEXT = """\
# docker compose up (in this folder; REST on port 8501, gRPC on 8500)
# Written by tfmi export, which replaces it: edit a copy. The cards in cards/ hold
# the requests of each signature.
services:
  tensorflow-serving:
    image: tensorflow/serving
    ports: ["8500:8500", "8501:8501"]
{volumes}    command:
      - {models}
      - --enable_batching=true
      - {batching}
    healthcheck:
      test: {ready}
      interval: 10s
      start_period: 60s
"""
# The image has neither curl nor wget.
READY = (
    "for name in {names}; do exec 3<>/dev/tcp/127.0.0.1/8501 && "
    r"printf 'GET /v1/models/%s HTTP/1.0\r\n\r\n' $$name >&3 && "
    "grep -q AVAILABLE <&3 || exit 1; done"
)


def model_name(source, encoder):
    """The name by which clients ask for an encoder of a source."""
    return f"{source}-{encoder}"


def check_model_root(root):
    """Raise a UsageError for what the server would refuse.

    Args:
        root: where the server sees the export folder: an absolute path or the
            address of a store, such as gs://BUCKET/FOLDER.
    """
    if not re.match(r"/|\w+://", root) or not root.isprintable():
        raise UsageError(
            f"model_root must be an absolute path or an address. Received: {root!r}"
        )


def texts(served, root=MODEL_ROOT):
    """The files, `{name: text}`.

    Args:
        served: `{encoder: name by which clients ask for it}`, those with a
            SavedModel.
        root: as in `check_model_root`.
    """
    root = root.rstrip("/")
    entries = "".join(
        _ENTRY.format(name=_quoted(name), path=_quoted(f"{root}/{encoder}"))
        for encoder, name in sorted(served.items())
    )
    config = f"{HEADER.format(root=root)}model_config_list {{\n{entries}}}\n"
    return {
        MODELS: config,
        BATCHING: BATCHING_TEXT,
        COMPOSE: _compose(sorted(served.values()), root),
    }


def _compose(names, root):
    """What `docker compose` starts the server with; a store needs no volume."""
    mounted = json.dumps(f".:{_no_variable(root)}:ro")
    config, batching = f"{root}/{MODELS}", f"{root}/{BATCHING}"
    ready = READY.format(names=" ".join(map(_in_address, names)))
    return COMPOSE_TEXT.format(
        volumes=f"    volumes: [{mounted}]\n" if root.startswith("/") else "",
        models=json.dumps(_no_variable(f"--model_config_file={config}")),
        batching=json.dumps(_no_variable(f"--batching_parameters_file={batching}")),
        ready=json.dumps(["CMD", "bash", "-c", ready]),
    )


def _in_address(name):
    """A name as it stands in an address, which no shell changes."""
    return urllib.parse.quote(name, safe="", errors="surrogatepass").replace("~", "%7E")


def _no_variable(text):
    """A text in which docker compose sees no variable."""
    return text.replace("$", "$$")


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_ENTRY = """\
  config {{
    name: {name}
    base_path: {path}
    model_platform: "tensorflow"
  }}
"""
