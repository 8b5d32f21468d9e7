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
# # Who wrote this?
#
# Words of one writer are pairs; S then holds the hand and not the word. Here
# "writers" are fonts (`tfmi data synthesize-iam`), so that nothing need be
# downloaded: with IAM itself, give `data_dir` its folder and leave out the sizes
# below.

# %%
import pathlib

import numpy as np

import tfmi
from tfmi.pipelines.synthetic_iam import synthesize

if not pathlib.Path("synthetic-iam").is_dir():
    synthesize("synthetic-iam", writers=8, words_per_writer=40, fonts=None, seed=0)

# %%
run = tfmi.train(
    "iam",
    data_dir=str(pathlib.Path("synthetic-iam").resolve()),
    encoder_width=8,
    critic_units=64,
    discriminator_units=64,
    batch_size=32,
    shared_epochs=8,
    # E is not looked at here.
    exclusive_epochs=1,
    independent_epochs=1,
)

# %% [markdown]
# For each word of the test split, is the nearest other word by the same writer?

# %%
dataset = run.open_dataset()
batches = list(dataset.labelled("x", "test", 100, 0))
images = np.concatenate([np.asarray(batch) for batch, _ in batches])
writers = np.concatenate([np.asarray(labels["writer"]) for _, labels in batches])


def nearest_is_of_the_same_writer(vectors):
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    known = writers >= 0
    return (writers[distances.argmin(axis=1)] == writers)[known].mean()


pixels = images.reshape(len(images), -1) / 255
print(f"raw pixels  {nearest_is_of_the_same_writer(pixels):.0%}")
for name in ("shared", "exclusive"):
    vectors = np.asarray(run.represent(name, "x")(images))
    print(f"{name:<10}  {nearest_is_of_the_same_writer(vectors):.0%}")
