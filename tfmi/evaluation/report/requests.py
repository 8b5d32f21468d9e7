"""Exports of a run: their signatures, and requests that can be copied."""

import json
import shlex
import urllib.parse

URL = "http://localhost:8501/v1/models"
ONNX = """\
import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession({path})
image = Image.open("test_image.png").convert({mode})
images = np.asarray(image, np.uint8).reshape(1, {height}, {width}, {channels})
names = [output.name for output in session.get_outputs()]
for name, vectors in zip(names, session.run(names, {{"images": images}})):
    print(name, vectors.shape, vectors[0])
"""


def export_views(exports, folder):
    """What the page shows of each export.

    Args:
        exports: entries of the export folder's manifest.
        folder: the export folder, as a user would type it.

    Returns:
        `[{"name", "version", "signatures": [{"name", "inputs", "outputs"}], "files":
        [path], "rest", "onnx"}]`, `rest` and `onnx` None where there is no such file.
    """
    return [_view(export, folder) for export in exports]


def server_command(folder):
    """The command that serves the SavedModels of an export folder."""
    return f"docker compose --file={shlex.quote(f'{folder}/compose.yaml')} up"


def _view(export, folder):
    kinds = {model["kind"]: name for name, model in export["models"].items()}
    signatures = export["signatures"]
    return {
        "name": export["name"],
        "encoder": export["encoder"],
        "version": export["version"],
        "signatures": [
            {
                "name": name,
                "inputs": _tensors(signature["inputs"]),
                "outputs": _tensors(signature["outputs"]),
            }
            for name, signature in signatures.items()
        ],
        "files": [f"{folder}/{name}" for name in export["models"]],
        "rest": _rest(export["name"], signatures) if "savedmodel" in kinds else None,
        "onnx": _onnx(f"{folder}/{kinds['onnx']}", export["image_shape"])
        if "onnx" in kinds
        else None,
    }


def _tensors(tensors):
    return [
        f"{name}: {tensor['dtype']} ({', '.join(map(_size, tensor['shape']))})"
        for name, tensor in tensors.items()
    ]


def _size(size):
    return "batch" if size is None else str(size)


def _rest(name, signatures):
    """A curl command; of an encoded image where there is a signature for files."""
    for signature, tensors in signatures.items():
        for tensor, about in tensors["inputs"].items():
            if about["dtype"] == "string":
                return file_request(name, signature, tensor)
    return json_request(name)


def json_request(name, file="IMAGES.json"):
    """The command that sends a JSON file of images to a model."""
    return f"curl -d @{file} {_address(name)}"


def file_request(name, signature, tensor, file="test_image.png"):
    """The command that sends a PNG or JPEG file to a model.

    Args:
        name: of the model; it, the signature and the tensor may be any text.
        signature: name.
        tensor: name of the signature's input.
        file: path.
    """
    request = {"signature_name": signature, "instances": [{tensor: {"b64": ""}}]}
    text = json.dumps(request)
    # The file's text comes between the last two quotes.
    middle = text.rindex('""') + 1
    before, after = (shlex.quote(part) for part in (text[:middle], text[middle:]))
    return (
        f"{{ printf %s {before}\n"
        f"  base64 < {shlex.quote(file)} | tr -d '\\n'\n"
        f"  printf %s {after}; }} |\n"
        f"  curl -d @- {_address(name)}"
    )


def _address(name):
    quoted = urllib.parse.quote(name, safe="", errors="surrogatepass")
    return shlex.quote(f"{URL}/{quoted}:predict")


def _onnx(path, shape):
    height, width, channels = map(int, shape)
    return ONNX.format(
        # Escapes as in Python, but for characters that take two in JSON.
        path=json.dumps(path, ensure_ascii=False),
        mode='"L"' if channels == 1 else '"RGB"',
        height=height,
        width=width,
        channels=channels,
    )
