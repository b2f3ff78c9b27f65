"""How agents perform, as tables: JSON or CSV."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Depends, Path, Query, Response

from agent_runs.analytics import FIRST_DAY, LONGEST_PERIOD, Scope, Table, read_table
from agent_runs.api.errors import documented
from agent_runs.api.parameters import Word
from agent_runs.api.server import Running, json_text
from agent_runs.errors import InvalidRequest
from agent_runs.exports.table import cell, rows_of
from agent_runs.filters import TableName
from agent_runs.schemas.analytics import AnalyticsTable
from agent_runs.schemas.fields import LARGEST_ID

router = APIRouter(tags=["analytics"])

_LATEST = date(9000, 1, 1)


async def read_scope(
    *,
    days: Annotated[
        int, Query(ge=1, le=LONGEST_PERIOD, description="Days of the period, 1 to 1,100.")
    ] = 14,
    last_day: Annotated[
        date | None, Query(description="Its last day, inclusive; default today. Days are UTC.")
    ] = None,
    first_day: Annotated[
        date | None, Query(description="Its first day, in place of `days`.")
    ] = None,
    agent: Annotated[
        Word | None, Query(max_length=200, description="Only runs of this agent.")
    ] = None,
    repo_id: Annotated[
        int | None, Query(ge=1, le=LARGEST_ID, description="Only runs in this repository.")
    ] = None,
    mode: Annotated[
        Word | None, Query(max_length=500, description="Only runs of this prompt template.")
    ] = None,
) -> Scope:
    """Return the scope that the query describes.

    Raises:
        InvalidRequest: the period is too long, or ends before it begins.
    """
    last = last_day or datetime.now(UTC).date()
    if not FIRST_DAY <= last <= _LATEST:
        raise InvalidRequest(f"last_day: {last} is not between {FIRST_DAY} and {_LATEST}.")
    first = first_day or max(last - timedelta(days=days - 1), FIRST_DAY)
    if not FIRST_DAY <= first <= last:
        raise InvalidRequest(f"first_day: {first} is not between {FIRST_DAY} and {last}.")
    if (last - first).days >= LONGEST_PERIOD:
        raise InvalidRequest(f"The period is too long; the limit is {LONGEST_PERIOD:,} days.")
    return Scope(first, last, agent=agent or None, repo_id=repo_id, mode=mode or None)


QueryScope = Annotated[Scope, Depends(read_scope)]
_CSV = {200: {"content": {"text/csv": {"schema": {"type": "string", "description": "The table."}}}}}


@router.get("/analytics/{table}", response_model=AnalyticsTable, responses=documented() | _CSV)
async def get_analytics(
    server: Running,
    table: Annotated[TableName, Path(description="Name of the table.")],
    scope: QueryScope,
    format: Annotated[  # noqa: A002 - the query's word
        Literal["json", "csv"], Query(description="`json`, or `csv` for spreadsheets.")
    ] = "json",
) -> Response:
    """Return one table about the runs of a period: rates, percentiles, sums.

    Runs count on the UTC day of their creation. Runs that have not ended count only in the number
    of runs. Tokens and cost are as reported by the agents.
    """
    result = await read_table(server.database, table, scope)
    if format == "csv":
        name = f"{result.name}-{scope.first_day}-{scope.last_day}.csv"
        return Response(
            _csv(result),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    return json_text(_json(result))


def _json(table: Table) -> bytes:
    names = [column.name for column in table.kind.columns]
    return orjson.dumps(
        {
            "name": table.name,
            "title": table.kind.title,
            "first_day": table.scope.first_day.isoformat(),
            "last_day": table.scope.last_day.isoformat(),
            "step_days": table.scope.step_days,
            "columns": table.kind.columns,
            "items": [dict(zip(names, row, strict=True)) for row in table.rows],
        }
    )


def _csv(table: Table) -> bytes:
    head = [column.name for column in table.kind.columns]
    return rows_of([head, *([cell(value) for value in row] for row in table.rows)])
