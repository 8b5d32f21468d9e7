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
# # Land use from 1% of the labels
#
# Section 5.4 of the paper: pairs are a place at two dates, no label is used in
# training, and S then tells land uses apart. The data here is drawn: five kinds of
# ground, whose light and haze change from date to date. For the real thing give `tfmi
# train sentinel2 --data-dir` your acquisitions and `tfmi eurosat RUN` the images of
# EuroSAT (`--limit 216` takes 1% of its 21,600 training labels).

# %%
import pathlib

import numpy as np

import tfmi

KINDS, SIDE, WINDOW, BANDS, DATES = 5, 96, 16, 4, 3
generator = np.random.default_rng(0)
spectra = generator.uniform(500, 3000, (KINDS, BANDS))
scales = generator.choice([1, 2, 4, 8], KINDS, replace=True)


def ground(kind, side):
    """A texture of one kind, `(side, side, bands)`."""
    coarse = generator.normal(1, 0.25, (side // scales[kind] + 1,) * 2)
    texture = np.kron(coarse, np.ones((scales[kind],) * 2))[:side, :side, None]
    return spectra[kind] * texture


def seen(pixels):
    """The same ground at some date: other light, haze and noise."""
    light, haze = generator.uniform(0.6, 1.4), generator.uniform(0, 600)
    noisy = pixels * light + haze + generator.normal(0, 60, pixels.shape)
    return noisy.clip(1, 10000).astype(np.uint16)


places = pathlib.Path("places")
places.mkdir(exist_ok=True)
for place in range(4):
    tiles = SIDE // WINDOW
    kinds = generator.integers(KINDS, size=(tiles, tiles))
    parts = [[ground(kind, WINDOW) for kind in row] for row in kinds]
    pixels = np.concatenate([np.concatenate(row, axis=1) for row in parts])
    np.save(
        places / f"place{place}.npy", np.stack([seen(pixels) for _ in range(DATES)])
    )

# %%
run = tfmi.train(
    "sentinel2",
    data_dir=str(places.resolve()),
    bands="B02,B03,B04,B08",
    window=WINDOW,
    stride=8,
    encoder_width=8,
    critic_units=64,
    discriminator_units=64,
    shared_size=16,
    batch_size=32,
    shared_epochs=15,
    exclusive_epochs=1,
)

# %% [markdown]
# 1,000 labelled images, of which a classifier gets 10.

# %%
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tfmi.pipelines.sentinel2 import bands

labels = np.arange(1000) % KINDS
images = np.stack([seen(ground(kind, WINDOW)) for kind in labels])
# Reflectance as 8 bits, as in training.
images = bands.to_bytes(images / 10000)
few = np.arange(10)


def accuracy(vectors):
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return model.fit(vectors[few], labels[few]).score(vectors[10:], labels[10:])


print(f"raw pixels  {accuracy(images.reshape(len(images), -1)):.0%}")
print(f"S           {accuracy(np.asarray(run.represent('shared', 'x')(images))):.0%}")
