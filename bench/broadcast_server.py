"""Bare Starlette that sends the same prebuilt bytes to every subscriber: the limit for events.

`python -m bench.broadcast_server PORT`: `GET /events` subscribes, `POST /change` sends a frame of
the usual size to all of them. No store, no replay, no checks.
"""

import asyncio
import sys
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

_BODY = b'data: {"agent_run_id":1,"status":"COMPLETE","text":"' + b"x" * 350 + b'"}\n\n'


def main() -> None:
    """Serve until the process is ended."""
    queues: set[asyncio.Queue[bytes]] = set()
    last = 0

    async def frames() -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        queues.add(queue)
        try:
            yield b": hello\n\n"
            while True:
                yield await queue.get()
        finally:
            queues.discard(queue)

    async def events(_request: Request) -> Response:
        return StreamingResponse(frames(), media_type="text/event-stream")

    async def change(_request: Request) -> Response:
        nonlocal last
        last += 1
        frame = b"id: %d\nevent: run.updated\n" % last + _BODY
        for queue in queues:
            queue.put_nowait(frame)
        return Response(b"{}")

    app = Starlette(
        routes=[Route("/events", events), Route("/change", change, methods=["POST"])],
    )
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
