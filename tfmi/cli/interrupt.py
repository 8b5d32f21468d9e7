"""Ctrl-C as a question that training asks between two steps."""

import os
import signal
import sys


class Interrupt:
    """Whether Ctrl-C, a termination or the end of the terminal was asked for; a
    second Ctrl-C is final."""

    def __init__(self):
        self._asked = False
        # Where they lead now: TensorFlow's stderr is filtered (`quiet`).
        streams = [s for s in (sys.stdout, sys.stderr) if s.isatty()]
        self._terminals = [stream.fileno() for stream in streams]
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)
        hang_up = getattr(signal, "SIGHUP", None)  # not on Windows
        # Under nohup it is ignored, as it is to go on.
        if hang_up and signal.getsignal(hang_up) != signal.SIG_IGN:
            signal.signal(hang_up, self._hang_up)

    def _ask(self, number, frame):
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def _hang_up(self, number, frame):
        self._asked = True
        # What is still said would be an error of a terminal that is gone.
        for terminal in self._terminals:
            os.dup2(os.open(os.devnull, os.O_WRONLY), terminal)

    def __call__(self):
        return self._asked
