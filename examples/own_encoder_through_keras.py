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
# # An encoder of your own, through Keras
#
# Any model from images to a vector will do. Both stages are Keras models: `compile`,
# `fit`, callbacks, `save` and `keras.saving.load_model` are what they always are.

# %%
import keras
import numpy as np
import tensorflow as tf

import tfmi

generator = np.random.default_rng(0)
hues = generator.integers(0, 256, (512, 1, 1, 3))
x, y = (
    (hues * 0.5 + generator.integers(0, 128, (512, 32, 32, 1))).astype(np.uint8)
    for _ in range(2)
)
pairs = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(512, seed=0).batch(64)

# %%
encoder = keras.applications.MobileNet(
    (32, 32, 3), alpha=0.25, weights=None, include_top=False
)
shared = tfmi.SharedModel.from_encoder(encoder)
shared.compile(optimizer=keras.optimizers.Adam(1e-3))
history = shared.fit(pairs, epochs=3, verbose=0)
print({name: round(values[-1], 3) for name, values in history.history.items()})

# %% [markdown]
# The second stage takes the first, frozen, and an untrained encoder.

# %%
exclusive = tfmi.ExclusiveModel.from_encoders(shared, keras.models.clone_model(encoder))
exclusive.compile(optimizer=keras.optimizers.Adam(1e-3))
exclusive.fit(pairs, epochs=3, verbose=0)

# %% [markdown]
# A saved model is read back as any other, and exported without a run.

# %%
exclusive.save("mine.keras")
again = keras.saving.load_model("mine.keras")
for (representation, domain), represent in again.representations().items():
    print(representation.name, domain, np.asarray(represent(x[:2])).shape)
for written in tfmi.export(again, "exported/mine", formats=("onnx",), images=x):
    print(written["path"])
