"""What a server of this program measures: insight into a run, comparison, analytics.

Both clients have these methods; the hosted service answers them with `NotFound`.
"""

from __future__ import annotations  # the types in the signatures are loaded late, too

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

from agent_runs.client import late

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from agent_runs.client.base import Call
    from agent_runs.client.calls.measures import AnalyticsQuery
    from agent_runs.client.calls.tables import AnalyticsTable
    from agent_runs.insight import Insight
    from agent_runs.insight.compared import Comparison

T = TypeVar("T")


class Measures(ABC):
    """The blocking form."""

    @abstractmethod
    def _send(self, call: Call[T]) -> T: ...

    def get_analytics(self, table: str, **query: Unpack[AnalyticsQuery]) -> AnalyticsTable:
        """Return a table: `summary`, `days`, `tools`, `errors`, `agents` ... (docs/analytics.md).

        Args:
            query: `days`, `first_day`, `last_day`, `agent`, `repo_id`, `mode`.
        """
        return self._send(late.measures.get_analytics(table, query))

    def get_analytics_csv(self, table: str, **query: Unpack[AnalyticsQuery]) -> str:
        """Return the same table as CSV, safe to be opened as a spreadsheet."""
        return self._send(late.measures.get_analytics_csv(table, query))

    def compare_agent_runs(self, run_ids: Sequence[int | str]) -> Comparison:
        """Return two to six runs side by side: facts, files, and the step where they part."""
        return self._send(late.measures.compare_agent_runs(run_ids))

    def get_agent_run_insight(self, run_id: int | str) -> Insight:
        """Return what the run's entries say: outcome, first error, loops, waits, files, tests."""
        return self._send(late.measures.get_agent_run_insight(run_id))


class AsyncMeasures(ABC):
    """The async form."""

    @abstractmethod
    async def _send(self, call: Call[T]) -> T: ...

    async def get_analytics(self, table: str, **query: Unpack[AnalyticsQuery]) -> AnalyticsTable:
        """Return a table: `summary`, `days`, `tools`, `errors`, `agents` ... (docs/analytics.md).

        Args:
            query: `days`, `first_day`, `last_day`, `agent`, `repo_id`, `mode`.
        """
        return await self._send(late.measures.get_analytics(table, query))

    async def get_analytics_csv(self, table: str, **query: Unpack[AnalyticsQuery]) -> str:
        """Return the same table as CSV, safe to be opened as a spreadsheet."""
        return await self._send(late.measures.get_analytics_csv(table, query))

    async def compare_agent_runs(self, run_ids: Sequence[int | str]) -> Comparison:
        """Return two to six runs side by side: facts, files, and the step where they part."""
        return await self._send(late.measures.compare_agent_runs(run_ids))

    async def get_agent_run_insight(self, run_id: int | str) -> Insight:
        """Return what the run's entries say: outcome, first error, loops, waits, files, tests."""
        return await self._send(late.measures.get_agent_run_insight(run_id))
