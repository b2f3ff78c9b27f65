"""JSON: one object, for programs that read whole files."""

from collections.abc import AsyncIterator

import orjson

from agent_runs.exports.reader import ExportedRun

_OPTIONS = orjson.OPT_UTC_Z


async def write_one(run: ExportedRun) -> AsyncIterator[bytes]:
    """Yield a run: `{"run", "turns", "permissions", "diff", "logs"}`."""
    turns = orjson.dumps([turn.model_dump() for turn in run.turns], option=_OPTIONS)
    questions = orjson.dumps([item.model_dump() for item in run.permissions], option=_OPTIONS)
    yield b'{"run":%b,"turns":%b,"permissions":%b,"diff":%b,"logs":[' % (
        run.text.encode(),
        turns,
        questions,
        orjson.dumps(run.diff),
    )
    first_comma = len(b",")
    async for part, _ in run.joined(b",{"):
        yield part[first_comma:]
        first_comma = 0
    yield b"]}"


async def write(runs: AsyncIterator[ExportedRun]) -> AsyncIterator[bytes]:
    """Yield `{"runs": [...]}`, each as `write_one` writes it."""
    yield b'{"runs":['
    comma = b""
    async for run in runs:
        yield comma
        comma = b",\n"
        async for part in write_one(run):
            yield part
    yield b"]}\n"
