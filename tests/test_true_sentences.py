"""What comments and pages say of the code is so: its errors, layers, files and contracts."""

import ast
import importlib
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_runs import errors
from agent_runs.errors import AgentRunsError

ROOT = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {each["name"]: each for each in PYPROJECT["tool"]["importlinter"]["contracts"]}
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
FOLDERS = ("agent_runs", "bench", "docs", "scripts", "tests")
HOMES_OF_ERRORS = ("agent_runs.providers.acp.git", "agent_runs.sync.creator")

DRAWN = re.compile(r"^ {4}(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+) *(?P<status>\d{3})?", re.MULTILINE)
CITED = re.compile(r"(?<![\w/.*{<-])(?:[\w.-]+/)*[\w-]+\.(?:py|jsx?|css|md)\b(?![\w(])")
REMARKED = {".py", ".md", ".js", ".jsx", ".css"}
# Comments of JavaScript and style sheets; the colon is that of an address.
COMMENT = re.compile(r"/\*.*?\*/|(?<!:)//[^\n]*", re.DOTALL)
# Files of other programs, and of people; and the name of a program.
ELSEWHERE = {
    "codegen.py",
    "main.py",
    "src/app.py",
    "task.md",
    "notes/REPORT.md",
    "state.js",
    "Node.js",
}


def drawn_errors() -> dict[str, tuple[str, int]]:
    """`name → (base, status)` of the tree in the docstring of `errors.py`."""
    drawn: dict[str, tuple[str, int]] = {"AgentRunsError": ("Exception", 500)}
    above: list[str] = []
    for line in DRAWN.finditer(errors.__doc__ or ""):
        above = above[: len(line["branch"]) // 4]
        if above:
            base = above[-1]
            status = int(line["status"] or drawn[base][1])
            drawn[line["name"]] = (base, status)
        above.append(line["name"])
    return drawn


def real_errors(base: type[AgentRunsError]) -> dict[str, tuple[str, int]]:
    real = {base.__name__: (base.__bases__[0].__name__, base.status_code)}
    for each in base.__subclasses__():
        if each.__module__.startswith("agent_runs."):
            real |= real_errors(each)
    return real


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    for module in HOMES_OF_ERRORS:
        importlib.import_module(module)
    assert drawn_errors() == real_errors(AgentRunsError)


def test_the_map_for_agents_shows_the_layers_that_are_enforced() -> None:
    text = (ROOT / "AGENTS.md").read_text(encoding="utf-8")
    block = text.partition("## Layers")[2].partition("```\n")[2].partition("```")[0]
    shown = [re.split(" {2,}", line)[0].split(" | ") for line in block.splitlines()]
    enforced = [
        [name.strip("()") for name in layer.split(" | ")]
        for layer in CONTRACTS["Imports point down"]["layers"]
    ]
    assert [sorted(layer) for layer in shown] == [sorted(layer) for layer in enforced]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_a_decision_is_enforced_by_contracts_that_exist(page: Path) -> None:
    enforced = page.read_text(encoding="utf-8").partition("## Enforced by")[2]
    named = re.findall(r'"([^"]+)"', " ".join(enforced.split()))
    assert [name for name in named if name not in CONTRACTS] == []


def remarks(path: Path) -> Iterator[str]:
    """A page, or the docstrings and comments of code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        yield text
        return
    if path.suffix != ".py":
        yield from COMMENT.findall(text)
        return
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, kinds):
            yield ast.get_docstring(node, clean=False) or ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def test_files_that_are_named_in_remarks_and_pages_exist() -> None:
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")]
    paths += [path for where in ("*.*", "assets/*.*", "tools/*/*.*") for path in ROOT.glob(where)]
    parts = [path.relative_to(ROOT).parts for path in paths]
    # A file may be named by the end of its path, as seen from where the reader stands.
    ends = {"/".join(names[at:]) for names in parts for at in range(len(names))}
    missing: list[str] = []
    for path in paths:
        if path.suffix in REMARKED and path.name != "CHANGELOG.md":
            cited = {each.lstrip("./") for text in remarks(path) for each in CITED.findall(text)}
            missing += [f"{path.relative_to(ROOT)}: {each}" for each in cited - ends - ELSEWHERE]
    assert missing == []
