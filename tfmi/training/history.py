"""Lines of CSV files that are to be written again."""

import csv
import io

from tfmi.files import foreign
from tfmi.files import open_plain
from tfmi.files import replacing

RULE = "a table of training must have whole numbers in its first column, or be removed"


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
