"""The pinned agents: hashed, from no named registry, and in step with what is tried."""

import json
import re
import tomllib
from pathlib import Path

from tests.agents import today
from tests.agents.install import VERSIONS
from tests.agents.known import ALL, SHORT
from tests.offline_model.agents import agents_file

LOCK = json.loads((VERSIONS / "package-lock.json").read_text("utf-8"))["packages"]


def test_every_package_has_a_hash_and_names_no_registry() -> None:
    packages = {path: each for path, each in LOCK.items() if path}
    assert len(packages) > 100
    assert [path for path, each in packages.items() if "integrity" not in each] == []
    assert "resolved" not in str(packages)


def test_the_lock_file_has_the_pinned_versions() -> None:
    for agent, package in today.PACKAGES.items():
        assert LOCK[f"node_modules/{package}"]["version"] == today.pins()[agent]
        assert LOCK[f"node_modules/{package}"].get("dev", False) is (agent not in SHORT)


def test_agents_that_are_python_packages_are_pinned_with_hashes() -> None:
    agents = tomllib.loads((VERSIONS / "python.toml").read_text("utf-8"))
    for agent, each in agents.items():
        text = (VERSIONS / f"requirements-{agent}.txt").read_text("utf-8")
        assert f"\n{each['package']}=={each['version']} \\\n" in f"\n{text}"
        packages = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
        assert all("--hash=sha256:" in package for package in packages)
        assert re.search(r"://|--index|--find", text) is None


def test_every_agent_is_pinned_and_pointed_at_the_offline_model() -> None:
    assert today.pins().keys() == set(ALL)
    content = agents_file("http://model.example")
    assert set(re.findall(r"^\[agents\.([a-z-]+)\]$", content, re.MULTILINE)) == set(ALL)


def test_changes_name_new_releases_and_agents_that_could_not_be_had() -> None:
    versions = today.pins() | {"codex": "99.0.0"}
    del versions["vibe"]
    new, missing = today.changes(versions)
    assert new == f"codex: 99.0.0, pinned is {today.pins()['codex']}; propose 99.0.0"
    assert missing.startswith("vibe: could not be installed")


def test_the_table_has_a_row_for_each_scenario() -> None:
    outcomes = {"it works": {"codex": "yes", "claude": "no"}}
    assert today.table(outcomes, {"claude": "1.0", "codex": "2.0"}) == [
        "|  | claude 1.0 | codex 2.0 |",
        "| --- | --- | --- |",
        "| it works | no | yes |",
    ]


def test_the_page_keeps_all_but_the_table(tmp_path: Path) -> None:
    page = tmp_path / "agents.md"
    page.write_text(f"Before\n\n{today.BEGIN}\n\nold\n\n{today.END}\n\nAfter\n")
    today.write_page(page, {"codex": "2.0"}, "2030-01-02")
    assert page.read_text() == (
        f"Before\n\n{today.BEGIN}\n\n| agent | tried on | version |\n| --- | --- | --- |\n"
        f"| `codex` | 2030-01-02 | 2.0 |\n\n{today.END}\n\nAfter\n"
    )


def test_the_page_about_agents_has_the_place_for_the_table() -> None:
    text = today.PAGE.read_text("utf-8")
    assert text.index(today.BEGIN) < text.index(today.END)
