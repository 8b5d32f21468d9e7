"""Small own images for tests: a manifest, a folder, pairs of two kinds."""

import numpy as np
from PIL import Image

WRITERS = 4
EACH = 30


def picture(writer, word, seed, side=16):
    """Stripes as wide as the writer's number, a patch where the word is."""
    generator = np.random.default_rng(seed)
    pixels = generator.integers(200, 256, (side, side)).astype(np.uint8)
    pixels[:: writer + 2] = 0
    pixels[8:12, 4 * word : 4 * word + 3] = 128
    return Image.fromarray(pixels)


def write_manifest(folder, header="path,writer,word"):
    """120 images of 4 writers and 3 words in a folder with an awkward name."""
    folder = folder / "my Bilder é"
    (folder / "straße 1").mkdir(parents=True)
    lines = [header]
    for number in range(WRITERS * EACH):
        writer, word = number % WRITERS, number // WRITERS % 3
        name = f"straße 1/ö {number}.png"
        picture(writer, word, number).save(folder / name)
        lines.append(f"{name},w{writer},{'abc'[word]}")
    path = folder / "words.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def add_rows(path, *rows):
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(rows) + "\n", "utf-8")
