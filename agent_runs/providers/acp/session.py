"""One agent process and its ACP session: start, prompt, cancel, end.

The SDK's `Connection` carries the JSON-RPC; `session/update` and all results are taken raw, because
the typed path of the SDK drops unknown kinds and fields. Updates are passed on synchronously, in
the order of arrival: the SDK starts one task per message, and a handler that waited before it
recorded would mix them up. The connection does not notice the end of the process, so each wait is
raced against it.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any

import anyio
from acp.connection import Connection
from acp.exceptions import RequestError

from agent_runs.models import JSON
from agent_runs.processes import Child
from agent_runs.providers.acp import outcome, refusals
from agent_runs.providers.acp.capabilities import introduction
from agent_runs.providers.acp.client import AgentClient
from agent_runs.providers.acp.launch import Launch
from agent_runs.providers.acp.limits import TurnClock
from agent_runs.providers.acp.outcome import TurnFailed
from agent_runs.providers.acp.quotas import quota_in_error
from agent_runs.providers.acp.sandbox import hidden_paths, limit_resources
from agent_runs.providers.acp.session_options import SessionOptions
from agent_runs.providers.acp.terminal import Terminals
from agent_runs.providers.acp.text import ClippedText
from agent_runs.providers.acp.transport import LineTransport
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty
from agent_runs.tasks import Background, to_its_end

_STDERR_KEPT = 4000
_STDERR_SHOWN = 2000
_LAST_BYTES_SECONDS = 1.0
_TICK_SECONDS = 0.5
_EXIT_SECONDS = 2.0


@contextlib.asynccontextmanager
async def open_session(launch: Launch) -> AsyncGenerator["Session"]:
    """Start the agent's process; leaving the context ends it and all that it started.

    Raises:
        TurnFailed: the program cannot be started.
    """
    command = launch.wrap(launch.command, launch.cwd)
    try:
        child = await Child.start(command, cwd=launch.cwd, env=launch.env, stdin=True)
    except OSError as exc:
        raise outcome.agent_missing(launch.profile, str(exc)) from exc
    limit_resources(child.pid)
    session = Session(launch, child)
    try:
        yield session
    finally:
        await session.close()


class Session:
    """A started agent.

    Attributes:
        child: its process.
        session_id: of the ACP session, once there is one.
        resumed_by: `session/resume`, `session/load`, or `new` if the earlier session is lost;
            None for a first turn.
        lost_because: what the agent said when it could not take up the earlier session.
        images: whether the agent says that it takes images.
        login_sentence: how to log in, as the agent says it.
        options: its modes and options.
        on_options: called when they have changed, synchronously.
    """

    def __init__(self, launch: Launch, child: Child) -> None:
        self.child = child
        self.session_id: str | None = None
        self.resumed_by: str | None = None
        self.lost_because: str | None = None
        self.images = False
        self.login_sentence: str | None = None
        self.options = SessionOptions()
        self.on_options: Callable[[], None] = _ignore
        self._launch = launch
        self._profile = launch.profile
        self._background = Background()
        self._terminals = Terminals(self._background, launch.env, launch.wrap)
        self._client = AgentClient(
            root=launch.cwd,
            terminals=self._terminals,
            permissions=launch.permissions,
            on_decision=self._note_decision,
        )
        self._loading: str | None = None
        self._clock = TurnClock(launch.limits)
        # How long it may take to exit by itself; only an agent whose turn is over gets time.
        self._patience = 0.0
        self._errors = ClippedText(_STDERR_KEPT, launch.redact)
        self._transport = LineTransport(
            child, line_bytes=launch.limits.line_bytes, room=launch.room, redact=launch.redact
        )
        self._connection = Connection(self._handle, self._transport)
        self._background.start(self._drain(), "agent-stderr")
        self._exited = self._background.start(child.wait(), "agent-exit")
        self._failure: asyncio.Future[TurnFailed] = asyncio.get_running_loop().create_future()

    async def start(self, resume: str | None) -> None:
        """Shake hands and open a session, if possible that of the turn before.

        Raises:
            TurnFailed: the agent cannot work.
        """
        hello = await self._call("initialize", **introduction(self._profile))
        if hello.get("protocolVersion") != 1:
            raise outcome.wrong_protocol(self._profile, hello.get("protocolVersion"))
        abilities = object_or_empty(hello.get("agentCapabilities"))
        self.images = bool(object_or_empty(abilities.get("promptCapabilities")).get("image"))
        self.login_sentence = refusals.login_sentence(hello)
        await self._authenticate(hello)
        if resume is not None:
            await self._take_up(resume, abilities)
        if self.session_id is None:
            self.options.take_result(await self._call("session/new", **self._surroundings))
            session_id = self.options.raw.get("sessionId")
            if not isinstance(session_id, str) or not session_id:
                raise outcome.bad_protocol(self._profile, "session/new returned no sessionId")
            self.session_id = session_id
            self.resumed_by = None if resume is None else "new"

    def fail(self, failure: TurnFailed) -> None:
        """End the prompt at once with this failure; the first one counts."""
        if not self._failure.done():
            self._failure.set_result(failure)

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Let `work` run beside the prompt, at most until the session is closed."""
        self._background.start(work, name)

    async def call(self, method: str, **params: JSON) -> dict[str, JSON]:
        """Send a request about the session and return its raw result.

        Raises:
            RequestError: the agent refused it.
            TurnFailed: the agent ended.
        """
        request = self._request(method, {"sessionId": self.session_id, **params})
        return object_or_empty(await self._race(request))

    async def prompt(
        self, blocks: Sequence[dict[str, JSON]], *, stop: asyncio.Event
    ) -> dict[str, JSON] | None:
        """Send the prompt and wait for the end of the turn.

        Args:
            blocks: ACP content blocks.
            stop: once it is set, the agent is told to stop and gets its grace period.

        Returns:
            The raw result; None if the agent did not answer a stop within the grace period.

        Raises:
            TurnFailed: the agent ended, reported an error, or reached a limit.
        """
        self._launch.permissions.cancelled = False
        self._launch.translator.replay.expect(text_or_empty(blocks[0].get("text")))
        params = {"sessionId": self.session_id, "prompt": list(blocks)}
        request = self._background.start(self._request("session/prompt", params), "agent-prompt")
        stopping = self._background.start(stop.wait(), "agent-stop")
        try:
            await self._watch(request, stopping)
            if not request.done():
                await self._cancel(request)
            if not request.done():
                return None
            self._patience = _EXIT_SECONDS
            return object_or_empty(request.result())
        except RequestError as exc:
            if stop.is_set():
                return None
            raise self._refused(exc) from exc
        except ConnectionError:
            if stop.is_set():
                return None
            raise await self._crashed() from None
        except asyncio.CancelledError:
            await to_its_end(self._cancel(request))
            raise
        finally:
            request.cancel()
            stopping.cancel()

    async def close(self) -> None:
        """End the process, its terminals and the connection; bounded, safe under cancellation."""
        await to_its_end(self._close())

    async def _close(self) -> None:
        await self._launch.permissions.close()
        await self._terminals.close()
        await self.child.end(patience_seconds=self._patience)
        await self._connection.close()
        await self._background.close()

    @property
    def _surroundings(self) -> dict[str, JSON]:
        """What every request that opens a session says."""
        meta: dict[str, JSON] = {"_meta": dict(self._launch.meta)} if self._launch.meta else {}
        return {"cwd": str(self._launch.cwd), "mcpServers": [], **meta}

    async def _authenticate(self, hello: dict[str, JSON]) -> None:
        method_id = self._profile.auth_method
        method_ids = [method.get("id") for method in objects_or_empty(hello.get("authMethods"))]
        login = self._profile.login
        keys = login.keys if login is not None else self._profile.env_keys
        has_key = any(name in self._launch.env for name in keys)
        if method_id in method_ids and has_key:
            await self._call("authenticate", methodId=method_id)

    async def _take_up(self, session_id: str, abilities: dict[str, JSON]) -> None:
        """Resume or load the session; if an agent offers neither or fails, a new one follows."""
        session_abilities = object_or_empty(abilities.get("sessionCapabilities"))
        ways = (
            ("session/resume", session_abilities.get("resume") is not None),
            ("session/load", bool(abilities.get("loadSession"))),
        )
        for method, is_offered in ways:
            if not is_offered:
                continue
            params = {"sessionId": session_id, **self._surroundings}
            self._loading = session_id
            # Some agents send the history again, even after `resume`.
            replay = self._launch.translator.replay
            replay.begin()
            try:
                answer = await self._race(self._request(method, params))
            except RequestError as exc:
                replay.end()
                self.lost_because = self._launch.redact(str(exc))[:_STDERR_SHOWN]
                continue
            finally:
                self._loading = None
            self.options.take_result(object_or_empty(answer))
            self.session_id, self.resumed_by = session_id, method
            if method == "session/load" or replay.is_seen:
                await self._race(replay.silence())
            else:
                replay.end()
            return

    async def _watch(self, request: asyncio.Task[JSON], stopping: asyncio.Task[Any]) -> None:
        """Return when the request is done or a stop is requested; raise at a limit or the end."""
        clock = self._clock = TurnClock(self._launch.limits)
        while not request.done() and not stopping.done():
            await asyncio.wait(
                {request, stopping, self._exited, self._failure},
                timeout=min(clock.rest_seconds, _TICK_SECONDS),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if self._failure.done():
                raise self._failure.result()
            clock.count(is_person_asked=self._launch.permissions.waiting)
            if self._exited.done() and not request.done():
                await asyncio.wait({request}, timeout=_LAST_BYTES_SECONDS)
                if not request.done():
                    raise await self._crashed()
            if request.done() or stopping.done():
                return
            if (limit := clock.reached) is not None:
                await self._cancel(request)
                raise outcome.timed_out(*limit)

    async def _cancel(self, request: asyncio.Task[JSON]) -> None:
        """Tell the agent to stop and wait for its grace period, once."""
        self._launch.permissions.cancel()
        # The grace period bounds the sending, too: the agent may no longer read anything.
        with anyio.move_on_after(self._launch.limits.grace_seconds):
            with contextlib.suppress(ConnectionError):
                await self._connection.send_notification(
                    "session/cancel", {"sessionId": self.session_id}
                )
            await asyncio.wait({request, self._exited}, return_when=asyncio.FIRST_COMPLETED)

    async def _call(self, method: str, **params: JSON) -> dict[str, JSON]:
        try:
            return object_or_empty(await self._race(self._request(method, params)))
        except RequestError as exc:
            raise self._refused(exc) from exc

    async def _request(self, method: str, params: dict[str, JSON]) -> JSON:
        return await self._connection.send_request(method, params)

    async def _race(self, work: Coroutine[Any, Any, JSON]) -> JSON:
        """Wait for an answer, but no longer than the process lives."""
        request = self._background.start(work, "agent-request")
        try:
            await asyncio.wait({request, self._exited}, return_when=asyncio.FIRST_COMPLETED)
            if not request.done():
                await asyncio.wait({request}, timeout=_LAST_BYTES_SECONDS)
            if not request.done():
                raise await self._crashed()
            return request.result()
        except ConnectionError:
            raise await self._crashed() from None
        finally:
            request.cancel()

    def not_logged_in(self, words: str) -> TurnFailed:
        """Return the failure of a turn that ended for want of a login."""
        return outcome.not_logged_in(self._profile, words, self.login_sentence)

    def _refused(self, error: RequestError) -> TurnFailed:
        words = self._launch.redact(refusals.words_of(error))[:_STDERR_SHOWN]
        if quota := quota_in_error(words, datetime.now(UTC)):
            return outcome.quota_used_up(self._profile, quota)
        if refusals.is_about_login(words, error.code):
            return self.not_logged_in(words)
        return outcome.request_failed(self._profile, words)

    async def _crashed(self) -> TurnFailed:
        if self._transport.overlong:
            limit = self._launch.limits.line_bytes
            return outcome.bad_protocol(self._profile, f"a line of more than {limit:,} bytes")
        # Its standard output is closed; its exit code follows, or it ends without one.
        await asyncio.wait({self._exited}, timeout=_LAST_BYTES_SECONDS)
        code = self._exited.result() if self._exited.done() else None
        words = str(self._errors).strip()[-_STDERR_SHOWN:]
        if not words:
            words = str(self._transport.noise).strip()[-_STDERR_SHOWN:]
        if self.session_id is None and refusals.is_about_login(words):
            return self.not_logged_in(words)
        hidden = hidden_paths(self._launch.wrap(self._launch.command, self._launch.cwd), words)
        return outcome.crashed(self._profile, code, words, hidden)

    async def _drain(self) -> None:
        """Read standard error all the time: an agent with a full pipe would block."""
        while self.child.stderr is not None and (chunk := await self.child.stderr.read()):
            self._errors.append(chunk.decode("utf-8", "replace"))

    async def _handle(self, method: str, params: JSON, is_notification: bool) -> JSON:
        self._clock.hear()
        if method == "session/update":
            self._update(object_or_empty(params))
            return None
        if is_notification:
            return None
        return await self._client.answer(method, params)

    def _update(self, params: dict[str, JSON]) -> None:
        update = object_or_empty(params.get("update"))
        is_ours = self.session_id is None or params.get("sessionId") in (
            self.session_id,
            self._loading,
        )
        if update and is_ours:
            if self.options.take_update(update):
                self.on_options()
            meta = object_or_empty(params.get("_meta"))
            self._launch.translator.feed(update, datetime.now(UTC), meta)
            if violation := self._launch.translator.violation:
                policy = self._launch.permissions.policy
                self.fail(outcome.policy_not_honoured(self._profile, policy, violation))
            self._launch.on_change()

    def _note_decision(self, request: dict[str, JSON], choice: str | None) -> None:
        # A form is for a person, whatever the policy.
        policy = "ask" if request.get("form") else self._launch.permissions.policy
        self._launch.translator.decide(request, choice, policy, datetime.now(UTC))
        self._launch.on_change()


def _ignore() -> None:
    pass
