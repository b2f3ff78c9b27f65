"""Reads runs and everything that belongs to them, one after the other."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property

import orjson

from agent_runs.errors import AgentRunsError, RepoNotFound
from agent_runs.filters import RunFilter
from agent_runs.models import JSON, AgentRun, Repo, Turn
from agent_runs.questions import PermissionRequest
from agent_runs.store.engine.database import Database
from agent_runs.store.files import exports
from agent_runs.store.organization import repos
from agent_runs.store.runs import permissions, runs, turns
from agent_runs.store.search.search import Hit
from agent_runs.tasks import end

_PAGE = 500


@dataclass(frozen=True)
class ExportedRun:
    """A run and what belongs to it; its entries are read on demand.

    Attributes:
        text: the run as JSON text, as the API returns it, with full prompt and result.
        origin: its name on every server.
        repo: repository that it worked in, if it is still registered.
        diff: unified diff of its work tree; empty if there is none.
    """

    database: Database
    text: str
    origin: str
    repo: Repo | None
    turns: Sequence[Turn]
    permissions: Sequence[PermissionRequest]
    diff: str

    @cached_property
    def run(self) -> AgentRun:
        """The run as a model."""
        return AgentRun.model_validate_json(self.text)

    async def joined(self, before: bytes) -> AsyncGenerator[tuple[bytes, int]]:
        """Yield the entries, oldest first, in parts of bounded size, with the number in each part.

        They are JSON texts, each beginning with `before` in place of its brace. Entries that arrive
        meanwhile are left out, so that `log_count` of the run is right. With PostgreSQL the next
        part is read while the caller uses this one; with SQLite the two threads would only wait for
        each other.
        """
        fields = orjson.loads(self.text)
        run_id, seq, last = fields["id"], 0, fields["log_count"]
        reads_ahead = self.database.dialect == "postgresql"
        reading: asyncio.Future[tuple[bytes, int]] | None = None
        try:
            while seq < last:
                part, number = await (reading or self._part(run_id, seq, last, before))
                if not number:
                    return
                seq += number
                if reads_ahead and seq < last:
                    reading = asyncio.create_task(
                        self._part(run_id, seq, last, before), name="export-ahead"
                    )
                yield part, number
        finally:
            if reading is not None:
                await end(reading)

    async def _part(self, run_id: int, first: int, last: int, before: bytes) -> tuple[bytes, int]:
        return await exports.entries(self.database, run_id, first=first, last=last, before=before)

    async def entries(self) -> AsyncGenerator[list[dict[str, JSON]]]:
        """Yield the entries decoded, oldest first, in parts of bounded size."""
        async with aclosing(self.joined(b",{")) as parts:
            async for part, _ in parts:
                yield orjson.loads(b"[%b]" % part[1:])


class RunReader:
    """Finds and reads the runs of an export.

    Args:
        database: where they are.
        diff: reads the diff of a run's work tree.
    """

    def __init__(self, database: Database, diff: Callable[[int], Awaitable[str]]) -> None:
        self._database = database
        self._diff = diff

    async def server_id(self) -> str:
        """Return the name of this server's database, which no other database has."""
        return await exports.server_id(self._database)

    async def one(self, run_id: int) -> ExportedRun:
        """Return a run.

        Raises:
            RunNotFound: there is no such run.
        """
        return await self._read(run_id, await self.server_id())

    async def listed(self, run_ids: Sequence[int]) -> AsyncIterator[ExportedRun]:
        """Yield the runs of these ids, ascending, each once.

        Raises:
            RunNotFound: one does not exist; checked before the first run is yielded.
        """
        ids = sorted(set(run_ids))
        for run_id in ids:
            await runs.get(self._database, run_id)
        return self._each(ids, await self.server_id())

    async def matching(self, run_filter: RunFilter) -> AsyncGenerator[ExportedRun]:
        """Yield the runs that match a filter, ascending by id."""
        server, last = await self.server_id(), 0
        while True:
            page = await exports.run_ids(self._database, run_filter, after_id=last, limit=_PAGE)
            async with aclosing(self._each(page, server)) as page_runs:
                async for run in page_runs:
                    yield run
            if len(page) < _PAGE:
                return
            last = page[-1]

    async def of_hits(self, hits: AsyncIterator[Hit]) -> AsyncIterator[ExportedRun]:
        """Yield each run that a search finds once, in the order of their first hits."""
        server = await self.server_id()
        run_ids: set[int] = set()
        async for hit in hits:
            if hit.run_id not in run_ids:
                run_ids.add(hit.run_id)
                yield await self._read(hit.run_id, server)

    async def _each(self, run_ids: Sequence[int], server: str) -> AsyncGenerator[ExportedRun]:
        """Yield these runs; with PostgreSQL the next one is read while the caller uses this one."""
        if self._database.dialect == "sqlite":
            # Two threads that read SQLite would wait for each other at every row.
            for run_id in run_ids:
                yield await self._read(run_id, server)
            return
        reading: asyncio.Future[ExportedRun] | None = None
        try:
            for at, run_id in enumerate(run_ids):
                run = await (reading or self._read(run_id, server))
                is_last = at + 1 == len(run_ids)
                following = None if is_last else self._read(run_ids[at + 1], server)
                reading = following and asyncio.create_task(following, name="export-ahead")
                yield run
        finally:
            if reading is not None:
                await end(reading)

    async def _read(self, run_id: int, server: str) -> ExportedRun:
        text, turn_list, questions, diff = await asyncio.gather(
            runs.text(self._database, run_id),
            turns.list_(self._database, run_id),
            permissions.list_(self._database, run_id),
            self._diff_of(run_id),
        )
        fields = orjson.loads(text)
        return ExportedRun(
            database=self._database,
            text=text,
            origin=fields.get("origin") or f"{server}:{run_id}",
            repo=await self._repo(fields["repo_id"]),
            turns=turn_list,
            permissions=questions,
            diff=diff,
        )

    async def _repo(self, repo_id: int | None) -> Repo | None:
        try:
            return None if repo_id is None else await repos.get(self._database, repo_id)
        except RepoNotFound:
            return None

    async def _diff_of(self, run_id: int) -> str:
        try:
            return await self._diff(run_id)
        except AgentRunsError:
            # Its repository is gone. The rest of the run is still worth having.
            return ""
