"""What only servers of this program have: agents, repositories, diffs, permissions, measurements.

With the hosted service all of it raises `NotFound`.
"""

from __future__ import annotations  # the types in the signatures are loaded late, too

from typing import TYPE_CHECKING

from agent_runs.client import late
from agent_runs.client.asynchronous.sender import AsyncSender

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal, Unpack

    from agent_runs.client.calls.measures import AnalyticsQuery
    from agent_runs.insight import Insight
    from agent_runs.insight.compared import Comparison
    from agent_runs.models import JSON, AgentInfo, AgentRun, Repo, Turn
    from agent_runs.questions import PermissionRequest
    from agent_runs.schemas.analytics import AnalyticsTable
    from agent_runs.schemas.answers import Diff, TemplateInfo


class AsyncExtras(AsyncSender):
    """What this program adds to the official API."""

    async def health(self) -> dict[str, JSON]:
        """Return whether the server is healthy and what is configured."""
        return await self._send(late.runs.health())

    async def get_status(self) -> dict[str, JSON]:
        """Return the newest run, or `{"message": "No current task"}`."""
        return await self._send(late.runs.get_status())

    async def list_hosted(self) -> dict[str, JSON]:
        """Return how hosted organizations are mirrored: problems, age, budget, history."""
        return await self._send(late.official.list_hosted())

    async def watch_agent_run(self, run_id: int | str) -> None:
        """Give a hosted run's entries priority for a minute."""
        await self._send(late.official.watch_agent_run(run_id))

    async def list_agents(self) -> list[AgentInfo]:
        """Return the agent profiles, and which of them the server can run."""
        return await self._send(late.runs.list_agents())

    async def list_templates(self) -> list[TemplateInfo]:
        """Return the prompt templates, the values for `mode` of a new run."""
        return await self._send(late.runs.list_templates())

    async def list_repos(self, page: int = 1) -> list[Repo]:
        """Return the registered repositories, 100 at a time."""
        return await self._send(late.runs.list_repos(page))

    async def add_repo(self, url: str, name: str | None = None) -> Repo:
        """Register a repository: a path on the server's machine or a git URL."""
        return await self._send(late.runs.add_repo(url, name))

    async def remove_repo(self, repo_id: int) -> None:
        """Forget a repository; its files on disk and its runs stay."""
        await self._send(late.runs.remove_repo(repo_id))

    async def archive_agent_run(self, run_id: int | str) -> AgentRun:
        """Hide an ended run from the list; nothing is deleted."""
        return await self._send(late.runs.archive_agent_run(run_id))

    async def restore_agent_run(self, run_id: int | str) -> AgentRun:
        """Put an archived run back into the list."""
        return await self._send(late.runs.restore_agent_run(run_id))

    async def get_agent_run_diff(self, run_id: int | str) -> Diff:
        """Return what the run changed since its base."""
        return await self._send(late.runs.get_agent_run_diff(run_id))

    async def list_turns(self, run_id: int | str) -> list[Turn]:
        """Return the run's prompts and how each turn ended."""
        return await self._send(late.runs.list_turns(run_id))

    async def list_permissions(self, run_id: int | str) -> list[PermissionRequest]:
        """Return the open questions of the run's agent."""
        return await self._send(late.runs.list_permissions(run_id))

    async def answer_permission(
        self,
        run_id: int | str,
        permission_id: int,
        answer: Literal["allow", "reject"] | str,
        *,
        content: Mapping[str, JSON] | None = None,
    ) -> PermissionRequest:
        """Answer an agent's question with `allow`, `reject` or the id of one of its options.

        Args:
            run_id: id of the run.
            permission_id: id of the question.
            answer: `allow`, `reject` or an option.
            content: what was filled in, by the names of the form's fields.
        """
        call = late.runs.answer_permission(run_id, permission_id, answer, content)
        return await self._send(call)

    async def get_analytics(self, table: str, **query: Unpack[AnalyticsQuery]) -> AnalyticsTable:
        """Return a table: `summary`, `days`, `tools`, `errors`, `agents` ... (docs/analytics.md).

        Args:
            query: `days`, `first_day`, `last_day`, `agent`, `repo_id`, `mode`.
        """
        return await self._send(late.measures.get_analytics(table, query))

    async def get_analytics_csv(self, table: str, **query: Unpack[AnalyticsQuery]) -> str:
        """Return the same table as CSV that is safe to open in a spreadsheet."""
        return await self._send(late.measures.get_analytics_csv(table, query))

    async def compare_agent_runs(self, run_ids: Sequence[int | str]) -> Comparison:
        """Compare two to six runs: facts, files, and the step where they part."""
        return await self._send(late.measures.compare_agent_runs(run_ids))

    async def get_agent_run_insight(self, run_id: int | str) -> Insight:
        """Sum up the run's entries: outcome, first error, loops, waits, files, tests."""
        return await self._send(late.measures.get_agent_run_insight(run_id))
