"""The content of a report on a period: tables of analytics, and the latest runs that failed."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from agent_runs.analytics import Scope, Table, read_table
from agent_runs.filters import RunFilter, TableName
from agent_runs.models import FAILED_STATUSES, AgentRun
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import runs

TABLES: tuple[TableName, ...] = (
    "summary", "days", "agents", "repositories", "templates", "tools", "errors",
)  # fmt: skip

_MOST_FAILED = 20


@dataclass(frozen=True)
class PeriodReport:
    """A report on the runs of a period.

    Attributes:
        failed: the latest runs that failed, newest first, at most 20.
        failed_total: number of runs that failed.
        web_url: address of the dashboard, for links.
    """

    scope: Scope
    tables: tuple[Table, ...]
    failed: tuple[AgentRun, ...]
    failed_total: int
    web_url: str
    made_at: datetime


async def read_report(database: Database, scope: Scope) -> PeriodReport:
    """Return the report on a period."""
    run_filter = RunFilter(
        status=tuple(sorted(FAILED_STATUSES)),
        agent=scope.agent,
        repo_id=scope.repo_id,
        mode=scope.mode,
        since=datetime.combine(scope.first_day, time.min, UTC),
        until=datetime.combine(scope.last_day, time.min, UTC) + timedelta(days=1),
        archived=None,
    )
    texts, total = await runs.page(database, run_filter, skip=0, limit=_MOST_FAILED)
    return PeriodReport(
        scope=scope,
        tables=tuple([await read_table(database, name, scope) for name in TABLES]),
        failed=tuple(AgentRun.model_validate_json(text) for text in texts),
        failed_total=total,
        web_url=database.web_url,
        made_at=datetime.now(UTC),
    )
