"""A command of tfmi that is killed at the n-th time that it touches a file:
`killed.py FOLDER N DELAY WORD...`, or counted to its end where N is 0.

Files are those in FOLDER; DELAY is of seconds between that moment and the kill, so
that it comes amid native code too. A count is written to FOLDER.count.
"""

import os
import signal
import sys
import threading
import time

EVENTS = {"open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.truncate"}


class Kill:
    """An audit hook that counts the events on files of a folder."""

    def __init__(self, folder, number, delay):
        self._folder, self._number, self._delay = folder, number, delay
        self.count = 0

    def __call__(self, event, arguments):
        if event not in EVENTS or not self._concerns(arguments[0]):
            return
        self.count += 1
        if self.count == self._number:
            if self._delay:
                threading.Thread(target=self._later, daemon=True).start()
            else:
                self._now()

    def _concerns(self, path):
        if isinstance(path, int):
            return False
        return os.path.abspath(os.fsdecode(path)).startswith(self._folder)

    def _later(self):
        time.sleep(self._delay)
        self._now()

    def _now(self):
        os.kill(os.getpid(), signal.SIGKILL)


def main(folder, number, delay, *words):
    kill = Kill(os.path.abspath(folder) + os.sep, int(number), float(delay))
    sys.addaudithook(kill)
    from tfmi.cli import main as tfmi

    sys.argv = ["tfmi", *words]
    try:
        tfmi()
    finally:
        if number == "0":
            with open(f"{folder}.count", "w") as file:
                file.write(str(kill.count))


if __name__ == "__main__":
    main(*sys.argv[1:])
