"""What a run made: its diff and the files of its work tree."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response

from agent_runs.api.diffs import summarize
from agent_runs.api.errors import documented
from agent_runs.api.parameters import RunId
from agent_runs.api.server import Running
from agent_runs.schemas.answers import Diff, WorkFiles

router = APIRouter(tags=["files"])

_DIFF = {
    200: {
        "description": "The diff; JSON with `Accept: application/json`.",
        "model": Diff,
        "content": {
            "text/x-diff": {
                "schema": {"type": "string", "description": "Unified diff; can be empty."}
            }
        },
    }
}
_FILE = {
    200: {
        "description": "The file: text as `text/plain`, or `application/octet-stream`.",
        "content": {
            "text/plain": {"schema": {"type": "string", "description": "The text."}},
            "application/octet-stream": {
                "schema": {"type": "string", "format": "binary", "description": "The bytes."}
            },
        },
    }
}


@router.get("/agent_runs/{id}/diff", response_class=Response, responses=documented(404) | _DIFF)
async def get_diff(
    server: Running,
    run_id: RunId,
    accept: Annotated[
        str | None, Header(description="`application/json` adds a list of the files.")
    ] = None,
) -> Response:
    """Return what a run changed since its base commit, as a unified diff."""
    diff = await server.runs.diff(run_id)
    if "application/json" in (accept or ""):
        body = Diff(diff=diff, files=summarize(diff))
        return Response(body.model_dump_json(), media_type="application/json")
    # A file of the work tree may have any encoding; other bytes become replacement characters.
    return Response(diff.encode("utf-8", "replace"), media_type="text/x-diff; charset=utf-8")


@router.get("/agent_runs/{id}/files", responses=documented(404))
async def list_files(server: Running, run_id: RunId) -> WorkFiles:
    """List the files of a run's work tree."""
    return WorkFiles(items=await server.runs.files(run_id))


@router.get(
    "/agent_runs/{id}/files/{path:path}",
    response_class=Response,
    responses=documented(404) | _FILE,
)
async def read_file(
    server: Running,
    run_id: RunId,
    path: Annotated[
        str, Path(description="Path in the work tree, as in the list.", examples=["hello.py"])
    ],
) -> Response:
    """Return one file of a run's work tree, always as a download."""
    content = await server.runs.read_file(run_id, path)
    # An agent wrote it: a browser must neither run it nor guess what it is.
    return Response(
        content,
        media_type="text/plain; charset=utf-8" if _is_text(content) else "application/octet-stream",
        headers={"Content-Disposition": "attachment"},
    )


def _is_text(content: bytes) -> bool:
    if b"\0" in content:
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
