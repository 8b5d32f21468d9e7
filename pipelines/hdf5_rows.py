"""The images of an HDF5 file, read when they are asked for.

tensorflow-io's op reads inside the graph, and h5py the same bytes outside of
it where the op does not load: beside TensorFlow 2.18 and later, and wherever
tensorflow-io is not installed.
"""

import h5py
import numpy as np

from tfmi.files import foreign
from tfmi.lazy import LazyModule

tf = LazyModule("tensorflow")
RULE = "all images of an HDF5 file must be readable"


def open_rows(path, name):
    """Rows of a dataset of images in a file.

    Args:
        path: of the file.
        name: of the dataset in it, uint8 `(n, height, width, channels)`.

    Returns:
        What `rows[indices]` and `rows.slab(start, stop)` give uint8 arrays
        for: `OpRows` where the op reads the file, else `H5Rows`.
    """
    try:
        return OpRows(path, name)
    # An op that does not load fails when it is called, not on import; what it
    # cannot read (a filter that it lacks), h5py may.
    except (ImportError, NotImplementedError, tf.errors.OpError):
        return H5Rows(path, name)


class H5Rows:
    """By h5py."""

    def __init__(self, path, name):
        self._path, self._name = path, name
        self._opened = None

    def __getitem__(self, indices):
        with foreign(RULE, self._path):
            images = self._images
            out = np.empty((len(indices), *images.shape[1:]), np.uint8)
            for row, index in zip(out, indices, strict=True):
                images.read_direct(row, np.s_[int(index)])
        return out

    def slab(self, start, stop):
        """Images `start` to `stop`, as they follow in the file."""
        with foreign(RULE, self._path):
            return self._images[start:stop]

    @property
    def _images(self):
        # Opened when first asked for, in the thread that reads.
        if self._opened is None:
            self._opened = h5py.File(self._path, "r")[self._name]
        return self._opened


class OpRows:
    """By tensorflow-io's op.

    Raises:
        ImportError, NotImplementedError, tf.errors.OpError: where it does not
            load, or does not read the file.
    """

    def __init__(self, path, name):
        import tensorflow_io

        self._path = path
        self._images = tensorflow_io.IOTensor.from_hdf5(str(path))(f"/{name}")
        self._images[0:1]

    def __getitem__(self, indices):
        with foreign(RULE, self._path):
            return self.gather(tf.constant(indices, tf.int64)).numpy()

    def gather(self, indices):
        """Images by an int64 tensor of indices, inside a graph."""
        return tf.map_fn(
            lambda index: self._images[index : index + 1][0],
            indices,
            fn_output_signature=tf.uint8,
        )

    def slab(self, start, stop):
        """As of `H5Rows`."""
        with foreign(RULE, self._path):
            return self._images[start:stop].numpy()
