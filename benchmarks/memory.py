"""Peak memory of preparing and streaming the two large datasets.

    python benchmarks/memory.py iam --words 115000
    python benchmarks/memory.py shapes3d --images 480000

Each step runs in a process of its own, whose peak resident memory is printed. IAM is
a synthetic one in its layout, whose files are hard links to a few words; 3D Shapes are
rendered. Everything is written below --folder and removed: 2.4 GB for IAM, up to 2 GB
for 3D Shapes.
"""

import argparse
import os
import pathlib
import sys
import tempfile

import measuring

from tfmi.pipelines.synthetic_iam import synthesize

# As many as IAM has.
WRITERS = 657
WORDS_A_FORM = 75
LIMIT = 2 * 2**30
PREPARE_IAM = "from tfmi.pipelines import iam; d = iam.open_dataset({0!r}, {1}, 0)"
RENDER = "from tfmi.pipelines import shapes3d_files; shapes3d_files.render({0})"
OPEN_SHAPES = "from tfmi.pipelines import shapes3d; d = shapes3d.open_dataset({0!r})"
# Random pairs as in training, then every image once as in an evaluation.
STREAM = """
for _ in d.pairs(64, 0, 0, 500): pass
for split in ("train", "test"):
    for _ in d.labelled("x", split, 500): pass
print(d.num_images("train"), "training and", d.num_images("test"), "test images")
"""


def main():
    options = _parser().parse_args()
    steps = {"iam": _iam, "shapes3d": _shapes}[options.dataset]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        os.environ["TFMI_CACHE_DIR"] = str(pathlib.Path(folder) / "cache")
        rows = [
            {"step": name, **measuring.run(name, [sys.executable, "-c", code])}
            for name, code in steps(options, pathlib.Path(folder))
        ]
    measuring.report(rows, options.json)
    if max(row["peak_bytes"] for row in rows) > LIMIT:
        sys.exit(f"peak memory must be at most {LIMIT / 2**30:.0f} GiB")


def _parser():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", choices=("iam", "shapes3d"))
    parser.add_argument("--words", type=int, default=115_000)
    parser.add_argument("--images", type=int, default=480_000)
    parser.add_argument("--folder", help="where to write, by default a temporary one")
    parser.add_argument("--json")
    return parser


def _iam(options, folder):
    """The code of each step; what one needs is written before it is asked for."""
    data = folder / "iam"
    write_large_iam(data, options.words)
    prepare = PREPARE_IAM.format(str(data), WRITERS)
    yield f"prepare {options.words:,} IAM words", prepare
    yield "the same, prepared, and stream them", prepare + STREAM


def _shapes(options, folder):
    cache = pathlib.Path(os.environ["TFMI_CACHE_DIR"])
    yield f"render {options.images:,} images", RENDER.format(options.images)
    path = str(next(cache.glob("*.h5")))
    size = pathlib.Path(path).stat().st_size / 1e9
    yield f"stream the file of {size:.1f} GB", OPEN_SHAPES.format(path) + STREAM


def write_large_iam(folder, words):
    """IAM's layout with `words` words, the files links to a few of a stand-in.

    Args:
        folder: new folder.
    """
    few = folder.with_name("few")
    synthesize(few, writers=10, words_per_writer=20)
    sources = sorted((few / "words").rglob("*.png"))
    lines, forms = [], []
    for number in range(words):
        form, word = divmod(number, WORDS_A_FORM)
        name = f"z{form // 100:02d}-{form:04d}"
        page = folder / "words" / name.split("-")[0] / name
        path = page / f"{name}-00-{word:02d}.png"
        if not word:
            page.mkdir(parents=True)
            forms.append(f"{name} {form % WRITERS:03d} 1 prt 1 1 1 1")
        os.link(sources[number % len(sources)], path)
        lines.append(f"{path.stem} ok 154 0 0 9 9 NN word{number % 300}")
    (folder / "ascii").mkdir()
    (folder / "ascii" / "words.txt").write_text("\n".join(lines) + "\n")
    (folder / "ascii" / "forms.txt").write_text("\n".join(forms) + "\n")


if __name__ == "__main__":
    main()
