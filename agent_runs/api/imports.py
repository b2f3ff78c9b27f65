"""Runs from files: exports in JSON Lines, and session files of Claude Code."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect

from agent_runs.api.errors import documented
from agent_runs.api.server import Running
from agent_runs.errors import InvalidRequest
from agent_runs.schemas.answers import ImportedRun, ImportResult

router = APIRouter(tags=["exports"])

_FILE = {"schema": {"type": "string", "format": "binary", "description": "The file as it is."}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "description": "An export in JSON Lines, or a session file of Claude Code.",
        "required": True,
        "content": {"application/octet-stream": _FILE},
    }
}


@router.post("/imports", responses=documented(413), openapi_extra=_BODY)
async def import_agent_runs(server: Running, request: Request) -> ImportResult:
    """Bring the runs of a file in, all or none; runs that are here already are left as they are.

    The file is the body itself, at most `AGENT_RUNS_IMPORT_LIMIT_BYTES`; the answer comes when it
    is stored. An imported run can be read, searched and exported, not resumed. A run that came
    with an older file is updated. Who does not wait for the answer gives the import up.
    """
    try:
        found = await server.imports.take(request.stream(), request.is_disconnected)
    except ClientDisconnect as exc:
        raise InvalidRequest("The file did not come whole. Nothing was imported.") from exc
    return ImportResult(
        imported=found.imported,
        updated=found.updated,
        known=found.known,
        logs=found.logs,
        runs=[ImportedRun(id=e.id, origin=e.origin, outcome=e.outcome) for e in found.runs],
    )
