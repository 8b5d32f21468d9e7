"""Tables that list images: CSV or Parquet, every value as text."""

import collections
import csv
import io
import math
import os
import pathlib

from tfmi.errors import DataError
from tfmi.files import foreign
from tfmi.files import largest_content
from tfmi.files import open_plain

DELIMITERS = ",;\t"
PARQUET = (".parquet", ".pq")
# Words for a missing value: those of pandas.read_csv, and of dates.
MISSING = frozenset(
    """#N/A #NA -1.#IND -1.#QNAN -NaN -nan 1.#IND 1.#QNAN <NA> N/A NA NULL NaN None
    n/a nan null NaT NONE NAN Null""".split()
) | {"#N/A N/A"}
MAX_BYTES, MAX_LINE, MAX_ROWS = 512 * 2**20, 2**20, 10_000_000


class Table(collections.abc.Mapping):
    """Columns of text by name; a missing value is an empty text.

    Args:
        names: of the columns.
        read: function from a name to the texts of the column, called when it is
            asked for.

    Attributes:
        missing: `{column: {word: number of values}}` of those read so far whose
            words, such as NA, stand for a missing value.
    """

    def __init__(self, names, read):
        self._names, self._read, self._columns = list(names), read, {}
        self.missing = {}

    def __iter__(self):
        return iter(self._names)

    def __len__(self):
        return len(self._names)

    def __contains__(self, name):
        return name in self._names

    def __getitem__(self, name):
        if name not in self._names:
            raise KeyError(name)
        if name not in self._columns:
            values = self._read(name)
            self.missing[name] = collections.Counter(v for v in values if v in MISSING)
            self._columns[name] = ["" if v in MISSING else v for v in values]
        return self._columns[name]

    def notes(self):
        """A line for each column that was read and has such words."""
        return [
            f"no value: {sum(words.values())} in the column {name} "
            f"({', '.join(sorted(words))})"
            for name, words in self.missing.items()
            if words
        ]


def read_table(path):
    """The columns of a CSV file (comma, semicolon or tab) or a Parquet file.

    Args:
        path: ending in `.parquet` or `.pq` for Parquet, anything else is CSV.

    Returns:
        A `Table`.

    Raises:
        DataError: for a file that cannot be read as a table with rows.
    """
    path = pathlib.Path(path)
    if not os.path.isfile(path):
        raise DataError(f"--manifest must be a file. Received: {path}")
    parquet = path.suffix.lower() in PARQUET
    table, rows = _open_parquet(path) if parquet else _read_csv(path)
    if not rows:
        raise DataError(f"the manifest must have rows. Received: none in {path}")
    return table


def require_columns(table, names, path):
    """Raise a DataError unless the table has these columns."""
    missing = [name for name in names if name not in table]
    if missing:
        raise DataError(
            f"the manifest must have the column {missing[0]}. "
            f"Received: {', '.join(table)} in {path}"
        )


def _require_own_names(names):
    if len(set(names)) < len(names):
        raise DataError(
            f"columns must have names of their own. Received: {', '.join(names)}"
        )


def _read_csv(path):
    with foreign("the manifest must be a CSV file in UTF-8", path):
        with io.TextIOWrapper(open_plain(path), "utf-8-sig", newline="") as file:
            if os.fstat(file.fileno()).st_size > MAX_BYTES:
                raise ValueError(f"it has more than {MAX_BYTES:,} bytes")
            first = file.readline(MAX_LINE)
            file.seek(0)
            delimiter = max(DELIMITERS, key=first.count)
            lines = csv.reader(_lines(file), delimiter=delimiter, strict=True)
            header = [name.strip() for name in next(lines, [])]
            rows = [(lines.line_num, row) for row in lines if row]
    _require_own_names(header)
    for number, row in rows:
        if len(row) != len(header):
            raise DataError(
                f"every row must have the header's {len(header)} values. "
                f"Received: {len(row)} in line {number} of {path}"
            )

    def read(name):
        column = header.index(name)
        return [row[column].strip() for _, row in rows]

    return Table(header, read), len(rows)


def _lines(file):
    while line := file.readline(MAX_LINE):
        if len(line) == MAX_LINE:
            raise ValueError(f"it has a line of more than {MAX_LINE:,} characters")
        yield line


def _open_parquet(path):
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise DataError(
            "a Parquet manifest needs pyarrow (pip install 'tfmi[parquet]'); a CSV "
            f"file needs nothing. Received: {path} ({error})"
        ) from error
    rule = "the manifest must be a Parquet file"
    with foreign(rule, path):
        file = parquet.ParquetFile(path)
        schema, rows = file.schema_arrow, file.metadata.num_rows
        _require_own_names(schema.names)
        # Not the columns' own sizes: asked for them, pyarrow ends the whole process
        # where the file is damaged.
        groups = map(file.metadata.row_group, range(file.num_row_groups))
        size = sum(group.total_byte_size for group in groups)
        if rows > MAX_ROWS or size > largest_content(path):
            raise ValueError(f"it has {rows:,} rows of {size:,} bytes")
        words = (pyarrow.types.is_string, pyarrow.types.is_large_string)
        texts = [f.name for f in schema if any(word(f.type) for word in words)]

    def read(name):
        with foreign(rule, path):
            # As a dictionary a text that comes often takes memory once.
            file = parquet.ParquetFile(
                path, read_dictionary=texts, page_checksum_verification=True
            )
            chunks = file.read([name]).column(0).chunks
            return [text for chunk in chunks for text in _texts(chunk)]

    return Table(schema.names, read), rows


def _texts(chunk):
    """The values of an Arrow array as texts."""
    if hasattr(chunk, "dictionary"):
        words = [_text(value) for value in chunk.dictionary.to_pylist()]
        return ["" if k is None else words[k] for k in chunk.indices.to_pylist()]
    return [_text(value) for value in chunk.to_pylist()]


def _text(value):
    if value is None:
        return ""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape").strip()
    return str(value).strip()
