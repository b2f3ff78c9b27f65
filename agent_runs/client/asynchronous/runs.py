"""Agent runs: create, read, list, watch, await, resume and stop them."""

from __future__ import annotations  # the types in the signatures are loaded late, too

from contextlib import aclosing
from typing import TYPE_CHECKING

from agent_runs.client import late
from agent_runs.client.asynchronous.sender import AsyncSender
from agent_runs.client.base import ORG, PAGE_LIMIT
from agent_runs.client.sse import EventParser, ServerEvent
from agent_runs.errors import (
    NotFound,
    RateLimited,
    RunIsActive,
    RunNotFound,
    Unavailable,
    UnexpectedAnswer,
    WaitTimeout,
)
from agent_runs.events import EventKind

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from typing import Unpack

    from agent_runs.client.calls.answers import AgentRunWithLogs, Page
    from agent_runs.client.calls.runs import CreateOptions, LogQuery, ResumeOptions, RunQuery
    from agent_runs.client.tail import Tail
    from agent_runs.models import AgentRun, AgentRunLog


class AsyncRuns(AsyncSender):
    """Operations on agent runs."""

    _logs_way = 0

    async def create_agent_run(self, prompt: str, **options: Unpack[CreateOptions]) -> AgentRun:
        """Create a run exactly once: servers of this program recognise a repeated request by a key.

        If the connection to such a server breaks, the same request is sent again. To other servers
        it is sent only once: if the response is lost, look for the run yourself.

        Args:
            options: `images`, `metadata`, `agent`, `repo_id`, `model`, `agent_type`,
                `permission_policy`, `options`, `title`, `mode`, `provider` and `idempotency_key`,
                as in `CreateOptions`.
        """
        return await self._send(late.runs.create_agent_run(prompt, options))

    async def get_agent_run(self, run_id: int | str) -> AgentRun:
        """Return a run with its full prompt and result."""
        return await self._send(late.runs.get_agent_run(run_id))

    async def list_agent_runs(
        self,
        *,
        skip: int | None = None,
        limit: int = PAGE_LIMIT,
        page: int | None = None,
        **query: Unpack[RunQuery],
    ) -> Page[AgentRun]:
        """Return one page of the runs, newest first.

        Args:
            skip: number of runs to skip; or give `page`.
            limit: 1 to 100.
            page: number of the page, from 1.
            query: `status`, `agent`, `source_type` and `user_id`; with a server of this program
                also `repo_id`, `q`, `since`, `until`, `archived`, `mode`, `tool`, `failed_tool`,
                `error` and `measured`; see `RunQuery`.
        """
        first = late.runs.skip_for(skip, page, limit)
        return await self._send(late.runs.list_agent_runs(first, limit, query))

    async def iter_agent_runs(self, **query: Unpack[RunQuery]) -> AsyncGenerator[AgentRun]:
        """Yield each run once, newest first, even while others are created or archived."""
        pager = late.tail.RunPager()
        while not pager.done:
            for run in pager.take(await self.list_agent_runs(skip=pager.skip, **query)):
                yield run

    async def get_agent_run_logs(
        self,
        run_id: int | str,
        skip: int = 0,
        limit: int = PAGE_LIMIT,
        *,
        reverse: bool = False,
        **query: Unpack[LogQuery],
    ) -> AgentRunWithLogs:
        """Return a run with one page of its entries under `logs`, oldest first.

        Args:
            limit: 1 to 100.
            reverse: newest first.
            query: `message_type`, `tool_name`, `turn`, `failed`; only servers of this program.
        """
        build, way = late.runs.get_agent_run_logs, self._logs_way
        call = build(run_id, skip, limit, query, reverse=reverse, way=way)
        try:
            return await self._send(call)
        except NotFound:
            if way or ORG not in call.path:
                raise
        call = build(run_id, skip, limit, query, reverse=reverse, way=1)
        answer = await self._send(call)
        self._logs_way = 1
        return answer

    async def iter_agent_run_logs(
        self, run_id: int | str, **query: Unpack[LogQuery]
    ) -> AsyncGenerator[AgentRunLog]:
        """Yield the entries so far, oldest first; filters as in `get_agent_run_logs`."""
        skip = 0
        while True:
            logs = (await self.get_agent_run_logs(run_id, skip, **query)).logs
            for log in logs:
                yield log
            if len(logs) < PAGE_LIMIT:
                return
            skip += len(logs)

    async def stream_logs(
        self, run_id: int | str, after_seq: int = -1
    ) -> AsyncGenerator[AgentRunLog]:
        """Yield each entry after `after_seq` once, as it comes, until the run has ended."""
        async with aclosing(self.follow(run_id, after_seq)) as news:
            async for new in news:
                if late.tail.is_log(new):
                    yield new

    async def follow(
        self,
        run_id: int | str,
        after_seq: int = -1,
        *,
        timeout: float | None = None,
    ) -> AsyncGenerator[AgentRunLog | AgentRun]:
        """Yield what happens until the run has ended: entries, and the run whenever it changes.

        It reconnects after a break and continues where it was. If the server is unavailable for
        more than a minute, it raises the error.

        Raises:
            WaitTimeout: the run is still working after `timeout` seconds.
        """
        tail = late.tail.Tail(self._clock.now, run_id, after_seq, timeout, pause=2.0)
        while not tail.finished:
            try:
                async with aclosing(self._wake_ups(run_id, tail)) as wake_ups:
                    async for _ in wake_ups:
                        tail.behind = True
                        while tail.behind:
                            page = await self.get_agent_run_logs(run_id, tail.next_seq)
                            for new in tail.take(page):
                                yield new
                        if tail.finished:
                            return
            except (Unavailable, RateLimited) as exc:
                tail.failed(exc)
            await self._clock.sleep(tail.pause())

    async def wait(
        self,
        run_id: int | str,
        timeout: float | None = None,
        poll: float = 2.0,
    ) -> AgentRun:
        """Wait until a run has ended, and return it.

        Args:
            timeout: seconds; None waits as long as it takes.
            poll: longest pause between two requests, in seconds; the first ones are shorter.

        Raises:
            WaitTimeout: a `TimeoutError`; the run is still working.
        """
        patience = late.tail.Patience(self._clock.now, f"Run {run_id}", timeout, poll)
        while True:
            try:
                run = await self.get_agent_run(run_id)
            except (Unavailable, RateLimited) as exc:
                patience.failed(exc)
            else:
                if late.tail.is_finished(run):
                    return run
                patience.answered(progress=False)
            await self._clock.sleep(patience.pause())

    async def resume_agent_run(
        self,
        run_id: int | str,
        prompt: str,
        *,
        wait: float = 300.0,
        **options: Unpack[ResumeOptions],
    ) -> AgentRun:
        """Give a run a new prompt once it has ended; retries work as in `create_agent_run`.

        Args:
            wait: seconds to wait for the end of a working run; 0 does not wait.
            options: `images`, `model`, `permission_policy`, `options` and `idempotency_key`, as in
                `ResumeOptions`.

        Raises:
            RunIsActive: it is still working.
        """
        call = late.runs.resume_agent_run(run_id, prompt, options)
        try:
            return await self._send(call)
        except (RunIsActive, RunNotFound) as refusal:  # hosted: a working run is "not found"
            if wait <= 0:
                raise
            try:
                await self.wait(run_id, timeout=wait)
            except WaitTimeout:
                raise refusal from None
        return await self._send(call)

    async def stop_agent_run(self, run_id: int | str) -> AgentRun:
        """Stop a run; a run that has ended is returned unchanged."""
        try:
            answer = await self._send(late.runs.stop_agent_run(run_id))
        except NotFound:
            answer = await self._send(late.runs.stop_agent_run(run_id, way=1))
        if late.runs.is_run(answer):
            return late.answers.run(answer)
        return await self.get_agent_run(run_id)

    stop = stop_agent_run

    async def events(
        self, after: int | None = None, *, run_id: int | str | None = None
    ) -> AsyncGenerator[ServerEvent]:
        """Yield what happens on the server, without end; it reconnects after a break.

        Args:
            after: id of the last event you saw; None starts now. A `reset` event means that you
                missed events: reload everything.
        """
        patience = late.tail.Patience(self._clock.now, "The server", None, pause=2.0)
        last, is_reconnect = after, False
        while True:
            try:
                async with self._http.stream(late.runs.events(run_id, last)) as chunks:
                    if is_reconnect and last is None:
                        yield ServerEvent(EventKind.RESET, None, {})
                    parser = EventParser()
                    async for chunk in chunks:
                        patience.answered(progress=True)
                        for event in parser.feed(chunk):
                            yield event
                        last = last if parser.last_id is None else parser.last_id
            except (Unavailable, RateLimited) as exc:
                patience.failed(exc)
            is_reconnect = True
            await self._clock.sleep(patience.pause())

    async def _wake_ups(self, run_id: int | str, tail: Tail) -> AsyncGenerator[None]:
        """Yield once, and then whenever there may be something new, while the stream lasts."""
        if tail.polls or not tail.has_time_for_a_stream:
            yield
            return
        call = late.runs.events(run_id, None, until_finished=True)
        try:
            async with self._http.stream(call) as chunks:
                yield  # for what came before this stream began
                parser = EventParser()
                async for chunk in chunks:
                    if late.tail.is_news(parser.feed(chunk)):
                        yield
                    if not tail.has_time_for_a_stream:
                        return
        except (NotFound, UnexpectedAnswer):
            tail.polls = True
            yield
