# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Serving, with curl
#
# `own_pairs.py` writes the export that is served here. TensorFlow Serving starts from
# `exported/pairs/compose.yaml` (`docker compose --file=exported/pairs/compose.yaml
# up`), or, where the program is on the PATH, as below.

# %%
import json
import pathlib
import shutil
import subprocess
import time
import urllib.request

import numpy as np
from PIL import Image

NAME, PORT = "pairs-combined", 8501
URL = f"http://localhost:{PORT}/v1/models/{NAME}"
PROGRAM = "tensorflow_model_server"
server = None
if shutil.which(PROGRAM):
    base = pathlib.Path("exported/pairs/combined").resolve()
    options = [f"--model_name={NAME}", f"--model_base_path={base}"]
    server = subprocess.Popen([PROGRAM, f"--rest_api_port={PORT}", *options])


def wait_until_available(seconds=60):
    for _ in range(10 * seconds):
        try:
            with urllib.request.urlopen(URL) as answer:
                if b"AVAILABLE" in answer.read():
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"nothing serves {NAME} on port {PORT}: start it as above")


wait_until_available()


# %%
def curl(request):
    """POST a request as `curl -d @request.json URL:predict` does."""
    pathlib.Path("request.json").write_text(json.dumps(request))
    command = [
        "curl",
        "--silent",
        "--show-error",
        "-d",
        "@request.json",
        f"{URL}:predict",
    ]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return json.loads(answer)["predictions"]


# %% [markdown]
# The three signatures, on one image: numbers, scaled numbers, the file.

# %%
import base64

path = pathlib.Path("fabrics/0.png")
image = np.asarray(Image.open(path).convert("RGB"))
encoded = base64.b64encode(path.read_bytes()).decode()
answers = [
    curl({"instances": [image.tolist()]}),
    curl({"signature_name": "scaled", "instances": [(image / 127.5 - 1).tolist()]}),
    curl(
        {"signature_name": "encoded", "instances": [{"image_bytes": {"b64": encoded}}]}
    ),
]
for (answer,) in answers:
    # The server gives them in any order.
    print({name: np.round(answer[name][:3], 3).tolist() for name in sorted(answer)})

# %%
if server:
    server.terminate()
    server.wait()
