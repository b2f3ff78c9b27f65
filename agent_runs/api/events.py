"""Routes of the event streams; `stream.py` has the streams themselves."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import BeforeValidator, Field

from agent_runs.api.errors import documented
from agent_runs.api.parameters import RunId
from agent_runs.api.server import Running, Server
from agent_runs.api.stream import EventStream, follow
from agent_runs.models import AgentRun
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.store.runs import runs

router = APIRouter(tags=["events"])


def _place(value: str | None) -> int | None:
    """Read the id of an event; an impossible one becomes an id that no event has.

    The stream then begins with a `reset`, as for any unknown id: a refusal would end a browser's
    EventSource for good.
    """
    if not value:
        return None
    could_be_one = value.isascii() and value.isdigit() and len(value) <= len(str(LARGEST_ID))
    return min(int(value), LARGEST_ID) if could_be_one else LARGEST_ID


EventId = Annotated[Annotated[int, Field(ge=0, le=LARGEST_ID)] | None, BeforeValidator(_place)]
After = Annotated[
    EventId,
    Query(
        description="Id of the last event you saw; the stream begins with the events after it. "
        "Without it, the stream begins with new events. For an unknown id it begins with `reset`.",
    ),
]
LastEventId = Annotated[
    EventId,
    Header(
        description="The same, sent by browsers when they reconnect; it wins over `after`.",
    ),
]
_STREAM = {
    200: {
        "description": "Server-sent events; see `docs/events.md`.",
        "content": {
            "text/event-stream": {
                "schema": {"type": "string", "description": "The stream."},
                "example": 'id: 7\nevent: logs.appended\ndata: {"agent_run_id":1,"first_seq":0,'
                '"log_count":1}\n\n',
            }
        },
    }
}


@router.get("/events", response_class=Response, responses=documented() | _STREAM)
async def stream_events(
    server: Running, after: After = None, last_event_id: LastEventId = None
) -> Response:
    """Stream what happens to all runs, until you close the stream."""
    last_id = after if last_event_id is None else last_event_id
    return EventStream(follow(server.database, server.bus, after=last_id), server.streams)


@router.get("/agent_runs/{id}/events", response_class=Response, responses=documented(404) | _STREAM)
async def stream_run_events(
    server: Running,
    run_id: RunId,
    after: After = None,
    last_event_id: LastEventId = None,
    until_finished: Annotated[
        bool, Query(description="`true` ends the stream when the run has ended.")
    ] = False,
) -> Response:
    """Stream what happens to one run: its state, new entries, questions, text being written."""
    last_id = after if last_event_id is None else last_event_id
    run = await runs.get(server.database, run_id)
    chunks = follow(
        server.database, server.bus, after=last_id, run_id=run_id, until_finished=until_finished
    )
    return EventStream(_watched(server, run, chunks), server.streams)


async def _watched(
    server: Server, run: AgentRun, chunks: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """Give a hosted run's entries priority while somebody reads its events."""
    with server.accounts.watching(run):
        async for chunk in chunks:
            yield chunk
