"""Ctrl-C as a question that training asks between two steps."""

import signal


class Interrupt:
    """Whether Ctrl-C (or a termination) was asked for; a second one is final."""

    def __init__(self):
        self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, number, frame):
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def __call__(self):
        return self._asked
