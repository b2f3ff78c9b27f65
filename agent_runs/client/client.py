"""The blocking client."""

from __future__ import annotations  # the types in the signatures are loaded late, too

from contextlib import closing
from typing import TYPE_CHECKING, Self, TypeVar

from agent_runs.client import credentials, late
from agent_runs.client.base import ORG, PAGE_LIMIT, RetryPolicy
from agent_runs.client.extras import Extras
from agent_runs.client.files import Files
from agent_runs.client.sse import EventParser, ServerEvent
from agent_runs.client.tasks import AgentTask
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
    from collections.abc import Generator, Sequence
    from datetime import datetime
    from typing import Literal, Unpack

    import httpx

    from agent_runs.client.base import Call, Clock
    from agent_runs.client.calls.answers import AgentRunWithLogs, Organization, Page, User
    from agent_runs.client.calls.runs import CreateOptions, LogQuery, RunQuery, RunTraits
    from agent_runs.client.tail import Tail
    from agent_runs.models import JSON, AgentRun, AgentRunLog, PermissionPolicy

T = TypeVar("T")


class CodegenClient(Extras, Files):
    """Creates, watches, reads, resumes and stops agent runs.

    Without a token it talks to the server on this machine, with one to the hosted service or to
    `base_url`. A client may be used by several threads. Use it as a context manager, or close it.

    Args:
        token: else `CODEGEN_API_TOKEN`, or `AGENT_RUNS_API_TOKEN` for a server of this program.
        org_id: else `CODEGEN_ORG_ID`, else the first organization of the token.
        base_url: with or without `/v1`; else `AGENT_RUNS_API_URL`, `CODEGEN_BASE_URL`, or the
            hosted or the local address. Values are also read from `.env`.
        found: what the first three come to, when it is known already.
        timeout: seconds until a request is given up.
        retry: when a GET is sent again; other requests never are.
        clock: what it waits with.
        transport: how requests are carried; an in-process application instead of a network.

    Raises:
        InvalidRequest: token, organization or address cannot be used.
    """

    def __init__(
        self,
        token: str | None = None,
        org_id: int | str | None = None,
        base_url: str | None = None,
        *,
        found: credentials.Credentials | None = None,
        timeout: float = 30.0,
        retry: RetryPolicy | None = None,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.credentials = found or credentials.resolve(token, org_id, base_url)
        self._org_id = self.credentials.org_id
        self._clock = clock or late.transport.SystemClock()
        self._http = late.transport.Transport(
            self.credentials, timeout, retry or RetryPolicy(), self._clock, transport
        )
        self._logs_way = 0

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Close all connections; runs go on."""
        self._http.close()

    def run(self, prompt: str, **options: Unpack[CreateOptions]) -> AgentTask:
        """Create a run; options as in `create_agent_run`."""
        return AgentTask(self, self.create_agent_run(prompt, **options))

    def create_agent_run(
        self,
        prompt: str,
        *,
        images: Sequence[str] | None = None,
        metadata: dict[str, JSON] | None = None,
        agent: str | None = None,
        repo_id: int | None = None,
        model: str | None = None,
        agent_type: str | None = None,
        permission_policy: PermissionPolicy | None = None,
        title: str | None = None,
        mode: str | None = None,
        provider: str | None = None,
    ) -> AgentRun:
        """Create a run. It is never sent twice, so a lost answer leaves you to look for the run.

        Args:
            images: data URIs (`data:image/png;base64,...`).
            metadata: kept with the run.
            agent: agent profile, see `list_agents()`.
            model: in the agent's own words.
            agent_type: `codegen` or `claude_code`: the hosted service's word for `agent`.
            permission_policy: `allow`, `reject` or `ask`.
            mode: name of a prompt template, see `list_templates()`.
            provider: `acp` or `codegen`; only servers of this program.
        """
        options = late.runs.CreateOptions(
            images=images,
            metadata=metadata,
            agent=agent,
            repo_id=repo_id,
            model=model,
            agent_type=agent_type,
            permission_policy=permission_policy,
            title=title,
            mode=mode,
            provider=provider,
        )
        return self._send(late.runs.create_agent_run(prompt, options))

    def get_agent_run(self, run_id: int | str) -> AgentRun:
        """Return a run, with its whole prompt and result."""
        return self._send(late.runs.get_agent_run(run_id))

    def list_agent_runs(
        self,
        *,
        skip: int | None = None,
        limit: int = PAGE_LIMIT,
        page: int | None = None,
        status: str | Sequence[str] | None = None,
        agent: str | None = None,
        source_type: str | None = None,
        user_id: int | None = None,
        repo_id: int | None = None,
        q: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        archived: bool | Literal["any"] | None = None,
        **traits: Unpack[RunTraits],
    ) -> Page[AgentRun]:
        """Return one page of the runs, newest first.

        Args:
            skip: how many to leave out; or give `page`.
            limit: 1 to 100.
            page: number of the page, from 1.
            status: one official word or several; this and the filters after `user_id` need a
                server of this program.
            q: words looked for in title, prompt and result.
            archived: True lists the archived ones instead, `any` all.
            traits: `mode`, `tool`, `failed_tool`, `error`, `measured`.
        """
        query = late.runs.RunQuery(
            status=status,
            agent=agent,
            source_type=source_type,
            user_id=user_id,
            repo_id=repo_id,
            q=q,
            since=since,
            until=until,
            archived=archived,
            **traits,
        )
        return self._send(
            late.runs.list_agent_runs(late.runs.skip_for(skip, page, limit), limit, query)
        )

    def iter_agent_runs(self, **query: Unpack[RunQuery]) -> Generator[AgentRun]:
        """Yield all runs, newest first, each once, also while others are created or archived."""
        pager = late.tail.RunPager()
        while not pager.done:
            yield from pager.take(self.list_agent_runs(skip=pager.skip, **query))

    def get_agent_run_logs(
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
            query: `message_type`, `tool_name`, `turn`, `failed`; need a server of this program.
        """
        build, way = late.runs.get_agent_run_logs, self._logs_way
        call = build(run_id, skip, limit, query, reverse=reverse, way=way)
        try:
            return self._send(call)
        except NotFound:
            if way or ORG not in call.path:
                raise
        call = build(run_id, skip, limit, query, reverse=reverse, way=1)
        answer = self._send(call)
        self._logs_way = 1
        return answer

    def iter_agent_run_logs(
        self, run_id: int | str, **query: Unpack[LogQuery]
    ) -> Generator[AgentRunLog]:
        """Yield the entries that there are, oldest first; filters as in `get_agent_run_logs`."""
        skip = 0
        while True:
            logs = self.get_agent_run_logs(run_id, skip, **query).logs
            yield from logs
            if len(logs) < PAGE_LIMIT:
                return
            skip += len(logs)

    def stream_logs(self, run_id: int | str, after_seq: int = -1) -> Generator[AgentRunLog]:
        """Yield entries after `after_seq` as they come, each once, until the run has ended."""
        with closing(self.follow(run_id, after_seq)) as news:
            for new in news:
                if late.tail.is_log(new):
                    yield new

    def follow(
        self, run_id: int | str, after_seq: int = -1, *, timeout: float | None = None
    ) -> Generator[AgentRunLog | AgentRun]:
        """Yield what happens until the run has ended: entries, and the run whenever it changed.

        A broken connection is taken up again where it broke; a server that is away for more than
        a minute ends it with the error.

        Raises:
            WaitTimeout: the run still works after `timeout` seconds.
        """
        tail = late.tail.Tail(self._clock.now, run_id, after_seq, timeout, pause=2.0)
        while not tail.finished:
            try:
                with closing(self._wake_ups(run_id, tail)) as wake_ups:
                    for _ in wake_ups:
                        tail.behind = True
                        while tail.behind:
                            yield from tail.take(self.get_agent_run_logs(run_id, tail.next_seq))
                        if tail.finished:
                            return
            except (Unavailable, RateLimited) as exc:
                tail.failed(exc)
            self._clock.sleep(tail.pause())

    def wait(self, run_id: int | str, timeout: float | None = None, poll: float = 2.0) -> AgentRun:
        """Wait until a run has ended, and return it.

        Args:
            timeout: seconds; None waits as long as it takes.
            poll: longest pause between two looks, in seconds; the first ones are shorter.

        Raises:
            WaitTimeout: a `TimeoutError`; the run goes on.
        """
        patience = late.tail.Patience(self._clock.now, f"Run {run_id}", timeout, poll)
        while True:
            try:
                run = self.get_agent_run(run_id)
            except (Unavailable, RateLimited) as exc:
                patience.failed(exc)
            else:
                if late.tail.is_finished(run):
                    return run
                patience.answered(progress=False)
            self._clock.sleep(patience.pause())

    def resume_agent_run(
        self,
        run_id: int | str,
        prompt: str,
        *,
        images: Sequence[str] | None = None,
        model: str | None = None,
        permission_policy: PermissionPolicy | None = None,
        wait: float = 300.0,
    ) -> AgentRun:
        """Give a run another prompt, once it has ended.

        Args:
            wait: seconds to wait for the end of a run that still works; 0 does not wait.

        Raises:
            RunIsActive: it still works.
        """
        options = late.runs.ResumeOptions(
            images=images, model=model, permission_policy=permission_policy
        )
        call = late.runs.resume_agent_run(run_id, prompt, options)
        try:
            return self._send(call)
        except (RunIsActive, RunNotFound) as refusal:  # hosted, a run that works is "not found"
            if wait <= 0:
                raise
            try:
                self.wait(run_id, timeout=wait)
            except WaitTimeout:
                raise refusal from None
        return self._send(call)

    def stop_agent_run(self, run_id: int | str) -> AgentRun:
        """Stop a run; one that has ended is returned as it is."""
        try:
            answer = self._send(late.runs.stop_agent_run(run_id))
        except NotFound:
            answer = self._send(late.runs.stop_agent_run(run_id, way=1))
        if late.runs.is_run(answer):
            return late.answers.run(answer)
        return self.get_agent_run(run_id)

    stop = stop_agent_run

    def get_current_user(self) -> User:
        """Return whom the token belongs to."""
        return self._send(late.runs.get_current_user())

    def get_me(self) -> User:
        """Return whom the token belongs to."""
        return self.get_current_user()

    def list_organizations(self) -> Page[Organization]:
        """Return the organizations that the token can use."""
        return self._send(late.runs.list_organizations())

    def events(
        self, after: int | None = None, *, run_id: int | str | None = None
    ) -> Generator[ServerEvent]:
        """Yield what happens on the server, without end; connections are taken up again.

        Args:
            after: id of the last event seen; None starts now. An event `reset` says that events
                were missed: read everything anew.
        """
        patience = late.tail.Patience(self._clock.now, "The server", None, pause=2.0)
        last, lost = after, False
        while True:
            try:
                with self._http.stream(late.runs.events(run_id, last)) as chunks:
                    if lost and last is None:
                        yield ServerEvent(EventKind.RESET, None, {})
                    parser = EventParser()
                    for chunk in chunks:
                        patience.answered(progress=True)
                        yield from parser.feed(chunk)
                        last = last if parser.last_id is None else parser.last_id
            except (Unavailable, RateLimited) as exc:
                patience.failed(exc)
            lost = True
            self._clock.sleep(patience.pause())

    def _wake_ups(self, run_id: int | str, tail: Tail) -> Generator[None]:
        """Yield once, and then whenever the run may have something new while the stream lasts."""
        if tail.polls or not tail.has_time_for_a_stream:
            yield
            return
        call = late.runs.events(run_id, None, until_finished=True)
        try:
            with self._http.stream(call) as chunks:
                yield  # what came before this stream began
                parser = EventParser()
                for chunk in chunks:
                    if late.tail.is_news(parser.feed(chunk)):
                        yield
                    if not tail.has_time_for_a_stream:
                        return
        except (NotFound, UnexpectedAnswer):
            tail.polls = True
            yield

    def _send(self, call: Call[T]) -> T:
        return self._http.send(call, self._organization() if ORG in call.path else None)

    def _organization(self) -> int:
        if self._org_id is None:
            self._org_id = late.runs.first_organization(self.list_organizations())
        return self._org_id
