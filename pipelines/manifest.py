"""Tables that list images: CSV or Parquet, every value as text."""

import csv
import pathlib

from tfmi.errors import DataError

DELIMITERS = ",;\t"


def read_table(path):
    """The columns of a CSV file (comma, semicolon or tab) or a Parquet file.

    Args:
        path: ending in `.parquet` or `.pq` for Parquet, anything else is CSV.

    Returns:
        `{column: [text, ...]}`, empty text for a missing value.

    Raises:
        DataError: for a file that cannot be read as a table with rows.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise DataError(f"--manifest must be a file. Received: {path}")
    parquet = path.suffix.lower() in (".parquet", ".pq")
    table = _read_parquet(path) if parquet else _read_csv(path)
    if not table or not len(next(iter(table.values()))):
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


def _read_csv(path):
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            first = file.readline()
            file.seek(0)
            delimiter = max(DELIMITERS, key=first.count)
            lines = csv.reader(file, delimiter=delimiter, strict=True)
            header = next(lines, [])
            rows = [(lines.line_num, row) for row in lines if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(
            f"the manifest must be a CSV file in UTF-8. Received: {path} ({error})"
        ) from error
    header = [name.strip() for name in header]
    if len(set(header)) < len(header):
        raise DataError(
            f"columns must have names of their own. Received: {', '.join(header)}"
        )
    for number, row in rows:
        if len(row) != len(header):
            raise DataError(
                f"every row must have the header's {len(header)} values. "
                f"Received: {len(row)} in line {number} of {path}"
            )
    return {
        name: [row[column].strip() for _, row in rows]
        for column, name in enumerate(header)
    }


def _read_parquet(path):
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise DataError(
            "a Parquet manifest needs pyarrow (pip install 'tfmi[parquet]'); a CSV "
            f"file needs nothing. Received: {path} ({error})"
        ) from error
    try:
        columns = parquet.read_table(path).to_pydict()
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(
            f"the manifest must be a Parquet file. Received: {path} ({error})"
        ) from error
    return {
        name: ["" if value is None else str(value) for value in values]
        for name, values in columns.items()
    }
