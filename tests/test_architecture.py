"""Who may import whom, read from the source: a room imports only from above it."""

import ast
import pathlib
import subprocess
import sys

import pytest

pytestmark = pytest.mark.any_versions

ROOT = pathlib.Path(__file__).parents[1]
# From the top to the bottom of the house; see docs/architecture.md.
ROOMS = """errors missing registry lazy locks files progress keras_registration
    representation recipes pipelines models methods runs evaluation training maps
    exporting inference experiments api cli""".split()
# Within a room that is itself a house.
EVALUATION = "measure tables figures report".split()


def modules():
    """`{dotted name: path}` of every module of the package."""
    found = {}
    for root, prefix in (("tfmi", "tfmi"), ("pipelines", "tfmi.pipelines")):
        for path in sorted((ROOT / root).rglob("*.py")):
            parts = path.relative_to(ROOT / root).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            found[".".join([prefix, *parts])] = path
    return found


MODULES = modules()


def imports(name):
    """Modules of the package that a module imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            named = [f"{node.module}.{alias.name}" for alias in node.names]
            named = [n if n in MODULES else node.module for n in named]
        else:
            continue
        found |= {n for n in named if n in MODULES and n != name}
    return found


ARROWS = {name: imports(name) for name in MODULES}


def room(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "tfmi"


def test_every_module_is_in_a_room():
    assert {room(name) for name in MODULES} - {"tfmi", *ROOMS} == set()


@pytest.mark.parametrize("name", MODULES)
def test_a_room_imports_only_from_above(name):
    if name == "tfmi":
        return
    own = ROOMS.index(room(name))
    below = {n for n in ARROWS[name] if n == "tfmi" or ROOMS.index(room(n)) > own}
    assert below == set()


def test_there_is_no_circle():
    left = {name: set(arrows) for name, arrows in ARROWS.items()}
    while leaves := [name for name, arrows in left.items() if not arrows & set(left)]:
        for name in leaves:
            del left[name]
    assert left == {}


def test_nobody_imports_a_command():
    importers = {
        n for n, arrows in ARROWS.items() if any(room(a) == "cli" for a in arrows)
    }
    assert {name for name in importers if room(name) != "cli"} == set()


@pytest.mark.parametrize("name", MODULES)
def test_nobody_reaches_anothers_underscore(name):
    """Neither `from module import _name` nor `module._name`."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    bound, reached = set(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tfmi"):
            reached += [a.name for a in node.names if a.name.startswith("_")]
            bound |= {a.asname or a.name for a in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            private = node.attr.startswith("_") and not node.attr.startswith("__")
            if private and node.value.id in bound:
                reached.append(f"{node.value.id}.{node.attr}")
    assert reached == []


def test_files_hold_one_thing_each():
    long = {n: len(p.read_text().splitlines()) for n, p in MODULES.items()}
    assert {name: n for name, n in long.items() if n > 250} == {}


def test_importing_tfmi_is_light():
    code = "import sys, tfmi, tfmi.recipes; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
