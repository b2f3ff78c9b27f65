"""What only a server of this program answers: agents, repositories, diffs, permissions ...

Both clients have these methods; the hosted service answers them with `NotFound`.
"""

from __future__ import annotations  # the types in the signatures are loaded late, too

from typing import TYPE_CHECKING

from agent_runs.client import late
from agent_runs.client.finding import AsyncFinding, Finding
from agent_runs.client.measures import AsyncMeasures, Measures
from agent_runs.client.official import AsyncOfficial, Official

if TYPE_CHECKING:
    from typing import Literal

    from agent_runs.client.calls.answers import Diff, Template
    from agent_runs.models import JSON, AgentInfo, AgentRun, PermissionRequest, Repo, Turn


class Extras(Finding, Measures, Official):
    """The blocking form."""

    def health(self) -> dict[str, JSON]:
        """Return how the server does and what is configured."""
        return self._send(late.runs.health())

    def get_status(self) -> dict[str, JSON]:
        """Return the newest run, or `{"message": "No current task"}`."""
        return self._send(late.runs.get_status())

    def list_hosted(self) -> dict[str, JSON]:
        """Return how hosted organizations are mirrored: troubles, age, budget, history."""
        return self._send(late.official.list_hosted())

    def watch_agent_run(self, run_id: int | str) -> None:
        """Let a hosted run's entries be read first for a minute."""
        self._send(late.official.watch_agent_run(run_id))

    def list_agents(self) -> list[AgentInfo]:
        """Return the agent profiles and which of them this server can run."""
        return self._send(late.runs.list_agents())

    def list_templates(self) -> list[Template]:
        """Return the prompt templates that `mode` of a new run can name."""
        return self._send(late.runs.list_templates())

    def list_repos(self, page: int = 1) -> list[Repo]:
        """Return the registered repositories, 100 at a time."""
        return self._send(late.runs.list_repos(page))

    def add_repo(self, url: str, name: str | None = None) -> Repo:
        """Register a repository: a path on the server's machine or a git URL."""
        return self._send(late.runs.add_repo(url, name))

    def remove_repo(self, repo_id: int) -> None:
        """Take a repository out of the list; its runs stay."""
        self._send(late.runs.remove_repo(repo_id))

    def archive_agent_run(self, run_id: int | str) -> AgentRun:
        """Take a finished run out of the list; nothing is deleted."""
        return self._send(late.runs.archive_agent_run(run_id))

    def restore_agent_run(self, run_id: int | str) -> AgentRun:
        """Put an archived run back into the list."""
        return self._send(late.runs.restore_agent_run(run_id))

    def get_agent_run_diff(self, run_id: int | str) -> Diff:
        """Return what the run changed against its base."""
        return self._send(late.runs.get_agent_run_diff(run_id))

    def list_turns(self, run_id: int | str) -> list[Turn]:
        """Return the run's prompts and what became of each."""
        return self._send(late.runs.list_turns(run_id))

    def list_permissions(self, run_id: int | str) -> list[PermissionRequest]:
        """Return the questions of the run's agent that wait for an answer."""
        return self._send(late.runs.list_permissions(run_id))

    def answer_permission(
        self, run_id: int | str, permission_id: int, answer: Literal["allow", "reject"] | str
    ) -> PermissionRequest:
        """Answer an agent's question with `allow`, `reject` or the id of one of its options."""
        return self._send(late.runs.answer_permission(run_id, permission_id, answer))


class AsyncExtras(AsyncFinding, AsyncMeasures, AsyncOfficial):
    """The async form."""

    async def health(self) -> dict[str, JSON]:
        """Return how the server does and what is configured."""
        return await self._send(late.runs.health())

    async def get_status(self) -> dict[str, JSON]:
        """Return the newest run, or `{"message": "No current task"}`."""
        return await self._send(late.runs.get_status())

    async def list_hosted(self) -> dict[str, JSON]:
        """Return how hosted organizations are mirrored: troubles, age, budget, history."""
        return await self._send(late.official.list_hosted())

    async def watch_agent_run(self, run_id: int | str) -> None:
        """Let a hosted run's entries be read first for a minute."""
        await self._send(late.official.watch_agent_run(run_id))

    async def list_agents(self) -> list[AgentInfo]:
        """Return the agent profiles and which of them this server can run."""
        return await self._send(late.runs.list_agents())

    async def list_templates(self) -> list[Template]:
        """Return the prompt templates that `mode` of a new run can name."""
        return await self._send(late.runs.list_templates())

    async def list_repos(self, page: int = 1) -> list[Repo]:
        """Return the registered repositories, 100 at a time."""
        return await self._send(late.runs.list_repos(page))

    async def add_repo(self, url: str, name: str | None = None) -> Repo:
        """Register a repository: a path on the server's machine or a git URL."""
        return await self._send(late.runs.add_repo(url, name))

    async def remove_repo(self, repo_id: int) -> None:
        """Take a repository out of the list; its runs stay."""
        await self._send(late.runs.remove_repo(repo_id))

    async def archive_agent_run(self, run_id: int | str) -> AgentRun:
        """Take a finished run out of the list; nothing is deleted."""
        return await self._send(late.runs.archive_agent_run(run_id))

    async def restore_agent_run(self, run_id: int | str) -> AgentRun:
        """Put an archived run back into the list."""
        return await self._send(late.runs.restore_agent_run(run_id))

    async def get_agent_run_diff(self, run_id: int | str) -> Diff:
        """Return what the run changed against its base."""
        return await self._send(late.runs.get_agent_run_diff(run_id))

    async def list_turns(self, run_id: int | str) -> list[Turn]:
        """Return the run's prompts and what became of each."""
        return await self._send(late.runs.list_turns(run_id))

    async def list_permissions(self, run_id: int | str) -> list[PermissionRequest]:
        """Return the questions of the run's agent that wait for an answer."""
        return await self._send(late.runs.list_permissions(run_id))

    async def answer_permission(
        self, run_id: int | str, permission_id: int, answer: Literal["allow", "reject"] | str
    ) -> PermissionRequest:
        """Answer an agent's question with `allow`, `reject` or the id of one of its options."""
        return await self._send(late.runs.answer_permission(run_id, permission_id, answer))
