"""Mutation testing of a chosen list: does a test fail where the code is changed?

    python benchmarks/mutation.py                      # all of benchmarks/mutants.txt
    python benchmarks/mutation.py --only objectives    # of files whose names hold it

Works on a copy of the checkout in a temporary folder. A line `[FILE] TESTS` of the list
is followed by its mutants, each a line `- OLD` and a line `+ NEW`: OLD stands once in
FILE. A mutant is killed where a test of TESTS fails. Ends with the kill rate; exit
code 1 where the tests fail without a mutant, a mutant cannot be made, or the rate is
below --at-least.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[1]
LIST = pathlib.Path(__file__).with_name("mutants.txt")
COPIED = ("tfmi", "pipelines", "tests", "benchmarks", "docs", "setup.cfg")
OPTIONS = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", "not long"]


def read(path):
    """`[(file, tests, old, new)]` of a list."""
    mutants, old = [], None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            file, _, tests = line[1:].partition("] ")
        elif line.startswith("- "):
            old = line[2:]
        elif line.startswith("+ "):
            mutants.append((file, tests.split(), old, line[2:]))
    return mutants


def copy_checkout(folder):
    """What the tests need of the checkout, importable from the folder."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, target, ignore=ignored)
        else:
            shutil.copyfile(source, target)
    (folder / "tfmi" / "pipelines").symlink_to(folder / "pipelines")


def passes(folder, tests):
    """Whether tests pass, in a process that has the heavy packages loaded already."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    code = 1
    with contextlib.suppress(BaseException), open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        os.chdir(folder)
        import pytest

        code = int(pytest.main([*OPTIONS, *tests]))
    os._exit(code)


@contextlib.contextmanager
def changed(path, old, new):
    """The file with one text for another; `ValueError` where it stands not once."""
    text = path.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise ValueError(f"{text.count(old)} times in {path.name}: {old}")
    path.write_text(text.replace(old, new), encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="part of the files' names")
    parser.add_argument("--at-least", type=float, default=0.95, help="kill rate")
    parser.add_argument("--check", action="store_true", help="whether all can be made")
    arguments = parser.parse_args()
    mutants = [m for m in read(LIST) if arguments.only in m[0]]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        copy_checkout(folder)
        if arguments.check:
            sys.exit(check(folder, mutants))
        sys.exit(run(folder, mutants, arguments.at_least))


def check(folder, mutants):
    """Name the mutants that cannot be made; the exit code."""
    failed = 0
    for file, _, old, new in mutants:
        try:
            with changed(folder / file, old, new):
                pass
        except (ValueError, OSError) as error:
            failed += 1
            print(error)
    print(f"{len(mutants) - failed} of {len(mutants)} mutants can be made")
    return int(failed > 0)


def run(folder, mutants, at_least):
    """Try every mutant; the exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # Before the first child, so that none loads them; tfmi itself is not loaded here.
    import keras  # noqa: F401
    import sklearn.neural_network  # noqa: F401
    import tensorflow  # noqa: F401

    # tfmi of the copy, whatever is installed.
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = str(folder)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    for tests in {tuple(tests) for _, tests, _, _ in mutants}:
        if not passes(folder, tests):
            print(f"must pass without a mutant: {' '.join(tests)}")
            return 1
    killed, begun = 0, time.monotonic()
    for file, tests, old, new in mutants:
        with changed(folder / file, old, new):
            survived = passes(folder, tests)
        killed += not survived
        if survived:
            print(f"survived {file}\n  - {old}\n  + {new}", flush=True)
    rate, minutes = killed / len(mutants), (time.monotonic() - begun) / 60
    print(f"killed {killed} of {len(mutants)}, {rate:.0%}, in {minutes:.1f} minutes")
    return int(rate < at_least)


if __name__ == "__main__":
    main()
