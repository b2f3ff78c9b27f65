"""A run together with the client that made it, as the official SDK's `AgentTask`."""

from __future__ import annotations  # the types in the signatures are loaded late, too

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Iterator, Sequence

    from agent_runs.client.async_client import AsyncCodegenClient
    from agent_runs.client.client import CodegenClient
    from agent_runs.models import JSON, AgentRun, AgentRunLog, PermissionPolicy


class TaskView:
    """What both kinds of task show; also read like a dictionary: `task["status"]`.

    Attributes:
        run: the run as last seen.
    """

    def __init__(self, run: AgentRun) -> None:
        self.run = run

    @property
    def id(self) -> int:
        """The run's id."""
        return self.run.id

    @property
    def org_id(self) -> int:
        """The organization it belongs to."""
        return self.run.organization_id

    @property
    def status(self) -> str:
        """Its status when it was last refreshed, in the official upper-case words."""
        return self.run.status

    @property
    def result(self) -> str | None:
        """The final answer, once there is one."""
        return self.run.result

    @property
    def web_url(self) -> str:
        """Its page for people."""
        return self.run.web_url

    def __getitem__(self, name: str) -> JSON:
        """Return a field of the run."""
        return self.run[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether the run has a field of that name."""
        return name in self.run

    def get(self, name: str, default: JSON = None) -> JSON:
        """Return a field of the run, or `default` when it is missing or null."""
        return self.run.get(name, default)

    def keys(self) -> Iterator[str]:
        """Names of the run's fields."""
        return self.run.keys()

    def __repr__(self) -> str:
        """Show which run it is and how it stands."""
        return f"{type(self).__name__}(id={self.id}, status={self.status!r})"


class AgentTask(TaskView):
    """A run and the client that made it."""

    def __init__(self, client: CodegenClient, run: AgentRun) -> None:
        super().__init__(run)
        self._client = client

    def refresh(self) -> AgentTask:
        """Ask how the run stands now."""
        self.run = self._client.get_agent_run(self.id)
        return self

    def wait(self, timeout: float | None = None) -> AgentTask:
        """Wait until the run has ended; raises `WaitTimeout` after `timeout` seconds."""
        self.run = self._client.wait(self.id, timeout=timeout)
        return self

    def logs(self) -> list[AgentRunLog]:
        """Return all entries so far, oldest first."""
        return list(self._client.iter_agent_run_logs(self.id))

    def stream_logs(self, after_seq: int = -1) -> Generator[AgentRunLog]:
        """Yield entries as they come, until the run has ended."""
        return self._client.stream_logs(self.id, after_seq)

    def resume(
        self,
        prompt: str,
        *,
        images: Sequence[str] | None = None,
        model: str | None = None,
        permission_policy: PermissionPolicy | None = None,
        wait: float = 300.0,
    ) -> AgentTask:
        """Give the run another prompt, once it has ended; see `resume_agent_run`."""
        self.run = self._client.resume_agent_run(
            self.id,
            prompt,
            images=images,
            model=model,
            permission_policy=permission_policy,
            wait=wait,
        )
        return self

    def stop(self) -> AgentTask:
        """Stop the run."""
        self.run = self._client.stop_agent_run(self.id)
        return self


class AsyncAgentTask(TaskView):
    """A run and the async client that made it."""

    def __init__(self, client: AsyncCodegenClient, run: AgentRun) -> None:
        super().__init__(run)
        self._client = client

    async def refresh(self) -> AsyncAgentTask:
        """Ask how the run stands now."""
        self.run = await self._client.get_agent_run(self.id)
        return self

    async def wait(
        self,
        timeout: float | None = None,  # noqa: ASYNC109  (parity with the blocking task)
    ) -> AsyncAgentTask:
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
        self,
        prompt: str,
        *,
        images: Sequence[str] | None = None,
        model: str | None = None,
        permission_policy: PermissionPolicy | None = None,
        wait: float = 300.0,
    ) -> AsyncAgentTask:
        """Give the run another prompt, once it has ended; see `resume_agent_run`."""
        self.run = await self._client.resume_agent_run(
            self.id,
            prompt,
            images=images,
            model=model,
            permission_policy=permission_policy,
            wait=wait,
        )
        return self

    async def stop(self) -> AsyncAgentTask:
        """Stop the run."""
        self.run = await self._client.stop_agent_run(self.id)
        return self
