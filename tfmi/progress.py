"""How far work has come: a bar on a terminal, plain lines elsewhere."""

import contextlib
import io
import sys

import tqdm

# Seconds between two plain lines: the first pause, which doubles up to the last.
FIRST, EVERY = 1, 10


def bar(iterable=None, **options):
    """A bar of tqdm's; where stderr is no terminal one that writes lines.

    Args:
        iterable: what is gone through; without it `update` says how far it is.
        options: those of `tqdm.tqdm`.
    """
    kind = tqdm.tqdm if sys.stderr.isatty() else PlainBar
    return kind(iterable, **options)


def write(line):
    """Print a line on stderr, above the bar if there is one."""
    if sys.stderr.isatty():
        tqdm.tqdm.write(line, file=sys.stderr)
    else:
        print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def steps(title):
    """Show which step of some work is done, and leave nothing of it.

    Yields:
        A function to be called with a line of text as each step begins.
    """
    layout = "{desc} [{elapsed}]"
    with bar(desc=title, leave=False, bar_format=layout) as shown:

        def say(line):
            shown.set_description_str(f"{title}: {line}", refresh=False)
            shown.update()

        yield say


class PlainBar(tqdm.tqdm):
    """Lines after 1, 3, 7 and 15 s and then about every 10 s, for log files, and one
    at the end unless `leave` is false; nothing is overwritten."""

    def __init__(self, iterable=None, **options):
        rhythm = {"mininterval": FIRST, "maxinterval": EVERY, "miniters": 1}
        width = {"dynamic_ncols": False, "ncols": 0}
        super().__init__(iterable, **{**options, **rhythm, **width, "delay": FIRST})

    def update(self, n=1):
        if written := super().update(n):
            self.mininterval = min(2 * self.mininterval, EVERY)
        return written

    @staticmethod
    def status_printer(file):
        def print_status(text):
            if text := text.strip():
                file.write(f"{text}\n")
                file.flush()

        return print_status

    def close(self):
        if self.disable:
            return
        if self.leave:
            self.display()
        # What tqdm writes to end the line of a bar.
        self.fp, self.sp = io.StringIO(), str
        super().close()
