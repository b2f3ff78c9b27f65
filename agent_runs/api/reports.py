"""Reports of a period, for people and CI."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from agent_runs.api.analytics import QueryScope
from agent_runs.api.errors import documented
from agent_runs.api.server import Running
from agent_runs.reports import as_html, as_json, as_markdown, read_report

router = APIRouter(tags=["analytics"])

_TEXT = {"schema": {"type": "string", "description": "The report."}}
_REPORT = {
    200: {
        "description": "The report.",
        "content": {
            "text/markdown": _TEXT,
            "text/html": _TEXT,
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "Tables by name, and the latest runs that failed.",
                    "required": ["first_day", "last_day", "tables", "failed_runs", "failed_total"],
                }
            },
        },
    }
}
_KINDS = {
    "markdown": ("text/markdown", "md", as_markdown),
    "html": ("text/html", "html", as_html),
    "json": ("application/json", "json", as_json),
}


@router.get("/reports", response_class=Response, responses=documented() | _REPORT)
async def get_report(
    server: Running,
    scope: QueryScope,
    format: Annotated[  # noqa: A002 - the query's word
        Literal["markdown", "html", "json"],
        Query(description="`markdown`, `html` (one page without scripts) or `json`."),
    ] = "markdown",
) -> Response:
    """Return a report on a period: key figures, tables, the latest failures."""
    report = await read_report(server.database, scope)
    media, ending, write = _KINDS[format]
    name = f"agent-runs-{scope.first_day}-{scope.last_day}.{ending}"
    return Response(
        write(report),
        media_type=media,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
