"""How commands end that are stopped, that another process stands in the way of, and
that fail as nothing foresees."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import termios
import time

import pytest
import tiny
from click.testing import CliRunner

import tfmi
from tfmi import recipes
from tfmi import runs
from tfmi.cli import cli
from tfmi.errors import DataError

pytestmark = pytest.mark.any_versions

MAIN = [sys.executable, "-c", "from tfmi.cli import main; main()"]


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *args: CliRunner().invoke(cli, [str(arg) for arg in args])


def usual_signals():
    """In a new process: what nohup or a shell in the background had it ignore."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def own_terminal(terminal):
    """Function that makes a terminal that of a new process, as a shell does."""

    def prepare():
        usual_signals()
        os.setsid()
        fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)

    return prepare


@pytest.mark.parametrize("how", ["Ctrl-C", "hang-up"])
def test_interrupted_training_resumes(tmp_path, how):
    folder = tiny.write_mnist(tmp_path / "m")
    options = [*tiny.OPTIONS, "--shared-epochs", "2000"]
    window, terminal = os.openpty()
    process = subprocess.Popen(
        [*MAIN, "train", "colored-mnist", "--data-dir", folder, *options],
        cwd=tmp_path,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        preexec_fn=own_terminal(terminal),
    )
    os.close(terminal)
    while not list(tmp_path.glob("runs/*/shared/checkpoint.keras")):
        assert process.poll() is None, os.read(window, 10_000)
        with contextlib.suppress(BlockingIOError):
            os.set_blocking(window, False)
            os.read(window, 10_000)
        time.sleep(0.1)
    if how == "Ctrl-C":
        process.send_signal(signal.SIGINT)
    else:
        os.close(window)
    assert process.wait() == 130
    (path,) = tmp_path.glob("runs/[!.]*")
    run = runs.load(path)
    assert 0 < run.progress["step"] < run.progress["steps"]
    assert (path / "shared" / "checkpoint.keras").is_file()
    rows = (path / "shared" / "history.csv").read_text().splitlines()
    assert len(rows) == 1 + run.progress["step"] // 5


SIGNALS = """
import os, signal, sys
from tfmi.cli.interrupt import Interrupt
signal.signal(signal.SIGHUP, getattr(signal, sys.argv[1]))
stop = Interrupt()
os.kill(os.getpid(), getattr(signal, sys.argv[2]))
print(stop())
"""


@pytest.mark.parametrize(
    "before, name, asked",
    [
        ("SIG_DFL", "SIGINT", True),
        ("SIG_DFL", "SIGTERM", True),
        ("SIG_DFL", "SIGHUP", True),
        # As nohup sets it.
        ("SIG_IGN", "SIGHUP", False),
    ],
)
def test_signals_that_ask_to_stop(before, name, asked):
    command = [sys.executable, "-c", SIGNALS, before, name]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert output == f"{asked}\n"


FAILING = """
import os, signal, sys, types
import click
from tfmi import cli

@click.command()
def command():
    {body}

module = types.ModuleType("tfmi.cli.info")
module.command = command
sys.modules["tfmi.cli.info"] = module
sys.argv = ["tfmi", "info"]
cli.main()
"""


def failing(body, tmp_path, **environment):
    """What a command does whose function has the text `body`."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), **environment}
    return subprocess.run(
        [sys.executable, "-c", FAILING.format(body=body)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        preexec_fn=usual_signals,
    )


@pytest.mark.parametrize(
    "body, said",
    [
        ("1 / 0", "unforeseen ZeroDivisionError: division by zero"),
        ("raise KeyError('a\\nb')", r"unforeseen KeyError: 'a\nb'"),
        ("raise OSError(28, 'No space')", "unforeseen OSError: [Errno 28] No space"),
        ("raise ValueError('a\\nb\\x1b')", r"unforeseen ValueError: a b\x1b"),
        ("raise MemoryError", "unforeseen MemoryError:"),
        ("command.callback()", "unforeseen RecursionError:"),
    ],
)
def test_an_unforeseen_error_is_one_line_and_a_file(tmp_path, body, said):
    result = failing(body, tmp_path, TFMI_TRACEBACK="")
    assert (result.returncode, result.stdout) == (70, "")
    assert result.stderr.startswith(f"Error: {said}")
    assert result.stderr.count("\n") == 1
    (path,) = tmp_path.glob("tfmi-*.txt")
    assert result.stderr.endswith(f" (its traceback is in {path})\n")
    content = path.read_text()
    assert content.startswith("tfmi info\n\nTraceback")
    # Developers see it as it is.
    result = failing(body, tmp_path, TFMI_TRACEBACK="1")
    assert result.returncode == 1
    assert result.stderr.startswith("Traceback")


@pytest.mark.parametrize("flag", ["", "1"])
def test_ctrl_c_is_no_unforeseen_error(tmp_path, flag):
    body = "os.kill(os.getpid(), signal.SIGINT); sys.stdin.read()"
    result = failing(body, tmp_path, TFMI_TRACEBACK=flag)
    assert (result.returncode, result.stderr) == (130, "stopped\n")
    assert not list(tmp_path.iterdir())


def test_a_second_ctrl_c_is_final(tmp_path):
    body = "from tfmi.cli.interrupt import Interrupt; Interrupt()"
    kill = "os.kill(os.getpid(), signal.SIGINT)"
    result = failing(f"{body}; {kill}; print('on', flush=True); {kill}", tmp_path)
    assert (result.returncode, result.stdout) == (130, "on\n")


def test_a_run_that_another_process_trains(call, tmp_path):
    data = {"data_dir": str(tiny.write_mnist(tmp_path / "m"))}
    run = runs.create(recipes.find("colored-mnist").replace(**tiny.SETTINGS), data)
    with runs.locked(run.path):
        result = call("train", "--resume", run.path)
        with pytest.raises(DataError, match="one process at a time"):
            tfmi.resume(run.path)
    assert result.exit_code == 1
    assert result.output.startswith("Error: a folder must be trained in by one")
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(
    "name, options, where",
    [
        ("ablate", [], "rows"),
        ("ablate", [], "rows/baseline-seed0"),
        ("sweep", ["--local-weight", "0,1"], "rows"),
    ],
)
def test_rows_that_another_process_trains(call, tmp_path, name, options, where):
    data = tiny.write_mnist(tmp_path / "m")
    (tmp_path / where).mkdir(parents=True)
    arguments = ["--data-dir", data, *tiny.OPTIONS, "--output", "rows"]
    with runs.locked(tmp_path / where):
        result = call(name, "colored-mnist", *arguments, *options)
    assert result.exit_code == 1
    (line,) = [each for each in result.output.splitlines() if "Error" in each]
    assert line.startswith("Error: a folder must be trained in by one process")
    assert result.output.splitlines()[-1] == line
    assert not list(tmp_path.rglob("*.keras"))
