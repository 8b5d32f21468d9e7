"""The CSV file of a training: rows that come, and rows that are to come again."""

import contextlib
import csv
import io

import keras
import tensorflow as tf

from tfmi.errors import DataError
from tfmi.errors import first_line
from tfmi.files import foreign
from tfmi.files import open_plain
from tfmi.files import replacing

RULE = "a table of training must have whole numbers in its first column, or be removed"


@contextlib.contextmanager
def csv_logger(path):
    """Keras's callback that adds a row an epoch, its file closed however it ends."""
    logger = keras.callbacks.CSVLogger(path, append=True)
    try:
        yield logger
    finally:
        # A disk that is full has been said where the row was written.
        with contextlib.suppress(OSError):
            logger.on_train_end()


def drop_rows_from(path, number):
    """Drop the rows whose first column, a count, is `number` or more.

    Args:
        path: of a CSV file with a heading; nothing happens where there is none.
        number: of the first epoch or step that is trained again.

    Raises:
        DataError: for another content, and where it cannot be written.
    """
    if not path.exists():
        return
    with foreign(RULE, path):
        with io.TextIOWrapper(open_plain(path), "utf-8", newline="") as file:
            rows = list(csv.reader(file))
        left = rows[:1] + [row for row in rows[1:] if row and int(row[0]) < number]
    with replacing(path) as temporary:
        with open(temporary, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(left)


@contextlib.contextmanager
def one_line_of_disk_errors(folder):
    """A DataError for what the history and the logs raise on a full disk."""
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        # TensorFlow's writers name their file or the disk's own words; its other
        # errors, a GPU without memory among them, are of no disk.
        of_disk = str(folder) in str(error) or "No space left" in str(error)
        if isinstance(error, tf.errors.OpError) and not of_disk:
            raise
        raise DataError(
            f"{folder} must be a folder that can be written. "
            f"Received: {first_line(error)}"
        ) from error
