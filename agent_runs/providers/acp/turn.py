"""One turn of an agent: workspace, start, prompt, outcome.

Only this module and what it imports need the ACP SDK, whose import takes 0.7 s, so `provider.py`
imports it when the first turn comes.
"""

import asyncio
import contextlib
import os
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from agent_runs.errors import Unavailable
from agent_runs.models import JSON, AgentRunStatus
from agent_runs.providers.acp import orphans, outcome
from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.commits import identity
from agent_runs.providers.acp.environment import agent_command, agent_environment
from agent_runs.providers.acp.git import GitFailed
from agent_runs.providers.acp.guard import PolicyGuard
from agent_runs.providers.acp.launch import Launch
from agent_runs.providers.acp.lent_logins import take_back
from agent_runs.providers.acp.limits import AgentLimits
from agent_runs.providers.acp.logins import FILE_VARIABLES
from agent_runs.providers.acp.model_choice import choose_model, refuse_unchosen_model
from agent_runs.providers.acp.offers import Offers
from agent_runs.providers.acp.outcome import TurnFailed
from agent_runs.providers.acp.permission import Permissions
from agent_runs.providers.acp.pinning import Pinning
from agent_runs.providers.acp.private_home import TooMuchToCopy, write_home
from agent_runs.providers.acp.sandbox import Sandbox
from agent_runs.providers.acp.session import Session, open_session
from agent_runs.providers.acp.translate import Translator
from agent_runs.providers.acp.workspace import Workspaces, WorkTree
from agent_runs.providers.acp.writer import Writer
from agent_runs.providers.base import Recorder, TurnOutcome, TurnRequest
from agent_runs.tasks import Background, outlast, to_its_end, watched

_STORE_SECONDS = 30.0
_DATA_URI = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+);base64,(?P<content>.*)", re.DOTALL)


@dataclass(frozen=True)
class Surroundings:
    """What all turns of a provider share.

    Attributes:
        start_slots: agents that may start at the same time; starting one takes a whole core.
    """

    workspaces: Workspaces
    sandbox: Sandbox
    limits: AgentLimits
    start_slots: asyncio.Semaphore
    offers: Offers
    redact: Callable[[str], str]


class Turn:
    """Works on one request; `stop` may be called at any time, and repeatedly."""

    def __init__(
        self,
        request: TurnRequest,
        recorder: Recorder,
        profile: AgentProfile,
        surroundings: Surroundings,
    ) -> None:
        self._request = request
        self._recorder = recorder
        self._profile = profile
        self._around = surroundings
        self._folder = surroundings.workspaces.folder(request.run_id)
        self._pin = profile.pin(request.permission_policy)
        policy = request.permission_policy
        guard = PolicyGuard(policy, profile.unasked_commands)
        self._permissions = Permissions(policy, recorder.ask, guard, recorder.fill_in)
        self._translator = Translator(
            request.turn,
            str(self._folder.work),
            surroundings.redact,
            guard,
            titled_by_tool=profile.titled_by_tool,
        )
        self._writer = Writer(self._translator, recorder)
        self._stop = asyncio.Event()
        self._stopped = False
        self._prompting = False
        self._course: asyncio.Task[TurnOutcome] | None = None
        self._stop_reason: str | None = None
        self._commits: Mapping[str, str] = {}
        self._lent: Mapping[str, str] = {}

    def stop(self) -> None:
        """Cancel the turn: its outcome is CANCELLED, whatever the agent says."""
        self._stopped = True
        self._break_off()

    async def work(self) -> TurnOutcome:
        """Work to the end; see `Provider.work`."""
        background = Background()
        writing = background.start(self._writer.run(), f"writer-{self._request.run_id}")
        self._course = background.start(self._run(), f"turn-{self._request.run_id}")
        # If the store fails, the agent must not work on unrecorded.
        writing.add_done_callback(lambda _: self._break_off())
        try:
            await asyncio.wait({self._course})
        except asyncio.CancelledError:
            self._course.cancel()
            raise
        finally:
            await outlast(self._course)
            ending = self._ending(self._course)
            answer = self._finish(ending)
            self._writer.close()
            await outlast(writing, seconds=_STORE_SECONDS)
            await background.close()
        if writing.cancelled():
            raise Unavailable(f"Entries could not be stored within {_STORE_SECONDS:g} s.")
        for task in (writing, self._course):
            failure = None if task.cancelled() else task.exception()
            if failure is not None and not isinstance(failure, TurnFailed):
                raise failure
        return replace(
            ending, result=answer, stop_reason=self._stop_reason, usage=self._translator.usage
        )

    def _break_off(self) -> None:
        if self._stop.is_set():
            return
        self._stop.set()
        if self._course is not None and not self._prompting:
            # An agent that works is told to stop first; before that, there is nobody to tell.
            self._course.cancel()

    def _ending(self, course: asyncio.Task[TurnOutcome]) -> TurnOutcome:
        if self._stopped or course.cancelled():
            return outcome.CANCELLED
        failure = course.exception()
        if isinstance(failure, TurnFailed):
            return failure.ending
        # Anything else is our fault, which `work` raises.
        return TurnOutcome(AgentRunStatus.ERROR) if failure is not None else course.result()

    async def _run(self) -> TurnOutcome:
        marker = f"{self._request.run_id}:{uuid.uuid4().hex}"
        try:
            tree = await self._prepare()
            async with contextlib.AsyncExitStack() as starting:
                await starting.enter_async_context(self._around.start_slots)
                await asyncio.to_thread(self._remember, 0, marker)
                launch = await asyncio.to_thread(self._launch, tree, marker)
                async with open_session(launch) as session:
                    await asyncio.to_thread(self._remember, session.child.pid, marker)
                    await self._start(session)
                    await starting.aclose()
                    return await self._prompt(session)
        finally:
            # A fault here is logged, but does not fail the turn.
            name = f"cleaner-{self._request.run_id}"
            await to_its_end(watched(name, partial(self._clean, marker)))

    async def _prepare(self) -> WorkTree:
        if (reason := await asyncio.to_thread(self._profile.unavailable_reason)) is not None:
            raise outcome.agent_missing(self._profile, reason)
        request = self._request
        if request.images and self._profile.images is False:
            raise outcome.images_unsupported(self._profile)
        if not await asyncio.to_thread(self._profile.may_start):
            raise outcome.not_logged_in(self._profile, "no login was found")
        try:
            tree = await self._around.workspaces.prepare(request.run_id, request.repo_url)
            self._lent = await asyncio.to_thread(write_home, self._profile, self._folder, self._pin)
            self._commits = await identity(request.repo_url)
        except TooMuchToCopy as exc:
            raise outcome.too_much_to_copy(self._profile, str(exc)) from exc
        except (GitFailed, OSError) as exc:
            raise outcome.no_workspace(self._around.redact(str(exc))) from exc
        self._check_policy()
        await self._recorder.update(
            branch=tree.branch,
            base_commit=tree.base_commit,
            sandbox=self._around.sandbox.name,
            activity="Starting",
        )
        return tree

    async def _start(self, session: Session) -> None:
        seconds = self._around.limits.start_seconds
        request = self._request
        try:
            async with asyncio.timeout(seconds):
                await session.start(request.session_id)
                pinning = Pinning(session, self._profile, request.permission_policy)
                await asyncio.to_thread(self._around.offers.keep, self._profile, session.options)
                await pinning.hold(request.options)
                if request.model:
                    await choose_model(session, self._profile, request.model)
                elif "model" not in request.options:
                    refuse_unchosen_model(session, self._profile)
        except TimeoutError as exc:
            sentence = self._profile.login_hint or session.login_sentence
            waits = None if session.session_id else sentence
            raise outcome.timed_out("start_timeout", seconds, waits) from exc
        if request.images and not session.images:
            raise outcome.images_unsupported(self._profile)
        if session.resumed_by == "new":
            self._translator.notices.add(
                outcome.session_lost(session.lost_because), datetime.now(UTC), update="session_lost"
            )
            self._writer.wake()
        await self._recorder.update(session_id=session.session_id, activity="Thinking")

    async def _prompt(self, session: Session) -> TurnOutcome:
        self._prompting = True
        result = await session.prompt(self._blocks(session), stop=self._stop)
        if result is not None:
            self._translator.report_result(result)
            self._stop_reason = str(result.get("stopReason"))
        if self._stop.is_set() or self._stop_reason is None:
            return outcome.CANCELLED
        if self._stop_reason == "cancelled" and self._permissions.rejected:
            return outcome.REJECTED
        if quota := self._translator.take_answer_about_quota(datetime.now(UTC)):
            raise outcome.quota_used_up(self._profile, quota)
        if words := self._translator.take_answer_about_login():
            raise session.not_logged_in(words)
        return outcome.ending_of(self._stop_reason)

    def _blocks(self, session: Session) -> Sequence[dict[str, JSON]]:
        text = self._request.prompt
        if session.resumed_by == "new" and self._request.history:
            text = (
                "This continues an earlier conversation, whose session was lost. The work tree is "
                f"as you left it. What happened before:\n\n{self._request.history}\n\n"
                f"Continue with this request:\n\n{text}"
            )
        blocks: list[dict[str, JSON]] = [{"type": "text", "text": text}]
        if self._request.rules and session.resumed_by in {None, "new"}:
            # Last: an agent may look for its own commands at the beginning.
            blocks.append({"type": "text", "text": self._request.rules})
        for image in self._request.images:
            if match := _DATA_URI.fullmatch(image):
                kind, content = match["type"], match["content"]
                blocks.append({"type": "image", "mimeType": kind, "data": content})
        return blocks

    def _launch(self, tree: WorkTree, marker: str) -> Launch:
        profile, folder, model = self._profile, self._folder, self._request.model
        shown = [*tree.read_only, *(Path(path).expanduser() for path in profile.read_only)]
        env = agent_environment(
            profile, folder, self._pin, model=model, marker=marker, commits=self._commits
        )
        shown += [Path(env[name]) for name in FILE_VARIABLES if os.path.isabs(env.get(name, ""))]

        def wrap(command: Sequence[str], cwd: Path) -> list[str]:
            return self._around.sandbox.wrap(
                command,
                folder,
                cwd=cwd,
                read_only=shown,
                hidden=self._hidden(),
                network=profile.network,
            )

        return Launch(
            profile=profile,
            command=agent_command(profile, folder, model=model),
            cwd=folder.work,
            env=env,
            meta=self._pin.meta,
            limits=self._around.limits,
            permissions=self._permissions,
            translator=self._translator,
            wrap=wrap,
            redact=self._around.redact,
            on_change=self._writer.wake,
            room=self._writer.room,
        )

    def _check_policy(self) -> None:
        profile, policy = self._profile, self._request.permission_policy
        if policy not in profile.policies:
            raise outcome.policy_unsupported(profile, policy, "it never asks")
        for path in self._hidden():
            # A mount would follow a symlink out of the workspace.
            if not self._around.sandbox.program or path.is_symlink():
                raise outcome.policy_unsupported(
                    profile,
                    policy,
                    f"the repository has {path.name}, which can switch its questions off, and only "
                    "the sandbox (bubblewrap) can hide it, if it is not a symbolic link",
                )

    def _hidden(self) -> list[Path]:
        """Return what in the repository could switch the agent's questions off."""
        paths = (self._folder.work / name for name in self._pin.hidden)
        return [path for path in paths if os.path.lexists(path)]

    def _remember(self, pid: int, marker: str) -> None:
        orphans.remember(self._folder.root, self._request.run_id, pid, marker)

    async def _clean(self, marker: str) -> None:
        await asyncio.to_thread(orphans.end_strays, marker)
        login = self._profile.login
        renewed = login.renewed if login is not None else self._profile.login_files
        await asyncio.to_thread(take_back, self._lent, renewed, self._folder.home)
        await asyncio.to_thread(orphans.forget, self._folder.root)

    def _finish(self, ending: TurnOutcome) -> str | None:
        complete = ending.status == AgentRunStatus.COMPLETE
        cancelled = ending.status == AgentRunStatus.CANCELLED
        answer = self._translator.finish(
            datetime.now(UTC),
            tools="unknown" if complete else "cancelled" if cancelled else "failed",
            answer=complete,
            error=ending.error,
        )
        self._translator.changes["activity"] = None
        return answer
