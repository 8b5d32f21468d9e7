"""How far work has come, on a terminal and in a log file."""

import io
import sys

import pytest

from tfmi import progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass when the test says so."""
    now = [1000.0]
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    return lambda seconds: now.__setitem__(0, now[0] + seconds)


def lines(monkeypatch, clock, leave=True, stream=io.StringIO):
    """What 60 units of 1 s each write."""
    monkeypatch.setattr(sys, "stderr", output := stream())
    with progress.bar(total=60, desc="shared", unit="step", leave=leave) as bar:
        for number in range(60):
            clock(1)
            bar.set_postfix({"loss": "1.5"}, refresh=False)
            bar.update()
            if number == 14:
                progress.write("a word")
    return output.getvalue()


def test_a_log_file_gets_lines_ever_more_slowly(monkeypatch, clock):
    text = lines(monkeypatch, clock)
    assert "\r" not in text and text.endswith("\n")
    said = text.splitlines()
    assert said[4] == "a word"
    steps = [int(s.split("%")[1].split("/")[0]) for s in said if s != "a word"]
    assert steps == [1, 3, 7, 15, 25, 35, 45, 55, 60]
    assert said[5].startswith("shared:  42% 25/60 [00:25<00:35")
    assert said[5].endswith("loss=1.5]")


def test_what_is_short_and_not_left_writes_nothing(monkeypatch, clock):
    monkeypatch.setattr(sys, "stderr", output := io.StringIO())
    assert list(progress.bar(range(3), leave=False)) == [0, 1, 2]
    assert output.getvalue() == ""
    assert list(progress.bar(range(3), desc="reading")) == [0, 1, 2]
    assert output.getvalue().startswith("reading: 100% 3/3 [")
    assert output.getvalue().count("\n") == 1


def test_a_terminal_gets_a_bar(monkeypatch, clock):
    text = lines(monkeypatch, clock, stream=Terminal)
    assert text.count("\r") > 20
    assert "a word\n" in text
