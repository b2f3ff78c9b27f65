"""Who or what started a run, in words for people."""

from collections.abc import Mapping

from agent_runs.models import JSON, SourceType

SOURCES: dict[str, str] = {
    SourceType.LOCAL: "Dashboard or command line",
    SourceType.API: "API",
    SourceType.SLACK: "Slack",
    SourceType.GITHUB: "GitHub",
    SourceType.GITHUB_CHECK_SUITE: "GitHub checks",
    SourceType.GITHUB_PR_REVIEW: "GitHub review",
    SourceType.LINEAR: "Linear",
    SourceType.CHAT: "Chat",
    SourceType.JIRA: "Jira",
    SourceType.CLICKUP: "ClickUp",
    SourceType.MONDAY: "Monday",
    SourceType.SETUP_COMMANDS: "Setup commands",
}
"""Words for `source_type`, in the order of the filter."""

SURFACES = {"dashboard": "Dashboard", "cli": "Command line", "terminal": "Terminal"}
"""Words for `surface`: a part of this program, or a watched terminal."""

_PROGRAMS = {"agent-runs-dashboard": "dashboard", "agent-runs-cli": "cli"}


def surface_of(program: str | None) -> str | None:
    """Return which surface a program is, by its header `User-Agent`; None for other programs."""
    return _PROGRAMS.get(program or "")


def started_by(run: Mapping[str, JSON]) -> str:
    """Return who or what started a run."""
    if run.get("imported_at") is not None:
        return "Imported"
    source = str(run.get("source_type"))
    return SURFACES.get(str(run.get("surface"))) or SOURCES.get(source, source)
