"""The shape of the code: sizes, names, dependencies. `make check` proves the layers."""

import ast
import functools
import importlib.metadata
import re
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TypeVar

import grimp
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "agent_runs"
SOURCES = sorted([*ROOT.glob("*.py"), *PACKAGE.rglob("*.py"), *ROOT.glob("bench/**/*.py")])
OURS = [path for path in SOURCES if "migrations" not in path.parts]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

EVERYTHING = [*OURS, *sorted([*ROOT.glob("tests/**/*.py"), *ROOT.glob("scripts/**/*.py")])]

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
DEEPEST_FOLDER = 4
EMPTY_WORDS = re.compile(
    r"(util|helper|manager|service|common|misc|handler|processor|factory)", re.IGNORECASE
)
PIN = re.compile(
    r"^([a-z0-9][a-z0-9.-]*)(?:\[([a-z0-9, -]+)\])?==([^ ;]+)(?: ; ([^\\]+?))? \\$", re.MULTILINE
)


Definition = TypeVar("Definition", bound=ast.AST)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def definitions(path: Path, *kinds: type[Definition]) -> list[Definition]:
    return [node for node in ast.walk(tree_of(path)) if isinstance(node, kinds)]


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = grimp.build_graph("agent_runs", cache_dir=None)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the circle


def test_a_file_is_one_idea_and_not_longer_than_that_takes() -> None:
    lengths = {
        name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in EVERYTHING
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_a_function_can_be_read_at_once() -> None:
    lengths = {
        f"{name_of(path)}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in OURS
        for node in definitions(path, ast.FunctionDef, ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_modules_and_classes_have_names_that_say_something() -> None:
    for path in SOURCES:
        names = [*path.relative_to(ROOT).with_suffix("").parts]
        names += [node.name for node in definitions(path, ast.ClassDef)]
        assert [name for name in names if EMPTY_WORDS.search(name)] == [], name_of(path)


def test_every_module_says_what_it_is() -> None:
    assert [name_of(path) for path in SOURCES if not ast.get_docstring(tree_of(path))] == []


def test_folders_are_not_nested_deeper_than_one_can_keep_in_mind() -> None:
    depths = {name_of(path): len(path.relative_to(ROOT).parts) - 1 for path in SOURCES}
    assert {name: depth for name, depth in depths.items() if depth > DEEPEST_FOLDER} == {}


def test_tests_are_no_packages() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def pins(file: str) -> dict[str, str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return {name: version for name, _, version, _ in PIN.findall(text)}


def pinned_extras() -> dict[str, set[str]]:
    text = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
    text += (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return {name: set(extras.split(", ")) for name, extras, *_ in PIN.findall(text) if extras}


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("requirements.txt", PYPROJECT["project"]["dependencies"]),
        ("requirements-dev.txt", PYPROJECT["dependency-groups"]["dev"]),
    ],
    ids=["requirements.txt", "requirements-dev.txt"],
)
def test_pinned_versions_are_in_step_with_pyproject(file: str, wanted: list[str]) -> None:
    pinned = pins(file)
    for requirement in map(Requirement, wanted):
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{name} is missing: make requirements"
        assert requirement.specifier.contains(pinned[name], prereleases=True), name


def test_both_requirements_files_pin_the_same_versions() -> None:
    shipped, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: dev[name] for name in shipped.keys() & dev.keys()}.items() <= shipped.items()


def test_extras_are_pinned_where_a_package_asks_for_them() -> None:
    # Older pips take `name[extra]` for a package of its own: a pin of `name` alone lets them choose
    # the newest release, which has no hash here, and the installation fails on the day it appears.
    pinned = pinned_extras()
    for distribution in importlib.metadata.distributions():
        for wanted in map(Requirement, distribution.requires or []):
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                pinned_here = pinned.get(canonicalize_name(wanted.name), set())
                assert wanted.extras <= pinned_here, f"{distribution.name} asks for {wanted}"


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned_with_hashes_and_name_no_place(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(r"://|file:|(^|\s)/|--index|--find|-i ", text) is None
    for line in text.splitlines():
        if line and not line.startswith((" ", "#")):
            assert PIN.match(f"{line}\n"), line
    packages = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(packages) == len(pins(file))
    for package in packages:
        assert package.count("--hash=sha256:") >= 2, package.splitlines()[0]


def hidden_tasks(module: ast.Module) -> list[int]:
    """Return the lines with calls that start a task without a name, or hide how one ended."""
    imported = {
        name.asname or name.name: name.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module == "asyncio"
        for name in node.names
    }
    lines: list[int] = []
    for call in [node for node in ast.walk(module) if isinstance(node, ast.Call)]:
        words = {keyword.arg for keyword in call.keywords}
        match call.func:
            case ast.Attribute(attr=name):
                pass
            case ast.Name(id=local):
                name = imported.get(local, "")
            case _:
                name = ""
        hides = {"ensure_future", "shield", "return_exceptions"} & {name, *words}
        if hides or (name == "create_task" and "name" not in words):
            lines.append(call.lineno)
    return lines


def test_background_tasks_have_names_and_only_their_home_ends_them() -> None:
    # A separate program, which imports nothing of ours.
    agent = PACKAGE / "providers" / "acp" / "scripted.py"
    lines = [
        f"{name_of(path)}:{line}"
        for path in OURS
        if path not in {agent, PACKAGE / "tasks.py"}
        for line in hidden_tasks(tree_of(path))
    ]
    assert lines == []


@pytest.mark.parametrize(
    ("source", "hides"),
    [
        ("import asyncio\nasyncio.shield(work)", True),
        ("from asyncio import shield\nshield(work)", True),
        ("from asyncio import shield as keep\nkeep(work)", True),
        ("from asyncio import ensure_future\nensure_future(work)", True),
        ("from asyncio import gather\ngather(work, return_exceptions=True)", True),
        ("from asyncio import create_task\ncreate_task(work)", True),
        ("from asyncio import create_task\ncreate_task(work, name='a-task')", False),
        ("import asyncio\nasyncio.get_running_loop().create_task(work)", True),
        ("import anyio\nanyio.CancelScope(shield=True)", True),
        ("def shield(work): ...\nshield(work)", False),
    ],
)
def test_a_hidden_task_is_noticed_however_its_function_was_imported(
    source: str, *, hides: bool
) -> None:
    assert hidden_tasks(ast.parse(source)) == ([2] if hides else [])
