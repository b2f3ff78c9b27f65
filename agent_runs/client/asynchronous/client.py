"""The async client, assembled from its parts, and a run with the client that created it."""

from __future__ import annotations  # the types in the signatures are loaded late, too

from typing import TYPE_CHECKING

from agent_runs.client import late
from agent_runs.client.asynchronous.extras import AsyncExtras
from agent_runs.client.asynchronous.files import AsyncFiles
from agent_runs.client.asynchronous.runs import AsyncRuns
from agent_runs.client.asynchronous.search import AsyncSearch
from agent_runs.client.task_view import TaskView

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from typing import Unpack

    from agent_runs.client.calls.answers import Page, User
    from agent_runs.client.calls.runs import CreateOptions, ResumeOptions
    from agent_runs.models import JSON, AgentRun, AgentRunLog, Repo


class AsyncCodegenClient(AsyncRuns, AsyncExtras, AsyncFiles, AsyncSearch):
    """Creates, watches, reads, resumes and stops agent runs.

    Without a token it talks to the server on this machine; with one it talks to the hosted service
    or to `base_url`. Several threads or tasks can share a client. Use it as a context manager, or
    close it.

    Args:
        token: by default `CODEGEN_API_TOKEN`, or `AGENT_RUNS_API_TOKEN` for our own servers.
        org_id: by default `CODEGEN_ORG_ID`, or the first organization of the token.
        base_url: with or without `/v1`; by default `AGENT_RUNS_API_URL`, `CODEGEN_BASE_URL`, or the
            hosted or local address. Values are also read from `.env`.
        credentials: replaces the first three arguments.
        timeout: seconds until a request is given up.
        retry: when to retry requests that can be repeated.
        clock: what it waits with.
        transport: how requests travel, such as to an application in this process.
        gate: entered around each request; can make it wait.

    Raises:
        InvalidRequest: token, organization or address cannot be used.
    """

    async def run(self, prompt: str, **options: Unpack[CreateOptions]) -> AsyncAgentTask:
        """Create a run; the options are those of `create_agent_run`."""
        return AsyncAgentTask(self, await self.create_agent_run(prompt, **options))

    async def get_current_user(self) -> User:
        """Return the user whom the token belongs to."""
        return await self._send(late.runs.get_current_user())

    get_me = get_current_user

    async def ban_agent_run(self, run_id: int | str) -> JSON:
        """Stop a run and mute it."""
        return await self._send(late.official.mark_agent_run(run_id, "ban"))

    async def unban_agent_run(self, run_id: int | str) -> JSON:
        """Let a banned run send webhooks again."""
        return await self._send(late.official.mark_agent_run(run_id, "unban"))

    async def remove_agent_run_from_pr(self, run_id: int | str) -> JSON:
        """Remove a run from its pull request, and stop and mute it."""
        return await self._send(late.official.mark_agent_run(run_id, "remove-from-pr"))

    async def list_organization_repos(self, page: int = 1) -> Page[Repo]:
        """Return the organization's repositories, 100 at a time."""
        return await self._send(late.official.list_organization_repos(page))

    async def list_organization_users(self, page: int = 1) -> Page[User]:
        """Return the organization's members, 100 at a time."""
        return await self._send(late.official.list_organization_users(page))

    async def list_models(self) -> dict[str, JSON]:
        """Return the models for new runs: `providers` and `default_model`."""
        return await self._send(late.official.list_models())


class AsyncAgentTask(TaskView):
    """A run and the client that created it."""

    def __init__(self, client: AsyncRuns, run: AgentRun) -> None:
        super().__init__(run)
        self._client = client

    async def refresh(self) -> AsyncAgentTask:
        """Read the run's current state."""
        self.run = await self._client.get_agent_run(self.id)
        return self

    async def wait(self, timeout: float | None = None) -> AsyncAgentTask:
        """Wait until the run has ended; raises `WaitTimeout` after `timeout` seconds."""
        self.run = await self._client.wait(self.id, timeout=timeout)
        return self

    async def logs(self) -> list[AgentRunLog]:
        """Return all entries so far, oldest first."""
        return [log async for log in self._client.iter_agent_run_logs(self.id)]

    def stream_logs(self, after_seq: int = -1) -> AsyncGenerator[AgentRunLog]:
        """Yield entries as they come, until the run has ended."""
        return self._client.stream_logs(self.id, after_seq)

    async def resume(
        self, prompt: str, *, wait: float = 300.0, **options: Unpack[ResumeOptions]
    ) -> AsyncAgentTask:
        """Give the run a new prompt once it has ended; see `resume_agent_run`."""
        self.run = await self._client.resume_agent_run(self.id, prompt, wait=wait, **options)
        return self

    async def stop(self) -> AsyncAgentTask:
        """Stop the run."""
        self.run = await self._client.stop_agent_run(self.id)
        return self
