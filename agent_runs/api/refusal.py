"""A start that is refused says why in one sentence, without a traceback.

Starlette hands uvicorn the traceback of whatever a lifespan raises. An `AgentRunsError` is no
mistake of the program: another server works in the folder, the database cannot be reached, a file
of the user's is wrong. Its message is all that a person needs.
"""

from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_runs.errors import AgentRunsError


class RefusedStart:
    """ASGI middleware around everything else; it acts on the lifespan only."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, but a failed start in our own words where there are some."""
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
    """Notes on the application why its lifespan could not begin."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    async def __aexit__(self, _kind: object, exc: BaseException | None, _at: object) -> None:
        if isinstance(exc, AgentRunsError):
            self._app.state.refusal = exc.message
