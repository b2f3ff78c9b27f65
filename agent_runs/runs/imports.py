"""Imports runs from a file: it is spooled to disk, checked as a whole, staged, then shown at once.

A file is an export in JSON Lines or a session of Claude Code. Nothing of it is visible before all
of it is stored. An import that fails is removed again; what a killed process left is removed at the
next start. The database is free for others between any two parts.
"""

import asyncio
import contextlib
import secrets
import shutil
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from agent_runs.errors import InvalidRequest, TooLarge, Unavailable
from agent_runs.models import TERMINAL_STATUSES, AgentRun, AgentRunStatus
from agent_runs.runs import import_claude, import_lines
from agent_runs.runs.import_lines import Entries, RunLines
from agent_runs.schemas.answers import ImportedRun, ImportResult
from agent_runs.store.engine.database import Database
from agent_runs.store.files import exports, imports
from agent_runs.store.runs import leases, logs
from agent_runs.store.runs.changes import RunFields
from agent_runs.tasks import Restart, living

IsGone = Callable[[], Awaitable[bool]]
"""Tells whether the client went away."""
Outcome = Literal["imported", "updated", "known"]
MOST_NAMED = 1000
"""How many runs a result names; its counts cover all of them."""

_DEAD_AFTER = timedelta(seconds=30)
_RUNS_AT_ONCE = 50
_ROOM_BYTES = 64 * 1024 * 1024
_UNFINISHED = (
    "The run was {} when it was exported, so the file lacks what came later. Once the run has "
    "ended where it works, import a new export."
)


class _Outcomes(Counter[str]):
    """Runs by what became of them, and `logs`: the entries that were stored."""

    def __init__(self) -> None:
        super().__init__(imported=0, updated=0, known=0, logs=0)
        self.runs: list[ImportedRun] = []

    def add(self, run_id: int, origin: str, outcome: Outcome) -> None:
        self[outcome] += 1
        if len(self.runs) < MOST_NAMED:
            self.runs.append(ImportedRun(id=run_id, origin=origin, outcome=outcome))


@dataclass(frozen=True)
class _Staged:
    under: int
    line: int
    offset: int


class Imports:
    """Takes files of runs.

    Args:
        folder: where files are kept while they are read; emptied at the start.
        worker: unique name of this process.
        alone: True if no other process can be using this database.
        limit_bytes: largest size of one file.
    """

    def __init__(
        self, database: Database, folder: Path, *, worker: str, alone: bool, limit_bytes: int
    ) -> None:
        self._database = database
        self._folder = folder
        self._worker = worker
        self._alone = alone
        self._limit = limit_bytes
        self._turn = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def living(self) -> AsyncGenerator[None]:
        """Remove in the background what a killed process left."""
        shutil.rmtree(self._folder, ignore_errors=True)
        async with living("tidy-imports", self._tidy, restart=Restart()):
            yield

    async def take(self, body: AsyncIterator[bytes], is_gone: IsGone | None = None) -> ImportResult:
        """Import a file; while one is imported, the next one waits.

        Args:
            is_gone: called until the runs are about to be shown; if the client went away, the
                import is given up and what was staged is removed.

        Raises:
            InvalidRequest: something is wrong with it; the message names the line.
            TooLarge: it is over the limit.
            Unavailable: the disk is full.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        spool = self._folder / secrets.token_hex(8)
        try:
            await self._spool(body, spool)
            async with self._turn:
                await _stay(is_gone)
                lines = await asyncio.to_thread(_prepare, spool, self._database.redact)
                return await self._store(lines, is_gone)
        except OSError as exc:
            raise Unavailable(
                f"The file could not be written to {self._folder}: {exc.strerror}. Nothing was "
                "imported. Make room there and try again."
            ) from exc
        finally:
            for path in (spool, _converted(spool)):
                path.unlink(missing_ok=True)

    async def _spool(self, body: AsyncIterator[bytes], spool: Path) -> None:
        size = 0
        with spool.open("wb") as file:
            async for chunk in body:
                size += len(chunk)
                if size > self._limit:
                    raise TooLarge(
                        f"The file is larger than {self._limit:,} bytes "
                        "(AGENT_RUNS_IMPORT_LIMIT_BYTES). Nothing was imported."
                    )
                await asyncio.to_thread(file.write, chunk)
        if shutil.disk_usage(self._folder).free < size + _ROOM_BYTES:
            raise Unavailable(
                f"The disk of {self._folder} does not have enough room for {size:,} bytes. Nothing "
                "was imported. Make room there and try again."
            )

    async def _store(self, path: Path, is_gone: IsGone | None = None) -> ImportResult:
        import_id = secrets.token_hex(8)
        result = _Outcomes()
        try:
            staged = await self._stage(path, import_id, result, is_gone)
            await _stay(is_gone)
            for at in range(0, len(staged), _RUNS_AT_ONCE):
                await self._show(path, staged[at : at + _RUNS_AT_ONCE])
            async with self._database.begin() as transaction:
                await imports.complete(transaction, import_id)
        except Exception:
            await self._discard(import_id)
            raise
        return ImportResult(**result, runs=tuple(result.runs))

    async def _stage(
        self, path: Path, import_id: str, result: _Outcomes, is_gone: IsGone | None
    ) -> list[_Staged]:
        server = await exports.server_id(self._database)
        staged: list[_Staged] = []
        under: int | None = None
        parts = import_lines.parts(path)
        while (part := await asyncio.to_thread(_next, parts)) is not None:
            await _stay(is_gone)
            if isinstance(part, RunLines):
                earlier = await imports.find(self._database, part.run, part.origin, server)
                if earlier is not None and not _is_newer(part.run, earlier):
                    under = None
                    result.add(earlier.run_id, part.origin, "known")
                    continue
                async with self._database.begin() as transaction:
                    under = await imports.stage(
                        transaction, import_id, self._worker, earlier and earlier.run_id
                    )
                staged.append(_Staged(under, part.line, part.offset))
                result.add(abs(under), part.origin, "updated" if earlier else "imported")
            elif under is not None:
                result["logs"] += len(part)
                async with self._database.begin() as transaction:
                    await logs.stage(transaction, abs(under), part, under=under)
        return staged

    async def _show(self, path: Path, staged: list[_Staged]) -> None:
        now = datetime.now(UTC)
        parts = [
            await asyncio.to_thread(import_lines.run_at, path, place.line, place.offset)
            for place in staged
        ]
        async with self._database.begin() as transaction:
            for place, lines in zip(staged, parts, strict=True):
                whole = imports.Whole(
                    run=_arrived(lines.run, now),
                    origin=lines.origin,
                    repo=lines.repo,
                    turns=lines.turns,
                    permissions=lines.permissions,
                    diff=lines.diff,
                )
                await imports.publish(transaction, place.under, whole)

    async def _discard(self, import_id: str | None, spared: frozenset[str] = frozenset()) -> None:
        for under, worker in await imports.staged(self._database, import_id):
            is_gone = worker in spared
            while not is_gone:
                async with self._database.begin() as transaction:
                    is_gone = await imports.discard(transaction, under)

    async def _tidy(self) -> None:
        alive: set[str] = set()
        if not self._alone:
            alive |= set(await leases.alive(self._database, datetime.now(UTC) - _DEAD_AFTER))
        await self._discard(None, frozenset({*alive, self._worker}))


async def _stay(is_gone: IsGone | None) -> None:
    if is_gone is not None and await is_gone():
        raise InvalidRequest("The client disconnected before the end. Nothing was imported.")


def _prepare(spool: Path, redact: Callable[[str], str]) -> Path:
    """Return the path of the lines to import, all of them checked."""
    if not import_claude.is_session(spool):
        import_lines.check(spool)
        return spool
    converted = _converted(spool)
    import_claude.convert(spool, converted, redact)
    try:
        import_lines.check(converted)
    except InvalidRequest as exc:
        # Its line numbers are not those of the uploaded file.
        raise InvalidRequest(
            "The session of Claude Code has content that cannot be stored. Nothing was imported.",
            detail=exc.message,
        ) from exc
    return converted


def _converted(spool: Path) -> Path:
    return spool.with_suffix(".lines")


def _next(parts: Iterator[RunLines | Entries]) -> RunLines | Entries | None:
    return next(parts, None)


def _is_newer(run: AgentRun, earlier: imports.ExistingRun) -> bool:
    if earlier.updated_at is None or run.updated_at is None:
        return False
    return not earlier.updated_at or run.updated_at > datetime.fromisoformat(earlier.updated_at)


def _arrived(run: AgentRun, now: datetime) -> AgentRun:
    """The run as it is stored here, where nobody works on it."""
    changes: RunFields = {
        "imported_at": now,
        "activity": None,
        "permission_id": None,
        "queued": 0,
        "stop_requested_at": None,
    }
    if run.status not in TERMINAL_STATUSES:
        changes |= {
            "status": AgentRunStatus.ERROR,
            "status_reason": "unfinished",
            "error": _UNFINISHED.format(run.status),
            "finished_at": run.finished_at or run.updated_at or run.created_at,
        }
    return run.model_copy(update=changes)
