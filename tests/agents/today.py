"""Installs today's releases of all agents, tries every scenario, and says what has changed.

    make agents                       # or with ARGS="-k stopped": only some scenarios

It prints a table (agent, version, scenario, holds), what differs from the pinned versions, and
writes the versions that were tried into docs/agents.md. It proposes new pins; it sets none.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from tests.agents.install import VERSIONS, environment
from tests.agents.known import ALL

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "agents.md"
BEGIN, END = "<!-- written by `make agents` -->", "<!-- end of what it writes -->"
PACKAGES = {
    "claude": "@agentclientprotocol/claude-agent-acp",
    "codex": "@agentclientprotocol/codex-acp",
    "opencode": "opencode-ai",
    "gemini": "@google/gemini-cli",
    "qwen": "@qwen-code/qwen-code",
    "copilot": "@github/copilot",
}
"""Those on npm; the others are in `versions/python.toml`."""

_SECONDS = 1200
Outcomes = dict[str, dict[str, str]]


def pins() -> dict[str, str]:
    """Return agent → pinned version."""
    package = json.loads((VERSIONS / "package.json").read_text("utf-8"))
    npm = package["dependencies"] | package["devDependencies"]
    found = {agent: npm[name] for agent, name in PACKAGES.items()}
    return found | {agent: each["version"] for agent, each in _python_agents().items()}


def table(outcomes: Outcomes, versions: dict[str, str]) -> list[str]:
    """Return a Markdown table with a row per scenario and a column per agent."""
    agents = [agent for agent in ALL if agent in versions]
    lines = [_row("", *(f"{agent} {versions[agent]}" for agent in agents))]
    lines.append(_row(*["---"] * (len(agents) + 1)))
    for scenario, holds in sorted(outcomes.items()):
        lines.append(_row(scenario, *(holds.get(agent, "-") for agent in agents)))
    return lines


def changes(versions: dict[str, str]) -> Iterator[str]:
    """Yield a line for each agent whose release differs from its pin, or that could not be had."""
    for agent, pinned in pins().items():
        version = versions.get(agent)
        if version is None:
            yield f"{agent}: could not be installed; pinned is {pinned}"
        elif version != pinned:
            yield f"{agent}: {version}, pinned is {pinned}; propose {version}"


def write_page(page: Path, versions: dict[str, str], day: str) -> None:
    """Put the versions that were tried into the page about agents."""
    rows = [_row("agent", "tried on", "version"), _row("---", "---", "---")]
    rows += [_row(f"`{agent}`", day, versions[agent]) for agent in ALL if agent in versions]
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text("\n".join([before + BEGIN, "", *rows, "", END]) + after, "utf-8")


def main() -> None:
    """Install, try, tell."""
    place = user_cache_path("agent-runs") / "agents-today"
    place.mkdir(parents=True, exist_ok=True)
    bins = [*_install_npm(place), *_install_python(place)]
    versions = dict(_versions(place))
    outcomes = _try(place, bins)
    print_lines = ["", *table(outcomes, versions), "", *changes(versions), ""]
    sys.stdout.write("\n".join(print_lines))
    if not sys.argv[1:]:
        write_page(PAGE, versions, datetime.now(UTC).strftime("%Y-%m-%d"))
    sys.exit(any("no" in holds.values() for holds in outcomes.values()))


def _python_agents() -> dict[str, dict[str, str]]:
    return tomllib.loads((VERSIONS / "python.toml").read_text("utf-8"))


def _install_npm(place: Path) -> list[Path]:
    scripts = sysconfig.get_path("scripts")
    (place / "package.json").write_text('{"private": true}\n', "utf-8")
    _call(place, f"{scripts}/npm", "install", "--no-audit", "--no-fund", *PACKAGES.values())
    return [place / "node_modules" / ".bin", Path(scripts)]


def _install_python(place: Path) -> list[Path]:
    return [
        place / agent / "bin"
        for agent, each in _python_agents().items()
        if environment(place / agent, each["python"], each["package"])
    ]


def _versions(place: Path) -> Iterator[tuple[str, str]]:
    for agent, name in PACKAGES.items():
        file = place / "node_modules" / name / "package.json"
        if file.exists():
            yield agent, json.loads(file.read_text("utf-8"))["version"]
    for agent, each in _python_agents().items():
        name = each["package"].replace("-", "_")
        for folder in (place / agent).glob(f"lib/python*/site-packages/{name}-*.dist-info"):
            yield agent, re.sub(r".*-(.+)\.dist-info", r"\1", folder.name)


def _try(place: Path, bins: list[Path]) -> Outcomes:
    outcomes = place / "outcomes.json"
    outcomes.unlink(missing_ok=True)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([*map(str, bins), os.environ["PATH"]]),
        "TEST_LENGTH": "long",
        "AGENT_OUTCOMES": str(outcomes),
    }
    command = [sys.executable, "-m", "pytest", "-n", "2", "-m", "agents", "tests/agents", "-rfEX"]
    command += ["-p", "tests.agents.outcomes", *sys.argv[1:]]
    subprocess.run(command, cwd=ROOT, env=environment, check=False)
    content: Any = json.loads(outcomes.read_text("utf-8"))
    return content


def _call(place: Path, *words: str) -> None:
    scripts = sysconfig.get_path("scripts")
    path = os.pathsep.join([scripts, os.environ["PATH"]])
    # With the certificates that everything else on this machine trusts, as behind a proxy.
    environment = {**os.environ, "PATH": path, "NODE_USE_SYSTEM_CA": "1"}
    done = subprocess.run(words, cwd=place, env=environment, timeout=_SECONDS, check=False)
    if done.returncode:
        sys.stdout.write(f"{' '.join(words)} failed; its agents are left out.\n")


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
