"""Runs by path alone, and the newest run: for shells and for clients that cannot send bodies.

The words of the path are read from its raw bytes: they can contain slashes, line breaks and any
Unicode, which cannot be told apart in a decoded path.
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Body, Depends, Path, Request, Response
from starlette.convertors import PathConvertor, register_url_convertor

from agent_runs.api.errors import documented
from agent_runs.api.parameters import RequestKey, RunId, Surface
from agent_runs.api.server import Running, json_text
from agent_runs.errors import InvalidRequest
from agent_runs.models import AgentRun
from agent_runs.runs import NewRun
from agent_runs.schemas.answers import NoTask
from agent_runs.schemas.bodies import CreateRunMore, ResumeRunMore
from agent_runs.store.runs import runs

router = APIRouter(tags=["by path"])


class WordsConvertor(PathConvertor):
    """The rest of a path; unlike `path`, it can contain line breaks."""

    regex = "(?s:.*)"


register_url_convertor("words", WordsConvertor())


@dataclass(frozen=True)
class PathWords:
    """The last two segments of `/name/{first}/{query}`, as they were sent."""

    first: str
    query: str


async def path_words(
    request: Request,
    query: Annotated[
        str,
        Path(
            description="What the agent should do, percent-encoded; can contain slashes and line "
            "breaks.",
            examples=["Create a hello world script"],
        ),
    ],
) -> PathWords:
    """Return the segments, decoded one by one.

    Raises:
        InvalidRequest: the words are not UTF-8.
    """
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    _, _, first, rest = raw.split(b"/", 3)
    try:
        return PathWords(unquote_to_bytes(first).decode(), unquote_to_bytes(rest).decode())
    except UnicodeDecodeError as exc:
        raise InvalidRequest(f"query: {query!r} is not UTF-8; percent-encode it as UTF-8.") from exc


Words = Annotated[PathWords, Depends(path_words)]
Mode = Annotated[
    str,
    Path(
        description="Prompt template, see `GET /templates`; the prompt mentions any other word.",
        examples=["plan"],
    ),
]


@router.post(
    "/create_agent_run/{mode}/{query:words}",
    response_model=AgentRun,
    responses=documented(404, 413),
)
async def create_agent_run_by_path(
    server: Running,
    mode: Mode,  # noqa: ARG001 - documents the path; its value comes with the words
    words: Words,
    *,
    surface: Surface,
    body: Annotated[CreateRunMore | None, Body()] = None,
    key: RequestKey = None,
) -> Response:
    """Create a run from the words in the path; an optional body adds more.

    The run's metadata keeps `mode` and `original_query`.
    """
    more = body or CreateRunMore()
    fields = more.model_dump(exclude={"prompt", "images", "metadata"})
    run = await server.runs.create(
        NewRun(
            prompt=_joined(words.query, more.prompt),
            mode=words.first,
            original_query=words.query,
            images=tuple(more.images or ()),
            metadata=more.metadata or {},
            **fields,
            surface=surface,
            key=key,
        )
    )
    return json_text(await runs.text(server.database, run.id))


@router.post(
    "/resume_agent_run/{id}/{query:words}",
    response_model=AgentRun,
    responses=documented(404, 409, 413),
)
async def resume_agent_run_by_path(
    server: Running,
    run_id: RunId,
    words: Words,
    body: Annotated[ResumeRunMore | None, Body()] = None,
    key: RequestKey = None,
) -> Response:
    """Resume a run with the words in the path; an optional body adds more."""
    more = body or ResumeRunMore()
    await server.runs.resume(
        run_id,
        _joined(words.query, more.prompt),
        images=tuple(more.images or ()),
        model=more.model,
        permission_policy=more.permission_policy,
        options=more.options,
        key=key,
    )
    return json_text(await runs.text(server.database, run_id))


@router.get("/status", response_model=AgentRun | NoTask, responses=documented())
async def get_status(server: Running) -> Response:
    """Return the newest run, or say that there is none.

    If there is none, the message is that of the official SDK's `Agent.get_status`.
    """
    latest = await runs.latest(server.database)
    if latest is None:
        return json_text('{"message":"No current task"}')
    return json_text(await runs.text(server.database, latest.id))


def _joined(query: str, more: str | None) -> str:
    return "\n\n".join(part for part in (query, more) if part)
