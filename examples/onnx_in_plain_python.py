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
# # ONNX in plain Python
#
# numpy and onnxruntime are enough: no TensorFlow, no tfmi. `own_pairs.py` writes the
# file that is read here.

# %%
import json

import numpy as np
import onnxruntime
from PIL import Image

session = onnxruntime.InferenceSession("exported/pairs/combined.onnx")
(images,) = session.get_inputs()
print("takes", images.name, images.type, images.shape)
for output in session.get_outputs():
    print("gives", output.name, output.type, output.shape)

# %% [markdown]
# The file carries what it needs to be read rightly.

# %%
metadata = session.get_modelmeta().custom_metadata_map
print("factors", json.loads(metadata["factors"]))

# %%
files = ["fabrics/0.png", "fabrics/6.png", "fabrics/1.png"]
batch = np.stack([np.asarray(Image.open(file).convert("RGB")) for file in files])
names = [output.name for output in session.get_outputs()]
vectors = dict(zip(names, session.run(names, {"images": batch}), strict=True))
first, same, other = vectors["shared"]
print(f"the same fabric  {np.linalg.norm(first - same):.2f}")
print(f"another fabric   {np.linalg.norm(first - other):.2f}")
