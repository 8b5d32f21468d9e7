"""Files of every kind that the pipelines read, to be damaged (`damage`)."""

import gzip
import io
import json
import struct
import tarfile

import damaged_scenes
import h5py
import numpy as np
from damage import Reader
from PIL import Image

from tfmi import recipes
from tfmi.pipelines import archives
from tfmi.pipelines import iam_files
from tfmi.pipelines import idx
from tfmi.pipelines import images
from tfmi.pipelines import manifest
from tfmi.pipelines import pairs
from tfmi.pipelines import saved_split
from tfmi.pipelines import shapes3d_files
from tfmi.pipelines.sentinel2 import place_split

NOISE = np.random.default_rng(0).integers(0, 256, (12, 20, 3)).astype(np.uint8)


def _written(save):
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def _picture(mode, kind, **options):
    picture = Image.fromarray(NOISE).convert(mode)
    return lambda: _written(lambda file: picture.save(file, kind, **options))


def _deep():
    deep = Image.fromarray(NOISE[..., 0].astype(np.uint16) * 257)
    return _written(lambda file: deep.save(file, "PNG"))


def _read_picture(path):
    return images.read_image(path, (9, 11, 3)).tobytes(), images.image_shape(path)


def _csv():
    lines = [f"{k}.png,w{k % 3},{'NA' if k % 5 else 'ö'}" for k in range(12)]
    return "\n".join(["path,writer,word", *lines]).encode()


def _read_pairs(path):
    for k in range(12):
        place = path.parent / f"{k}.png"
        place.exists() or Image.fromarray(NOISE[..., 0]).save(place)
    dataset = pairs.open_dataset(str(path), share="writer", evaluate="word")
    return dataset.split, dataset.notes


def _parquet_readers():
    """Readers of Parquet, where pyarrow is there and takes this NumPy."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        return {}
    columns = {
        "path": [f"{k}.png" for k in range(40)],
        "writer": ["a", "b", None, "NA"] * 10,
        "size": [1.5, float("nan")] * 20,
    }
    table = pyarrow.table(columns)

    def write(**options):
        return lambda: _written(lambda f: parquet.write_table(table, f, **options))

    return {
        "parquet": Reader("a.parquet", write(), _read_table),
        "parquet-checksum": Reader(
            "a.parquet", write(write_page_checksum=True), _read_table
        ),
    }


def _read_table(path):
    table = manifest.read_table(path)
    return {name: table[name] for name in table}, table.notes()


def _idx(dimensions):
    shape = (30, 9, 9)[:dimensions]
    head = struct.pack(f">{1 + dimensions}I", idx.MAGIC[dimensions], *shape)
    return head + bytes(range(10)) * (int(np.prod(shape)) // 10)


def _read_idx_beside(path):
    folder = path.parent
    for files in idx.FILES.values():
        for name, dimensions in zip(files, (3, 1), strict=True):
            if not path.name.startswith(name):
                (folder / name).write_bytes(_idx(dimensions))
    return _arrays(idx.read_mnist(folder))


def _npz():
    x, y = np.zeros((20, 9, 9), np.uint8), np.arange(20) % 10
    arrays = {"x_train": x, "y_train": y, "x_test": x, "y_test": y}
    return lambda: _written(lambda file: np.savez_compressed(file, **arrays))


def _arrays(parts):
    return [
        (a.shape, str(a.dtype), a.tobytes()) for part in parts.values() for a in part
    ]


def _tgz():
    def save(file):
        with tarfile.open(fileobj=file, mode="w:gz") as tar:
            for k in range(6):
                name = f"words/{'long ' * 40 if k == 3 else ''}{k}.png"
                member = tarfile.TarInfo(name)
                member.size = 700
                tar.addfile(member, io.BytesIO(bytes([k]) * 700))

    return _written(save)


def _read_tgz(path):
    target = path.parent / "unpacked"
    try:
        archives.unpack(path, target, (".png",), drop="words")
        files = sorted(file for file in target.rglob("*") if file.is_file())
        return {str(f.relative_to(target)): f.read_bytes() for f in files}
    finally:
        for file in sorted(target.rglob("*"), reverse=True):
            file.rmdir() if file.is_dir() else file.unlink()
        target.exists() and target.rmdir()
        assert not list(path.parent.glob(".tmp-*"))


def _h5():
    def save(file):
        with h5py.File(file, "w") as h5:
            h5.create_dataset(
                "images", data=NOISE[None, :9, :9].repeat(8, 0), chunks=(1, 9, 9, 3)
            )
            h5["labels"] = np.tile([0, 0, 0, 0.75, 0, -30.0], (8, 1))

    return _written(save)


def _read_h5(path):
    rows, shape, labels = shapes3d_files.open_file(path)
    return rows[np.arange(len(labels))].tobytes(), shape, labels.tobytes()


def _words():
    lines = [f"a01-000u-0{k}-00 ok 154 1 2 3 4 NN wörd{k}" for k in range(6)]
    return "\n".join(
        ["#--- words.txt", *lines, "a01-000u-07-00 err 1 1 1 1 1 N x"]
    ).encode()


def _json():
    return json.dumps({"seed": 3, "learning_rate": 0.001, "name": "mine"}).encode()


def _read_settings(path):
    return recipes.find("colored-mnist").replace(**recipes.read_settings(path))


READERS = {
    "png": Reader("a.png", _picture("RGB", "PNG"), _read_picture, True),
    "png-grey-4": Reader("a.png", _picture("L", "PNG", bits=4), _read_picture, True),
    "png-palette": Reader(
        "a.png", _picture("P", "PNG", transparency=3), _read_picture, True
    ),
    "png-16": Reader("a.png", _deep, _read_picture, True),
    "jpeg": Reader("a.jpg", _picture("RGB", "JPEG"), _read_picture),
    "tiff": Reader("a.tif", _picture("RGBA", "TIFF"), _read_picture),
    "tiff-lzw": Reader(
        "a.tif", _picture("L", "TIFF", compression="tiff_lzw"), _read_picture
    ),
    "csv": Reader("a.csv", _csv, _read_pairs),
    **_parquet_readers(),
    "idx-images": Reader(idx.FILES["train"][0], lambda: _idx(3), _read_idx_beside),
    "idx-labels": Reader(idx.FILES["test"][1], lambda: _idx(1), _read_idx_beside),
    "idx-gz": Reader(
        f"{idx.FILES['train'][0]}.gz",
        lambda: gzip.compress(_idx(3)),
        _read_idx_beside,
        True,
    ),
    "npz": Reader(
        "mnist.npz", _npz(), lambda path: _arrays(idx.read_mnist(path.parent)), True
    ),
    "tgz": Reader("a.tgz", _tgz, _read_tgz, True),
    "hdf5": Reader("3dshapes.h5", _h5, _read_h5),
    "iam-words": Reader("words.txt", _words, iam_files.read_words),
    "iam-forms": Reader(
        "forms.txt",
        lambda: b"#c\na01-000u 000 2 prt\na01-001u 001 1",
        iam_files.read_forms,
    ),
    "settings": Reader("c.json", _json, _read_settings),
    "split": Reader(
        "split.json",
        lambda: json.dumps({"train": ["a"], "test": ["b"]}).encode(),
        saved_split.read_split,
    ),
    "scene-tiff": Reader("a.tif", damaged_scenes.tiff, damaged_scenes.read),
    "scene-npy": Reader("a.npy", damaged_scenes.npy, damaged_scenes.read),
    "scene-npz": Reader(
        "a.npz", damaged_scenes.npz(np.savez), damaged_scenes.read, True
    ),
    "scene-npz-packed": Reader(
        "a.npz", damaged_scenes.npz(np.savez_compressed), damaged_scenes.read, True
    ),
    "scene-jp2": Reader("a.jp2", *damaged_scenes.product("*_B02.jp2")),
    "scene-metadata": Reader("a.xml", *damaged_scenes.product("MTD*.xml")),
    "scene-split": Reader("s.json", damaged_scenes.split, place_split.read_rows),
    "land-cover": Reader(
        "a.npy", damaged_scenes.land_cover, damaged_scenes.read_land_cover
    ),
}
