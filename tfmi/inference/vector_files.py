"""Files of vectors, written a batch at a time in constant memory."""

import contextlib
import shutil
import zipfile

import numpy as np

from tfmi.errors import DataError
from tfmi.files import aside


class NpzWriter:
    """Arrays grow in files beside the output and are joined at the end."""

    def __init__(self, path):
        self._path = path
        self._paths, self._sizes, self._files = [], {}, {}
        # Closes every file and then removes their folder, whichever of it fails.
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        self._folder = self._stack.enter_context(aside(self._path.parent))
        return self

    def add(self, paths, vectors):
        self._paths += paths
        for name, values in vectors.items():
            self._sizes[name] = values.shape[1]
            if name not in self._files:
                # A name of an output need not be one of a file.
                path = self._folder / f"{len(self._files)}.vectors"
                self._files[name] = self._stack.enter_context(open(path, "w+b"))
            self._files[name].write(np.ascontiguousarray(values, "<f4").tobytes())

    def __exit__(self, kind, error, trace):
        with self._stack:
            if kind is None:
                self._join()

    def _join(self):
        with zipfile.ZipFile(self._path, "w", allowZip64=True) as archive:
            with archive.open("path.npy", "w", force_zip64=True) as target:
                np.lib.format.write_array(target, np.array(self._paths))
            for name, file in self._files.items():
                header = {
                    "descr": "<f4",
                    "fortran_order": False,
                    "shape": (len(self._paths), self._sizes[name]),
                }
                file.seek(0)
                with archive.open(f"{name}.npy", "w", force_zip64=True) as target:
                    np.lib.format.write_array_header_1_0(target, header)
                    shutil.copyfileobj(file, target)


class ParquetWriter:
    """A row group a batch; vectors are fixed-size lists of float32."""

    def __init__(self, path):
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError as error:
            raise DataError(
                "Parquet needs pyarrow (pip install 'tfmi[parquet]'); .npz needs "
                f"nothing. Received: {path.name} ({error})"
            ) from error
        self._arrow, self._path, self._writer = pyarrow, path, None

    def __enter__(self):
        return self

    def add(self, paths, vectors):
        columns = {"path": self._arrow.array(paths, self._arrow.string())}
        for name, values in vectors.items():
            flat = self._arrow.array(np.ravel(values).astype(np.float32))
            columns[name] = self._arrow.FixedSizeListArray.from_arrays(
                flat, values.shape[1]
            )
        table = self._arrow.table(columns)
        if self._writer is None:
            self._writer = self._arrow.parquet.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)

    def __exit__(self, kind, error, trace):
        if self._writer is not None:
            self._writer.close()


WRITERS = {".npz": NpzWriter, ".parquet": ParquetWriter}
