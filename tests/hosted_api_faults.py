"""Faults of the twin of the hosted API: what a request meets instead of its answer.

Each `Fault` says how the answer goes wrong and whether the request was carried out before
(`taken`). Upstream trouble is of both kinds, and only the second can double a run.
"""

import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.patience import PATIENCE_SECONDS

HTML = "<!doctype html><title>502 Bad Gateway</title><h1>Bad Gateway</h1>"
"""What a proxy in front of the API answers while that is away."""
_IN_VAIN_SECONDS = 0.5


@dataclass
class Fault:
    """What a request gets instead of its answer.

    Attributes:
        status: HTTP status of the answer; 0 keeps the true one.
        body: JSON of the answer; None: an error as upstream words it.
        text: the answer as it is, for what is no JSON; goes before `body`.
        change: makes the answer from the true one (decoded JSON); the request is carried out.
        drop: the connection is closed after part of the answer.
        reset: the connection is reset (TCP RST) after part of the answer.
        hang: no answer comes; ends when the client gives up.
        drip_seconds: the true answer comes one byte at a time, this far apart.
        taken: the request is carried out first; its answer is thrown away.
        only: takes requests whose `METHOD /path` has this in it, lets others pass.
        times: how many requests it takes; None: all until it is removed.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    text: str | None = None
    change: Callable[[Any], Any] | None = None
    drop: bool = False
    reset: bool = False
    hang: bool = False
    drip_seconds: float | None = None
    taken: bool = False
    only: str = ""
    times: int | None = 1

    @property
    def worth_waiting(self) -> float:
        """Seconds that a client gives an answer: few only where it waits in vain."""
        in_vain = self.hang or self.drip_seconds is not None
        return _IN_VAIN_SECONDS if in_vain else PATIENCE_SECONDS


def take(faults: list[Fault | None], request: str) -> Fault | None:
    """Take the fault for this request (`METHOD /path`); None in the list lets one pass."""
    for fault in list(faults):
        if fault is None:
            faults.remove(None)
            return None
        if fault.only in request:
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    faults.remove(fault)
            return fault
    return None


async def answer(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request as the fault wants."""
    true = Response(b"")
    if fault.taken or fault.change or fault.drip_seconds is not None:
        true = await _true_answer(app, scope, receive)
    if fault.hang:
        while (await receive())["type"] != "http.disconnect":
            pass
    elif fault.drop or fault.reset:
        await _break_off(fault, scope, send)
    elif fault.drip_seconds is not None:
        await _drip(true, fault.drip_seconds, send)
    elif fault.change:
        changed = fault.change(json.loads(bytes(true.body)))
        await JSONResponse(changed, fault.status or true.status_code)(scope, receive, send)
    elif fault.text is not None:
        headers = {"content-type": "application/json"} | fault.headers
        await Response(fault.text, fault.status or 200, headers)(scope, receive, send)
    else:
        body = fault.body
        if body is None:
            body = {"message": "on demand", "status_code": fault.status}
        await JSONResponse(body, fault.status or 200, fault.headers)(scope, receive, send)


async def _true_answer(app: ASGIApp, scope: Scope, receive: Receive) -> Response:
    """Carry the request out and keep what would have been answered."""
    answer = Response(b"")
    body = bytearray()

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status_code = message["status"]
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(scope, receive, keep)
    answer.body = bytes(body)
    return answer


async def _break_off(fault: Fault, scope: Scope, send: Send) -> None:
    """Send an answer shorter than it says, then close or reset the connection."""
    start = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": start})
    if fault.reset:
        await send({"type": "http.response.body", "body": b'{"id": ', "more_body": True})
        transport = scope["extensions"]["twin.transport"]
        linger = struct.pack("ii", 1, 0)  # closing then resets
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
        return
    raise ConnectionAbortedError("as the test wants")


async def _drip(true: Response, seconds: float, send: Send) -> None:
    body = bytes(true.body)
    headers = [
        (b"content-length", str(len(body)).encode()),
        (b"content-type", b"application/json"),
    ]
    await send({"type": "http.response.start", "status": true.status_code, "headers": headers})
    for index in range(len(body)):
        more = index + 1 < len(body)
        await send(
            {"type": "http.response.body", "body": body[index : index + 1], "more_body": more}
        )
        await anyio.sleep(seconds)
