"""The examples run from end to end, with one epoch a stage, and are notebooks."""

import pathlib
import re
import shutil
import sys

import jupytext
import pytest
import serving_client

pytestmark = pytest.mark.any_versions

FOLDER = pathlib.Path(__file__).parents[1] / "examples"
EXAMPLES = sorted(path.name for path in FOLDER.glob("*.py"))
SERVER = """#!{python}
import os, sys
options = dict(argument[2:].split("=", 1) for argument in sys.argv[1:])
names = "model_name", "model_base_path", "rest_api_port"
arguments = [{peer!r}, *(options[name] for name in names), {port!r}]
os.execv(sys.executable, [sys.executable, *arguments])
"""


def run(name, **changes):
    """Execute an example in the current folder."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    text = re.sub(r"_epochs=\d+", "_epochs=1", text)
    text = re.sub(r"\bepochs=\d+", "epochs=1", text)
    for old, new in changes.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    exec(compile(text, name, "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_a_notebook(name):
    notebook = jupytext.read(FOLDER / name)
    kinds = [cell.cell_type for cell in notebook.cells]
    assert kinds[0] == "markdown" and notebook.cells[0].source.startswith("# ")
    assert kinds.count("code") >= 2
    assert notebook.metadata.kernelspec.language == "python"


def test_the_page_lists_each():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\((\w+\.py)\)", text)) == EXAMPLES


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder in which the first example ran, and the lines that it printed."""
    folder = tmp_path_factory.mktemp("own pairs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run("own_pairs.py")
    return folder


@pytest.mark.long
def test_own_pairs(exported):
    for name in ("shared.onnx", "combined/1/saved_model.pb", "compose.yaml"):
        assert (exported / "exported" / "pairs" / name).is_file()


@pytest.mark.long
def test_onnx_in_plain_python(exported, monkeypatch, capsys):
    monkeypatch.chdir(exported)
    run("onnx_in_plain_python.py")
    output = capsys.readouterr().out
    assert "takes images tensor(uint8) ['" in output
    assert "fabric 5" in output and "another fabric" in output


@pytest.mark.long
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on the PATH")
def test_serving_with_curl(exported, tmp_path, monkeypatch, capsys):
    """The three signatures say the same; the server is that of test_serving.py."""
    rest, grpc = serving_client.free_port(), serving_client.free_port()
    program = tmp_path / "bin" / serving_client.REAL
    program.parent.mkdir()
    parts = {"python": sys.executable, "peer": str(serving_client.PEER), "port": grpc}
    program.write_text(SERVER.format(**parts))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    monkeypatch.chdir(exported)
    run("serving_with_curl.py", **{"8501": rest})
    lines = capsys.readouterr().out.splitlines()
    answers = [line for line in lines if line.startswith("{")]
    assert len(answers) == 3 and len(set(answers)) == 1
    assert set(eval(answers[0])) == {"shared", "exclusive"}


@pytest.mark.long
@pytest.mark.parametrize(
    "name, printed",
    [
        ("writer_retrieval.py", r"raw pixels +\d+%\nshared +\d+%\nexclusive +\d+%\n"),
        ("land_use_with_few_labels.py", r"raw pixels +\d+%\nS +\d+%\n"),
        ("own_encoder_through_keras.py", r"shared x \(2, \d+\)"),
    ],
)
def test_it_runs(tmp_path, monkeypatch, capsys, name, printed):
    monkeypatch.chdir(tmp_path)
    run(name)
    assert re.search(printed, capsys.readouterr().out)
