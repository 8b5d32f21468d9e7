"""Who may import whom (the design's rules), read from the source."""

import ast
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
FILES = [*ROOT.glob("tfmi/**/*.py"), *ROOT.glob("pipelines/**/*.py")]


def imports(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
            found.add(node.module)
    return found


def offenders(folder, forbidden):
    return [
        (str(path.relative_to(ROOT)), name)
        for path in sorted(ROOT.glob(folder))
        for name in imports(path)
        if any(name == f or name.startswith(f"{f}.") for f in forbidden)
    ]


MODELS = [f"tfmi.{n}" for n in ("networks", "dot_critic", "shared", "exclusive")]
TOP = ["tfmi.training", "tfmi.building", "tfmi.runs", "tfmi.cli"]


@pytest.mark.parametrize(
    "folder, forbidden",
    [
        ("pipelines/**/*.py", [*MODELS, *TOP, "tfmi.export", "tfmi.evaluation"]),
        ("tfmi/networks.py", ["tfmi.objectives", "tfmi.pipelines"]),
        ("tfmi/objectives.py", [*MODELS, *TOP, "tfmi.pipelines"]),
        ("tfmi/shared.py", ["tfmi.networks", "tfmi.dot_critic", "tfmi.pipelines"]),
        ("tfmi/exclusive.py", ["tfmi.networks", "tfmi.dot_critic", "tfmi.pipelines"]),
        ("tfmi/evaluation/**/*.py", [*MODELS, *TOP, "tfmi.export", "tfmi.pipelines"]),
        ("tfmi/export/*.py", [*MODELS, *TOP, "tfmi.pipelines", "tfmi.evaluation"]),
        ("tfmi/*.py", ["tfmi.cli"]),
    ],
)
def test_imports(folder, forbidden):
    assert list(ROOT.glob(folder))
    assert offenders(folder, forbidden) == []


def test_files_hold_one_thing_each():
    long = {p.name: len(p.read_text().splitlines()) for p in FILES}
    assert {name: n for name, n in long.items() if n > 250} == {}


def test_importing_tfmi_is_light():
    code = "import sys, tfmi, tfmi.recipes; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
