"""The configuration files that `tensorflow_model_server` is started with."""

MODELS = "models.config"
BATCHING = "batching.config"

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
# Written by tfmi export, which replaces it: edit a copy. Each base_path is where
# this folder was when it was written; edit it where the server sees the folder
# elsewhere (in a container, say /models/...). The newest version is served.
"""


def model_name(source, encoder):
    """The name by which clients ask for an encoder of a source."""
    return f"{source}-{encoder}"


def models_config(folder, served):
    """The text of models.config.

    Args:
        folder: of the exports.
        served: `{encoder: name by which clients ask for it}`, those with a
            SavedModel.
    """
    entries = "".join(
        _ENTRY.format(name=_quoted(name), path=_quoted(str(folder.resolve() / encoder)))
        for encoder, name in sorted(served.items())
    )
    return f"{HEADER}model_config_list {{\n{entries}}}\n"


def _quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_ENTRY = """\
  config {{
    name: {name}
    base_path: {path}
    model_platform: "tensorflow"
  }}
"""
