"""Reads damaged files of one kind in a process of its own, in time and memory.

python child.py READER FOLDER EXAMPLES SECONDS BYTES [MODULE]
"""

import faulthandler
import importlib
import os
import pathlib
import resource
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import damage  # noqa: E402


def main(name, folder, examples, seconds, most, module="damaged_inputs"):
    os.environ["TFMI_CACHE_DIR"] = os.path.join(folder, "cache")

    def before():
        # Ends the process, with what it was doing, where a file takes longer.
        faulthandler.dump_traceback_later(int(seconds), exit=True)

    readers = importlib.import_module(module).READERS
    damage.check(readers[name], folder, int(examples), before)
    faulthandler.cancel_dump_traceback_later()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    if peak > int(most):
        sys.exit(f"{name} took {peak:,} bytes of memory")


if __name__ == "__main__":
    main(*sys.argv[1:])
