"""Reads an export in JSON Lines, part by part, and checks every line of it.

It does not use the database and changes nothing. Errors name the line. docs/exports.md has the
schema.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn, Self, TypeVar, cast

import orjson
from pydantic import BaseModel, Field, ValidationError

from agent_runs.errors import InvalidRequest
from agent_runs.exports.lines import FORMAT, KIND
from agent_runs.models import JSON, LOCAL_ORGANIZATION, AgentRun, Turn
from agent_runs.questions import PermissionRequest
from agent_runs.reading.amounts import size
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.store.engine.payloads import clean
from agent_runs.store.organization.repos import NewRepo

M = TypeVar("M", bound=BaseModel)

LONGEST_LINE = 64 * 1024 * 1024
"""Bytes of one line; this program writes no longer ones."""

_LARGEST_NUMBER = 2**31 - 1
_LONGEST_MS = 2**53
_LONGEST_NAME = 100  # as figures keep it
_FIRST_YEAR, _LAST_YEAR = 1970, 9998
_MOST_EMPTY_LINES = 10_000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"BZh")
"""How files of gzip, zip, xz, zstd and bzip2 begin."""
_FOREIGN = "this is neither an export of agent_runs in JSON Lines nor a Claude Code session."
_CUT_OFF = "it was cut off. Export or copy it again."
_PART_ENTRIES = 500
_PART_BYTES = 1024 * 1024
_COUNTED = {"run": "runs", "turn": "turns", "permission": "permissions", "log": "logs"}

_Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
_Count = Annotated[int, Field(ge=0, le=_LARGEST_NUMBER)]
_Length = Annotated[int, Field(ge=0, le=_LONGEST_MS)]
_Line = Annotated[str, Field(min_length=1, max_length=2000)]


class _FileRun(AgentRun):
    id: _Id
    agent: Annotated[str, Field(max_length=_LONGEST_NAME)] | None = None
    organization_id: _Id = LOCAL_ORGANIZATION
    user_id: _Id | None = None
    log_count: _Count = 0
    turn: _Count = 1
    waited_ms: _Length = 0
    worked_ms: _Length | None = None


class _Name(BaseModel):
    origin: Annotated[str, Field(min_length=3, max_length=300)]


class _FileTurn(Turn):
    turn: Annotated[int, Field(ge=1, le=_LARGEST_NUMBER)]


class _FileRepo(BaseModel):
    url: _Line
    name: _Line
    full_name: _Line
    default_branch: _Line | None = None


class _FileDiff(BaseModel):
    diff: str


@dataclass
class RunLines:
    """A run of the file with the lines before its entries.

    Attributes:
        line: number of its line.
        offset: where that line begins, in bytes.
        origin: name of the run on every server.
    """

    line: int
    offset: int
    run: AgentRun
    origin: str
    repo: NewRepo | None = None
    turns: list[Turn] = field(default_factory=list[Turn])
    permissions: list[PermissionRequest] = field(default_factory=list[PermissionRequest])
    diff: str = ""

    @classmethod
    def read(cls, number: int, offset: int, record: dict[str, JSON]) -> Self:
        """Return the run of a line."""
        origin = _model(_Name, number, record).origin
        return cls(number, offset, _model(_FileRun, number, record), origin)

    def take(self, number: int, kind: str, record: dict[str, JSON]) -> None:
        """Add a line that belongs to the run."""
        if kind == "repo":
            repo = _model(_FileRepo, number, record)
            self.repo = {
                "url": repo.url,
                "name": repo.name,
                "full_name": repo.full_name,
                "default_branch": repo.default_branch,
            }
        elif kind == "diff":
            self.diff = _model(_FileDiff, number, record).diff
        else:
            if record.get("agent_run_id") != self.run.id:
                refuse(number, f"agent_run_id is not the id of the run at line {self.line}.")
            if kind == "turn":
                turn = _model(_FileTurn, number, record)
                if self.turns and turn.turn <= self.turns[-1].turn:
                    refuse(number, "turn should be higher than that of the turn before it.")
                self.turns.append(turn)
            else:
                self.permissions.append(_model(PermissionRequest, number, record))


Entries = list[dict[str, JSON]]


def refuse(number: int, problem: str) -> NoReturn:
    """Raise InvalidRequest with what is wrong with a line."""
    raise InvalidRequest(f"Line {number}: {problem} Nothing was imported.")


def lines_of(path: Path, number: int = 1, offset: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """Yield `(number, offset, bytes)` of each line that is not empty, starting at a line.

    Raises:
        InvalidRequest: a line is too long, or too many are empty.
    """
    empty = 0
    with path.open("rb") as file:
        file.seek(offset)
        while raw := file.readline(LONGEST_LINE + 1):
            if len(raw) > LONGEST_LINE:
                refuse(number, f"it is longer than {size(LONGEST_LINE)}.")
            text = raw if offset else raw.removeprefix(_BYTE_ORDER_MARK)
            if text.strip():
                yield number, offset, text
            elif (empty := empty + 1) > _MOST_EMPTY_LINES:
                refuse(number, "there are too many empty lines.")
            offset += len(raw)
            number += 1


def parse(number: int, raw: bytes) -> dict[str, JSON]:
    """Return the object of a line; both databases can store all text in it.

    Raises:
        InvalidRequest: it is not a JSON object.
    """
    try:
        value = orjson.loads(raw)
        if b"\\u0000" in raw:
            value = clean(value)
    except orjson.JSONDecodeError:
        # Agents do write halves of surrogate pairs, so they are no reason to refuse a file.
        value = clean(_parse_slowly(number, raw))
    if not isinstance(value, dict):
        refuse(number, "it is not a JSON object.")
    return cast("dict[str, JSON]", value)


def check(path: Path) -> None:
    """Read a whole file.

    Raises:
        InvalidRequest: something is wrong with it; the message names the line.
    """
    lines: dict[str, int] = {}
    for part in parts(path):
        if isinstance(part, RunLines):
            first = lines.setdefault(part.origin, part.line)
            if first != part.line:
                refuse(part.line, f"this run is already in the file, at line {first}.")


def parts(path: Path) -> Iterator[RunLines | Entries]:
    """Yield each run, then its entries in parts of bounded size.

    Raises:
        InvalidRequest: something is wrong with a line.
    """
    reading = _Reading()
    number = 0
    for number, offset, raw in lines_of(path):
        yield from reading.take(number, offset, raw)
    if not number:
        refuse(1, "the file is empty.")
    if not reading.is_whole:
        refuse(number + 1, f'the file ends without a line of type "end": {_CUT_OFF}')


def run_at(path: Path, number: int, offset: int) -> RunLines:
    """Read a run again that `parts` yielded before."""
    run: RunLines | None = None
    for line, begin, raw in lines_of(path, number, offset):
        record = parse(line, raw)
        kind = record.pop("type", None)
        if run is None:
            run = RunLines.read(line, begin, record)
        elif kind in {"log", "run", "end"}:
            break
        else:
            run.take(line, str(kind), record)
    if run is None:
        refuse(number, "the run is no longer there.")
    return run


class _Reading:
    """How far the reader is, and what must come next."""

    def __init__(self) -> None:
        self.is_whole = False
        self._is_begun = False
        self._run: RunLines | None = None
        self._seq = 0
        self._entries: Entries = []
        self._size = 0
        self._counts: Counter[str] = Counter()

    def take(self, number: int, offset: int, raw: bytes) -> Iterator[RunLines | Entries]:
        if not self._is_begun:
            _check_beginning(number, raw)
        record = parse(number, raw)
        kind = record.pop("type", None)
        if self.is_whole:
            refuse(number, "it comes after the end.")
        if not self._is_begun:
            _check_header(number, kind, record)
            self._is_begun = True
            return
        if not isinstance(kind, str):
            refuse(number, "type is not a string.")
        self._counts[kind] += 1
        if kind == "log":
            yield from self._log(number, record, len(raw))
        elif kind in {"run", "end"}:
            yield from self._end_of_run(number)
            if kind == "run":
                self._run = RunLines.read(number, offset, record)
            else:
                self._end(number, record)
        elif kind in {"repo", "turn", "permission", "diff"}:
            if self._run is None or self._seq:
                refuse(number, f"a line of type {kind} must come before the entries of its run.")
            self._run.take(number, kind, record)
        else:
            refuse(number, f"this version does not know lines of type {kind!r:.40}.")

    def _log(self, number: int, record: dict[str, JSON], size: int) -> Iterator[RunLines | Entries]:
        run = self._run
        if run is None:
            refuse(number, "there is no run before this entry.")
        _check_entry(number, record, run.run.id, self._seq)
        record.pop("failed", None)  # worked out from the entry again
        if not self._seq:
            yield run
        self._seq += 1
        self._entries.append(record)
        self._size += size
        if len(self._entries) >= _PART_ENTRIES or self._size >= _PART_BYTES:
            yield self._part()

    def _part(self) -> Entries:
        part, self._entries, self._size = self._entries, [], 0
        return part

    def _end_of_run(self, number: int) -> Iterator[RunLines | Entries]:
        run = self._run
        if run is None:
            return
        if (count := run.run.log_count) != self._seq:
            refuse(
                number,
                f"the run at line {run.line} should have {count} entries, but has {self._seq}.",
            )
        if not self._seq:
            yield run
        elif self._entries:
            yield self._part()
        self._run, self._seq = None, 0

    def _end(self, number: int, record: dict[str, JSON]) -> None:
        for kind, name in _COUNTED.items():
            if record.get(name) != self._counts[kind]:
                refuse(number, f"{name} should be {self._counts[kind]}, as in the file.")
        self.is_whole = True


def _parse_slowly(number: int, raw: bytes) -> JSON:
    try:
        return json.loads(raw.decode("utf-8", "surrogatepass"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        refuse(number, "it is not UTF-8 text.")
    except RecursionError:
        refuse(number, "it is nested too deeply.")
    except ValueError as exc:
        if not raw.endswith(b"\n"):
            refuse(number, f"the file ends in the middle of it: {_CUT_OFF}")
        reason = (
            f"{exc.msg} at character {exc.colno}" if isinstance(exc, json.JSONDecodeError) else exc
        )
        refuse(number, f"it is not JSON: {reason}.")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _check_beginning(number: int, raw: bytes) -> None:
    if raw.startswith(_PACKED):
        refuse(number, "the file is compressed; unpack it first.")
    if not raw.lstrip().startswith(b"{"):
        refuse(number, _FOREIGN)


def _check_header(number: int, kind: JSON, record: dict[str, JSON]) -> None:
    if kind != KIND:
        refuse(number, _FOREIGN)
    version = record.get("format")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        refuse(number, "format is not a number.")
    if version > FORMAT:
        refuse(
            number,
            f"the file has format {version}, but this version reads formats up to {FORMAT}. Import "
            "it with a version at least as new as the one that wrote it.",
        )


def _check_entry(number: int, entry: dict[str, JSON], run_id: int, seq: int) -> None:
    if entry.get("agent_run_id") != run_id:
        refuse(number, "agent_run_id is not the id of the run before it.")
    if entry.get("seq") != seq or isinstance(entry["seq"], bool | float):
        refuse(number, f"seq should be {seq}.")
    turn = entry.get("turn")
    if not isinstance(turn, int) or isinstance(turn, bool) or not 1 <= turn <= _LARGEST_NUMBER:
        refuse(number, "turn is not a number from 1.")
    for name, kinds in _ENTRY.items():
        if not isinstance(entry.get(name), kinds) or isinstance(entry.get(name), bool):
            refuse(number, f"{name} has the wrong type.")
    if not 0 <= (entry.get("duration_ms") or 0) <= _LONGEST_MS:
        refuse(number, f"duration_ms is not between 0 and {_LONGEST_MS}.")
    try:
        at = datetime.fromisoformat(entry["created_at"])
    except ValueError:
        refuse(number, "created_at is not a time.")
    _check_time(number, "created_at", at)


def _check_time(number: int, name: str, at: datetime) -> None:
    if at.tzinfo is None:
        refuse(number, f"{name} has no time zone.")
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        refuse(number, f"{name} is not between {_FIRST_YEAR} and {_LAST_YEAR}.")


_NONE = type(None)
_ENTRY: dict[str, tuple[type, ...]] = {
    "message_type": (str,),
    "created_at": (str,),
    "thought": (str, _NONE),
    "tool_name": (str, _NONE),
    "tool_input": (dict, _NONE),
    "tool_output": (dict, _NONE),
    "observation": (str, dict, _NONE),
    "duration_ms": (int, _NONE),
}


def _model(kind: type[M], number: int, record: dict[str, JSON]) -> M:
    try:
        model = kind.model_validate(record)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        refuse(number, f"{place}: {first['msg']}.")
    for name in kind.model_fields:
        value = getattr(model, name)
        if isinstance(value, datetime):
            _check_time(number, name, value)
    return model
