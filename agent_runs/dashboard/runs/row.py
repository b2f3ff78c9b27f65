"""A run as one row of the list: only what the row shows, which keeps updates small."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_runs.dashboard.theme import Look, look_of
from agent_runs.models import (
    HOSTED_PROVIDER,
    WATCHED_PROVIDER,
    AgentRun,
    AgentRunStatus,
)
from agent_runs.questions import FormField, PermissionRequest
from agent_runs.reading.amounts import plural, short_count
from agent_runs.reading.target import argument
from agent_runs.reading.text import clean, one_line

LINE_LENGTH = 240
_NAME_LENGTH = 60
_SERVICES = {HOSTED_PROVIDER: "Codegen"}
"""The service that worked on runs without an agent, by provider: imported runs have it, too."""
_SERVER_LENGTH = 8
_MARKS = re.compile(r"`+|\*\*|^[ \t]*(?:#{1,6}|>|[-*+])[ \t]+", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\][]{1,200})\]\([^()\s]{1,500}\)")


@dataclass(frozen=True)
class PullRequestLink:
    """A pull request in a row."""

    label: str
    title: str
    url: str


@dataclass(frozen=True)
class AskField:
    """One thing to fill in; `choices` are pairs of value and label."""

    name: str
    kind: str
    label: str
    about: str
    proposed: str
    required: bool
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Ask:
    """The question of a paused run; `allow` and `reject` are option ids, empty if not offered.

    Attributes:
        is_form: it asks a person for more than permission.
        url: page to visit, safe to open; empty if there is none.
    """

    id: int
    text: str
    target: str
    allow: str
    reject: str
    is_form: bool = False
    url: str = ""
    fields: tuple[AskField, ...] = ()


@dataclass(frozen=True)
class RunRow:
    """One row. Long texts are shortened, times are ISO text, an empty text means none."""

    id: int
    look: Look
    title: str
    activity: str
    line: str
    line_tone: str
    agent: str
    repo: str
    branch: str
    steps: str
    step_count: int
    tokens: str
    source: str
    created: str
    started: str
    finished: str
    is_terminal: bool
    is_archived: bool
    can_go_on: bool
    hosted_url: str
    pull_requests: tuple[PullRequestLink, ...]
    ask: Ask | None


def row_of(
    run: AgentRun,
    *,
    agents: Mapping[str, str],
    repos: Mapping[int, str],
    ask: Ask | None = None,
) -> RunRow:
    """Return the row of `run`.

    Args:
        agents: titles by name.
        repos: names by id.
    """
    result = run.summary or run.result
    line = one_line(run.error or result if run.has_failed else plain(result), LINE_LENGTH)
    return RunRow(
        id=run.id,
        look=look_of(run.status),
        title=run.name,
        activity=one_line(run.activity, LINE_LENGTH) if run.status == AgentRunStatus.ACTIVE else "",
        line="" if line == run.name else line,
        line_tone="red" if run.has_failed else "",
        agent=agent_of(run, agents),
        repo=repos.get(run.repo_id or 0, f"Repository {run.repo_id}" if run.repo_id else ""),
        branch=run.branch or "",
        step_count=run.log_count,
        steps=plural(run.log_count, "step") if run.log_count else "",
        tokens=tokens_of(run.spent.total_tokens),
        source=run.started_by,
        created=iso(run.created_at),
        started=iso(run.started_at),
        finished=iso(run.finished_at) if run.has_ended else "",
        is_terminal=run.has_ended,
        is_archived=run.archived_at is not None,
        can_go_on="resume" in run.can,
        hosted_url=hosted_url(run),
        pull_requests=pull_requests_of(run),
        ask=ask if run.status == AgentRunStatus.PAUSED else None,
    )


def ask_of(requests: Sequence[PermissionRequest]) -> Ask | None:
    """Return the open question of a run, if there is one."""
    for request in requests:
        if request.state == "pending":
            options = {option.kind: option.option_id for option in reversed(request.options)}
            form = request.form
            title = str(request.tool_call.get("title") or "use a tool")
            url = (form.url if form else None) or ""
            return Ask(
                id=request.id,
                text=clean(form.message) if form else one_line(title, LINE_LENGTH),
                is_form=form is not None,
                url=url if url.startswith(("https://", "http://")) else "",
                fields=tuple(map(_field, form.fields)) if form else (),
                # Not shortened: nobody should approve what they cannot see.
                target=argument(
                    request.tool_call.get("rawInput") or request.tool_call.get("raw_input")
                ),
                allow=options.get("allow_once") or options.get("allow_always", ""),
                reject=options.get("reject_once") or options.get("reject_always", ""),
            )
    return None


def _field(field: FormField) -> AskField:
    labels = ((choice, choice.title or choice.value) for choice in field.choices)
    return AskField(
        name=field.name,
        kind=field.kind,
        label=one_line(field.title or field.name, LINE_LENGTH),
        about=clean(field.description),
        proposed="" if field.default is None else one_line(str(field.default)),
        required=field.required,
        choices=tuple(
            (choice.value, one_line(": ".join(filter(None, (label, choice.description)))))
            for choice, label in labels
        ),
    )


def pull_requests_of(run: AgentRun) -> tuple[PullRequestLink, ...]:
    """Return the run's pull requests whose address is safe to open in a browser."""
    return tuple(
        PullRequestLink(f"#{pull.id}", pull.title or "Pull request", pull.url)
        for pull in run.github_pull_requests
        if pull.url and pull.url.startswith(("https://", "http://"))
    )


def tokens_of(number: int | None, noun: str = "tokens") -> str:
    """Return a number of tokens in words; empty if none were reported."""
    return f"{short_count(number)} {noun}" if number else ""


def agent_of(run: AgentRun, titles: Mapping[str, str]) -> str:
    """Return what worked on a run, for people: an agent of this machine or the hosted service."""
    agent = run.agent or _SERVICES.get(run.provider, "")
    return titles.get(agent, agent)


def hosted_url(run: AgentRun) -> str:
    """Return the run's page at the hosted service; empty for runs of this machine."""
    # It comes from another server: only web addresses may become links.
    url = run.upstream_url or ""
    return url if url.startswith(("https://", "http://")) else ""


def origin_of(run: AgentRun) -> str:
    """Return where an imported run came from, for people; empty for other runs."""
    home, _, name = (run.origin or "").partition(":")
    if run.imported_at is None or not name:
        return ""
    if home == WATCHED_PROVIDER:
        session, _, part = name.partition("/")
        return f"Claude Code session {session}" + (f", agent {part}" if part else "")
    return f"run {one_line(name, _NAME_LENGTH)} on another server ({home[:_SERVER_LENGTH]}…)"


def plain(text: str | None) -> str:
    """Return Markdown without its marks, for a line of plain text."""
    return _MARKS.sub("", _LINK.sub(r"\1", text or ""))


def iso(time: datetime | None) -> str:
    """Return `time` as ISO text, empty for none."""
    return time.isoformat() if time else ""
