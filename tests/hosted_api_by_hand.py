"""`make twin`: run the twin of the hosted API by hand, to develop against.

    make twin ARGS="--runs 8000 --latency 0.3 --limits"
    curl -X POST localhost:8900/twin/faults -d '{"status": 503, "times": 5}'
    curl -X DELETE localhost:8900/twin/faults

Faults are the fields of `Fault` in hosted_api_faults.py, except `change`.
"""

import argparse
import sys
from dataclasses import asdict, fields
from datetime import timedelta
from functools import partial
from itertools import cycle

import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.hosted_api import ORG, TOKEN, Fault, HostedApi
from tests.hosted_api_life import START, RealClock, endless_life, working_life
from tests.hosted_api_limits import Limits
from tests.hosted_api_serving import config_of

_ENDS = ("COMPLETE", "COMPLETE", "ERROR", "COMPLETE", "CANCELLED", "COMPLETE", "TIMEOUT")
_SOURCES = ("API", "SLACK", "GITHUB", "LINEAR", "CHAT")


def add_history(api: HostedApi, runs: int, active: int) -> None:
    """Add runs that ended in the days before, then some that work without end."""
    ends, sources = cycle(_ENDS), cycle(_SOURCES)
    for number in range(runs):
        status = next(ends)
        then = START + timedelta(
            seconds=api.clock.now() + api.clock.skew_seconds, minutes=7 * (number - runs)
        )
        result = f"Finished task {number}" if status == "COMPLETE" else None
        run_id = api.add_run(
            status,
            created_at=then.strftime("%Y-%m-%d %H:%M:%S.%f"),
            source_type=next(sources),
            result=result,
            summary=f"Task {number}",
        )
        for step in working_life(f"Task {number}"):
            if step.entry:
                api.add_log(run_id, **step.entry)
    life, api.life = api.life, endless_life
    for number in range(active):
        api.start_turn(api.add_run(summary=f"Long task {number}"), f"Long task {number}")
    api.life = life


def switchable(api: HostedApi) -> ASGIApp:
    """The twin with `/twin/faults` beside it, to see, add and remove faults."""
    names = {each.name for each in fields(Fault)} - {"change"}
    twin = api.app()

    async def faults(request: Request) -> Response:
        if request.method == "DELETE":
            api.faults.clear()
        if request.method == "POST":
            wanted = await request.json()
            if unknown := set(wanted) - names:
                return JSONResponse({"unknown": sorted(unknown), "known": sorted(names)}, 422)
            api.faults.append(Fault(**wanted))
        shown = [asdict(fault) | {"change": None} for fault in api.faults if fault]
        return JSONResponse({"faults": shown, "requests": len(api.requests)})

    control = Route("/twin/faults", faults, methods=["GET", "POST", "DELETE"])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["path"] == "/twin/faults"
        await (control.app if ours else twin)(scope, receive, send)

    return app


def main() -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser("make twin", description="A twin of the hosted Codegen API.")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--runs", type=int, default=120, help="runs that ended before")
    parser.add_argument("--active", type=int, default=3, help="runs that work without end")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--limits", action="store_true", help="enforce the documented rate limits")
    parser.add_argument("--step", type=float, default=2.0, help="seconds between steps of a run")
    parser.add_argument("--allotment", type=int, help="runs that the plan still allows")
    options = parser.parse_args()
    clock = RealClock()
    api = HostedApi(
        clock=clock,
        life=partial(working_life, every_seconds=options.step),
        limits=Limits(clock.now) if options.limits else None,
        allotment=options.allotment,
        latency_seconds=options.latency,
    )
    add_history(api, options.runs, options.active)
    config = config_of(switchable(api), options.port)
    listening = config.bind_socket()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    sys.stdout.write(
        f"The twin listens on {url} (Ctrl-C ends it). Use it with\n"
        f"  CODEGEN_BASE_URL={url} CODEGEN_API_TOKEN={TOKEN} CODEGEN_ORG_ID={ORG}\n"
    )
    sys.stdout.flush()
    uvicorn.Server(config).run(sockets=[listening])
    return 0


if __name__ == "__main__":
    sys.exit(main())
