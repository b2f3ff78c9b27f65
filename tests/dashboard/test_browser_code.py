"""The browser code: its size, its faces in Python, and the tools that check it."""

import json
import re
from pathlib import Path

import reflex as rx

from agent_runs.dashboard.browser import faces
from agent_runs.dashboard.frame.layout import KEYS, NAVIGATION

ROOT = Path(__file__).parents[2]
BROWSER = ROOT / "agent_runs" / "dashboard" / "browser"
TOOLS = ROOT / "tools" / "browser"
TESTS = ROOT / "tests" / "dashboard" / "browser"
CODE = sorted(
    path
    for found in (
        BROWSER.rglob("*.*s*"),
        TOOLS.glob("*.*s*"),
        (ROOT / "assets").glob("*.js"),
        TESTS.rglob("*.*s*"),
    )
    for path in found
    if path.suffix in {".js", ".jsx", ".ts"}
)
LOOKS = sorted((ROOT / "assets").glob("*.css"))
LONGEST_FILE = 400
LONGEST_LINE = 100
GENERATED = TOOLS / "openapi.d.ts"


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def versions(lock: Path) -> dict[str, str]:
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    return {
        name.removeprefix("node_modules/"): package["version"]
        for name, package in packages.items()
        if name.count("node_modules/") == 1
    }


def test_a_file_is_one_idea_and_says_which() -> None:
    for path in [*CODE, *LOOKS]:
        if path != GENERATED:
            assert len(lines(path)) <= LONGEST_FILE, path
            assert max(map(len, lines(path))) <= LONGEST_LINE, path  # biome leaves comments alone
    for path in BROWSER.rglob("*.js*"):
        assert lines(path)[0].startswith("// "), path


def test_every_key_that_goes_to_a_page_is_in_the_lists_for_people() -> None:
    source = (BROWSER / "frame" / "pages.js").read_text(encoding="utf-8")
    paths = dict(re.findall(r'(\w): "(/\w*)"', source))
    assert {item.path for item in NAVIGATION} | {"/new"} == set(paths.values())
    listed = [keys.split() for keys, _ in KEYS]
    assert [keys[1].lower() for keys in listed if keys[0] == "G"] == list(paths)
    docs = (ROOT / "docs" / "dashboard.md").read_text(encoding="utf-8")
    section = docs.partition("## Keyboard")[2].partition("## ")[0]
    documented = " ".join(re.findall("`([^`]+)`", section))
    assert documented.split() == [key for keys in listed for key in keys]


def test_every_file_that_does_not_draw_has_a_unit_test() -> None:
    tests = [path.read_text(encoding="utf-8") for path in TESTS.glob("*.test.js")]
    named = set(re.findall(r'"\.\./\.\./\.\./([\w/.-]+\.js)"', "\n".join(tests)))
    pure = [*BROWSER.rglob("*.js"), *(ROOT / "assets").glob("*.js")]
    assert {path.relative_to(ROOT).as_posix() for path in pure} - named == set()


def test_every_sheet_of_the_look_is_loaded() -> None:
    source = (ROOT / "agent_runs" / "dashboard" / "app.py").read_text(encoding="utf-8")
    assert sorted(re.findall(r'"/([\w-]+\.css)"', source)) == [path.name for path in LOOKS]


def test_every_face_is_drawn_by_a_component_of_its_name() -> None:
    components = [
        face
        for face in vars(faces).values()
        if isinstance(face, type) and issubclass(face, rx.Component)
    ]
    assert len(components) > 10
    for face in components:
        library, tag = str(face().library), str(face().tag)
        name = library.partition("/faces/")[2]
        exported = rf"^export function {tag}\b"
        assert re.search(exported, (BROWSER / name).read_text(encoding="utf-8"), re.MULTILINE)


def test_only_one_file_talks_to_the_network() -> None:
    # Uploads show how far they are, which `fetch` cannot.
    allowed: dict[str, set[str]] = {
        "fetch(": {"api.js"},
        "XMLHttpRequest(": {"imports/jobs.js"},
        "EventSource(": set(),
    }
    for call, names in allowed.items():
        users = {
            path.relative_to(BROWSER).as_posix()
            for path in BROWSER.rglob("*.js*")
            if re.search(rf"(?<![\w.]){re.escape(call)}", path.read_text(encoding="utf-8"))
        }
        assert users == names, call


def test_code_is_checked_against_the_libraries_it_is_built_with() -> None:
    checked, built = (
        versions(TOOLS / "package-lock.json"),
        versions(ROOT / "reflex.lock" / "package-lock.json"),
    )
    wanted = json.loads((TOOLS / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    shared = wanted.keys() & built.keys()
    assert {"react-router", "react-virtuoso", "lucide-react", "@radix-ui/themes"} <= shared
    assert {name: checked[name] for name in shared} == {name: built[name] for name in shared}


def test_the_tools_are_pinned_with_hashes_and_name_no_place() -> None:
    manifest = json.loads((TOOLS / "package.json").read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"[\d.]+", pin) for pin in manifest["devDependencies"].values())
    text = (TOOLS / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    for name, package in json.loads(text)["packages"].items():
        assert not name or package["integrity"].startswith("sha512-"), name
    assert "omit-lockfile-registry-resolved=true" in lines(TOOLS / ".npmrc")
