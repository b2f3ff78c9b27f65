"""Says in one sentence why the server cannot start, without a traceback.

Starlette gives uvicorn a traceback for every error of a lifespan. But an `AgentRunsError` is not a
fault of the program: another server uses the folder, the database cannot be reached, or one of the
user's files is wrong. Its message is all that a person needs.
"""

from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_runs.errors import AgentRunsError


class RefusedStart:
    """ASGI middleware around all others; it acts only on the lifespan."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, but put our own message on a failed start if there is one."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_plainly(message: Message) -> None:
            why = getattr(scope["app"].state, "refusal", None)
            if message["type"] == "lifespan.startup.failed" and why is not None:
                message = {**message, "message": why}
            await send(message)

        await self._app(scope, receive, send_plainly)


class NotedRefusal(AbstractAsyncContextManager[None]):
    """Notes on the application why its lifespan failed to start."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __aexit__(self, _kind: object, exc: BaseException | None, _at: object) -> None:
        if isinstance(exc, AgentRunsError):
            self._app.state.refusal = exc.message
