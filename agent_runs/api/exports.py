"""A run with all that belongs to it, as one file; read and sent page by page."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from agent_runs.api.errors import documented
from agent_runs.api.parameters import RunId
from agent_runs.api.server import Running
from agent_runs.filters import LogFilter
from agent_runs.store import logs, runs, turns
from agent_runs.store.database import Database

router = APIRouter(tags=["logs"])

_PAGE = 200
_EXPORT = {
    200: {
        "description": "The file.",
        "content": {
            "application/x-ndjson": {
                "schema": {
                    "type": "string",
                    "description": 'Lines `{"type": "run"|"turn"|"log", ...}`.',
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "`run`, `turns` and `logs`.",
                    "required": ["run", "turns", "logs"],
                }
            },
        },
    }
}


@router.get("/agent_runs/{id}/export", response_class=Response, responses=documented(404) | _EXPORT)
async def export_agent_run(
    server: Running,
    run_id: RunId,
    format: Annotated[  # noqa: A002 - the query's word
        Literal["jsonl", "json"], Query(description="`jsonl`: one object a line; `json`: one.")
    ] = "jsonl",
) -> Response:
    """Return a run, its turns and all of its entries as a file, oldest first."""
    run = await runs.text(server.database, run_id)
    prompts = [turn.model_dump_json() for turn in await turns.list_(server.database, run_id)]
    write, media = (
        (_lines, "application/x-ndjson") if format == "jsonl" else (_object, "application/json")
    )
    return StreamingResponse(
        write(server.database, run_id, run, prompts),
        media_type=media,
        headers={"Content-Disposition": f'attachment; filename="agent-run-{run_id}.{format}"'},
    )


async def _lines(
    database: Database, run_id: int, run: str, prompts: list[str]
) -> AsyncIterator[str]:
    yield f'{{"type":"run",{run[1:]}\n'
    for prompt in prompts:
        yield f'{{"type":"turn",{prompt[1:]}\n'
    async for texts in _entries(database, run_id):
        yield "".join(f'{{"type":"log",{text[1:]}\n' for text in texts)


async def _object(
    database: Database, run_id: int, run: str, prompts: list[str]
) -> AsyncIterator[str]:
    yield f'{{"run":{run},"turns":[{",".join(prompts)}],"logs":['
    comma = ""
    async for texts in _entries(database, run_id):
        yield comma + ",".join(texts)
        comma = ","
    yield "]}"


async def _entries(database: Database, run_id: int) -> AsyncIterator[list[str]]:
    skip = 0
    while True:
        texts, _ = await logs.page(
            database, run_id, skip=skip, limit=_PAGE, reverse=False, filter=LogFilter()
        )
        if texts:
            yield texts
        if len(texts) < _PAGE:
            return
        skip += _PAGE
