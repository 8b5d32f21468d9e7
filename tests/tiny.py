"""A tiny MNIST folder and settings with which training takes seconds."""

import struct

import numpy as np

SETTINGS = {
    "encoder_width": 4,
    "critic_units": 8,
    "discriminator_units": 8,
    "shared_size": 4,
    "exclusive_size": 4,
    "batch_size": 8,
    "shared_epochs": 2,
    "exclusive_epochs": 2,
}
OPTIONS = [
    part
    for name, value in SETTINGS.items()
    for part in ("--" + name.replace("_", "-"), str(value))
]


def write_mnist(folder, train=40, test=30, side=12):
    """Idx files of random strokes, each digit in turn."""
    generator = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    for name, count in (("train", train), ("t10k", test)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = generator.integers(0, 256, (count, side, side)).astype(np.uint8)
        header = struct.pack(">IIII", 0x803, count, side, side)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        header = struct.pack(">II", 0x801, count)
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    return folder
