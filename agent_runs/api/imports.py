"""Runs from files: exports in JSON Lines, and session files of Claude Code."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect

from agent_runs.api.errors import documented
from agent_runs.api.server import Running
from agent_runs.errors import InvalidRequest
from agent_runs.schemas.answers import ImportResult

router = APIRouter(tags=["exports"])

_FILE = {"schema": {"type": "string", "format": "binary", "description": "The file itself."}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "description": "An export in JSON Lines, or a session file of Claude Code.",
        "required": True,
        "content": {"application/octet-stream": _FILE},
    }
}


@router.post("/imports", responses=documented(413), openapi_extra=_BODY)
async def import_agent_runs(server: Running, request: Request) -> ImportResult:
    """Import the runs of a file, all or none; runs that are already here do not change.

    The body is the file itself, of at most `AGENT_RUNS_IMPORT_LIMIT_BYTES`; the response comes when
    it is stored, and closing the connection before gives the import up. Imported runs can be read,
    searched and exported, but not resumed. A newer file updates runs that came with an older one.
    """
    try:
        return await server.imports.take(request.stream(), request.is_disconnected)
    except ClientDisconnect as exc:
        raise InvalidRequest("The upload was cut off. Nothing was imported.") from exc
