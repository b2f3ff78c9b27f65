"""Reads the answers of servers: tolerant of what comes in, strict in what goes out.

Official servers and their imitations differ in time formats, in ids that are strings, in nulls
and in observations that are objects or text. The readers here return the models of `models.py`,
with unknown fields and statuses kept.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar, cast

from pydantic import Field, ValidationError

from agent_runs.errors import UnexpectedAnswer
from agent_runs.models import (
    JSON,
    AgentRun,
    AgentRunLog,
    PullRequest,
    Record,
)
from agent_runs.reading.failure import has_failed
from agent_runs.reading.run import reading_of
from agent_runs.reading.status import parse_status

RecordT = TypeVar("RecordT", bound=Record)
UNKNOWN = "UNKNOWN"
NO_TIME = datetime.fromtimestamp(0, UTC)
"""Creation time of a run or entry if the server leaves it out."""


class AgentRunWithLogs(AgentRun):
    """A run with one page of its log entries: the official shape."""

    logs: tuple[AgentRunLog, ...] = ()
    total_logs: int = Field(default=0, description="all entries that match, not only this page")
    page: int = Field(default=1, description="number of the page, from 1")
    size: int = Field(default=100, description="most entries on a page")
    pages: int = 1


class Page(Record, Generic[RecordT]):
    """One page of a list, newest first."""

    items: tuple[RecordT, ...]
    total: int
    page: int = Field(description="number of the page, from 1")
    size: int = Field(description="most items on a page")
    pages: int


class User(Record):
    """The user whom the token belongs to."""

    id: int
    github_user_id: str = ""
    github_username: str = ""
    email: str | None = None
    avatar_url: str | None = None
    full_name: str | None = None
    role: str | None = None
    is_admin: bool | None = None


class Organization(Record):
    """An organization that the token can use."""

    id: int
    name: str = ""
    settings: dict[str, JSON] = Field(default_factory=dict)


def record(model: type[RecordT]) -> Callable[[JSON], RecordT]:
    """Return a reader of one object; nulls become the model's defaults."""

    def read(value: JSON) -> RecordT:
        return _validate(model, _without_nulls(_object(value)))

    return read


def records(model: type[RecordT]) -> Callable[[JSON], list[RecordT]]:
    """Return a reader of a list, bare or under `items`."""

    def read(value: JSON) -> list[RecordT]:
        items: JSON = _object(value).get("items") if isinstance(value, dict) else value
        return [record(model)(item) for item in _list(items)]

    return read


def page(
    read_item: Callable[[JSON], RecordT], skip: int, limit: int
) -> Callable[[JSON], Page[RecordT]]:
    """Return a reader of a page; missing counts are computed."""

    def read(value: JSON) -> Page[RecordT]:
        answer = _object(value)
        items = tuple(read_item(item) for item in _list(answer.get("items")))
        total = _int(answer.get("total"), skip + len(items))
        size = _int(answer.get("size"), limit)
        fields: dict[str, JSON] = {
            "items": items,
            "total": total,
            "page": _int(answer.get("page"), skip // limit + 1),
            "size": size,
            "pages": _int(answer.get("pages"), -(-total // max(size, 1))),
        }
        return cast("Page[RecordT]", Page.model_construct(None, **(answer | fields)))

    return read


def run(value: JSON) -> AgentRun:
    """Read a run."""
    return _validate(AgentRun, _run_fields(_object(value)))


def run_with_logs(skip: int, *, reverse: bool) -> Callable[[JSON], AgentRunWithLogs]:
    """Return a reader of a run with entries; a missing `seq` is computed."""

    def read(value: JSON) -> AgentRunWithLogs:
        answer = _object(value)
        entries = _list(answer.get("logs"))
        total = _int(answer.get("total_logs"), skip + len(entries))
        fields = _run_fields(answer) | {"total_logs": total}
        fields["logs"] = [
            log(entry, seq=total - 1 - skip - index if reverse else skip + index)
            for index, entry in enumerate(entries)
        ]
        fields.setdefault("log_count", total)
        return _validate(AgentRunWithLogs, fields)

    return read


def log(value: JSON, *, seq: int = 0) -> AgentRunLog:
    """Read a log entry."""
    fields = _without_nulls(_object(value))
    fields.setdefault("seq", seq)
    fields["created_at"] = _time(fields.get("created_at")) or NO_TIME
    fields["message_type"] = str(fields.get("message_type", UNKNOWN))
    for name in ("tool_input", "tool_output"):
        if name in fields and not isinstance(fields[name], dict):
            fields[name] = {"value": fields[name]}
    if not isinstance(fields.get("observation", ""), (str, dict)):
        fields["observation"] = json.dumps(fields["observation"], ensure_ascii=False)
    for name in ("thought", "tool_name"):
        if name in fields:
            fields[name] = _text(fields[name])
    fields.setdefault("failed", has_failed(fields))  # the hosted API does not send it
    return _validate(AgentRunLog, fields)


def plain(value: JSON) -> dict[str, JSON]:
    """Read an object unchanged."""
    return _object(value)


def _run_fields(answer: dict[str, JSON]) -> dict[str, JSON]:
    fields = _without_nulls(answer)
    for name in [name for name in fields if name.endswith("_at")]:
        fields[name] = _time(fields[name])
    fields["created_at"] = fields.get("created_at") or NO_TIME
    fields["status"] = parse_status(str(fields.get("status", UNKNOWN)))
    for name in ("result", "summary", "upstream_id"):
        if name in fields:
            fields[name] = _text(fields[name])
    if "metadata" in fields and not isinstance(fields["metadata"], dict):
        fields["metadata"] = {"value": fields["metadata"]}
    fields["github_pull_requests"] = [
        _validate(PullRequest, {"id": 0, "created_at": ""} | _without_nulls(_object(item)))
        for item in _list(fields.get("github_pull_requests"))
    ]
    # The hosted API does not send derived fields.
    return fields if "name" in fields else fields | reading_of({"id": 0} | fields)


def _validate(model: type[RecordT], fields: dict[str, JSON]) -> RecordT:
    try:
        return model.model_validate(fields)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnexpectedAnswer(
            f"The server sent an unusable {model.__name__}: {place}: {first['msg']}."
        ) from exc


def _without_nulls(answer: dict[str, JSON]) -> dict[str, JSON]:
    return {name: value for name, value in answer.items() if value is not None}


def _object(value: JSON) -> dict[str, JSON]:
    if not isinstance(value, dict):
        raise UnexpectedAnswer(f"The server sent {_kind(value)} where an object was expected.")
    return cast("dict[str, JSON]", value)


def _list(value: JSON) -> Sequence[JSON]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise UnexpectedAnswer(f"The server sent {_kind(value)} where a list was expected.")
    return cast("Sequence[JSON]", value)


def _kind(value: JSON) -> str:
    return type(value).__name__


def _int(value: JSON, otherwise: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return otherwise


def _text(value: JSON) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _time(value: JSON) -> datetime | None:
    """Read ISO-8601 and the official `2025-06-21 11:20:04.338398`; no zone means UTC."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    try:
        time = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
