"""The documentation says what the code does: settings, links, commands, change log."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent_runs.models import JSON
from agent_runs.settings import Settings, env_name

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
OF_THE_OFFICIAL_TOOLS = {"CODEGEN_API_BASE_URL"}
VARIABLE = re.compile(r"\b(?:AGENT_RUNS|CODEGEN)_[A-Z][A-Z_]*[A-Z]\b")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def told_besides(field: str) -> dict[str, JSON]:
    """The unit of a setting, and its default in words."""
    extra: JSON = Settings.model_fields[field].json_schema_extra
    return extra or {}


def settings_row(field: str) -> str:
    """The line of docs/settings.md for a field: variable, default, unit, meaning."""
    info = Settings.model_fields[field]
    extra = told_besides(field)
    default = extra.get("default") or (f"`{info.default}`" if info.default else "none")
    return f"| `{env_name(field)}` | {default} | {extra.get('unit', '')} | {info.description} |"


@pytest.mark.parametrize("field", Settings.model_fields)
def test_settings_page_has_the_name_default_unit_and_meaning_of_every_setting(field: str) -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert settings_row(field) in page.splitlines()


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_that_counts_something_has_a_unit(field: str) -> None:
    info = Settings.model_fields[field]
    if (info.annotation is int or info.annotation is float) and not field.endswith("port"):
        assert told_besides(field).get("unit")


@pytest.mark.parametrize("page", [*PAGES, ROOT / ".env.example"], ids=name_of)
def test_a_page_names_only_variables_that_exist(page: Path) -> None:
    variables = {env_name(field) for field in Settings.model_fields} | OF_THE_OFFICIAL_TOOLS
    assert set(VARIABLE.findall(page.read_text(encoding="utf-8"))) <= variables


def test_example_env_file_shows_the_variables_that_most_people_set() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    for name in ("CODEGEN_API_TOKEN", "CODEGEN_ORG_ID", "CODEGEN_BASE_URL", "AGENT_RUNS_HOME"):
        assert f"{name}=" in text


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_of_a_page_leads_to_a_file(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            file = page.parent / path if path else page
            assert file.exists(), target
            assert not anchor or anchor in anchors(file), target


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_index_links_every_page_of_the_documentation() -> None:
    index = ROOT / "docs/README.md"
    linked = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in LINK.findall(index.read_text(encoding="utf-8"))
    }
    pages = set((ROOT / "docs").rglob("*.md")) - {index}
    assert {name_of(page) for page in pages - linked} == set()


def test_readme_fits_on_a_few_screens_and_the_map_for_agents_on_fewer() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
    assert len((ROOT / "AGENTS.md").read_text(encoding="utf-8").splitlines()) <= 100


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    code = re.findall(r"```.*?```|`[^`\n]+`", page.read_text(encoding="utf-8"), re.DOTALL)
    for target in re.findall(r"\bmake ([a-z]+)", "\n".join(code)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_command_and_option_of_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shell = "\n".join(re.findall(r"```bash\n(.*?)```", text, re.DOTALL))
    used: dict[str, set[str]] = {}
    for name, rest in re.findall(r"agent-runs ([a-z]+)(.*)", shell):
        used.setdefault(name, set()).update(re.findall(r"--[a-z]+", rest))
    assert used
    for name, options in sorted(used.items()):
        command = [sys.executable, "-m", "agent_runs", name, "--help"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{name}: {done.stderr}"
        assert {option for option in options if option not in done.stdout} == set(), name


def test_ci_runs_the_test_command_of_the_readme_and_nothing_else() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    assert script[-1] == "make test"
    assert all(line.startswith(("#", "set -e", "cd ")) for line in script[:-1])
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_change_log_is_in_the_keep_a_changelog_format() -> None:
    lines = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# Changelog"
    releases = [line for line in lines if line.startswith("## ")]
    assert releases[0] == "## [Unreleased]"
    for line in releases[1:]:
        assert re.fullmatch(r"## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", line)
    kinds = {line.removeprefix("### ") for line in lines if line.startswith("### ")}
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/decisions/0*.md")), ids=name_of)
def test_a_decision_record_has_its_four_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert re.match(rf"# {page.name[:4]} \S", text)
    for part in ("Context", "Decision", "Consequences", "Enforced by"):
        assert f"\n## {part}\n" in text
