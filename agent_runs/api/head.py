"""`HEAD`: what `GET` would answer, without its body. Source: RFC 9110, 9.3.2."""

from anyio import CancelScope
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """ASGI middleware that turns `HEAD` into a `GET` and drops the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a body with more than one part is dropped at the first."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        has_ended = False

        async def send_head(message: Message) -> None:
            nonlocal has_ended
            if message["type"] != "http.response.body":
                await send(message)
            elif not has_ended:
                has_ended = True
                await send({"type": "http.response.body", "body": b""})
                if message.get("more_body"):
                    work.cancel()  # an event stream would never end

        with CancelScope() as work:
            await self._app({**scope, "method": "GET"}, receive, send_head)
