"""Bare Starlette that returns bytes from memory: the best that one worker can do.

`python -m bench.static_server PORT FILE` serves the file's bytes as JSON at every path.
"""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def main() -> None:
    """Serve until the process is ended."""
    port, body = int(sys.argv[1]), Path(sys.argv[2]).read_bytes()

    async def page(_request: Request) -> Response:
        return Response(body, media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", page)])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
