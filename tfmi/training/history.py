"""Lines of CSV files that are to be written again."""

import csv

from tfmi.files import replacing


def drop_rows_from(path, number):
    """Drop the rows whose first column, a count, is `number` or more.

    Args:
        path: of a CSV file with a heading; nothing happens where there is none.
        number: of the first epoch or step that is trained again.
    """
    if not path.is_file():
        return
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    left = rows[:1] + [row for row in rows[1:] if row and int(row[0]) < number]
    with replacing(path) as temporary:
        with open(temporary, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(left)
