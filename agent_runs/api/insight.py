"""What the entries of a run say about it."""

import asyncio

import orjson
from fastapi import APIRouter

from agent_runs.api.errors import documented
from agent_runs.api.parameters import RunId
from agent_runs.api.server import Running
from agent_runs.insight import Insight, InsightReader
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, runs

router = APIRouter(tags=["logs"])

_PART = 500


@router.get("/agent_runs/{id}/insight", responses=documented(404))
async def get_agent_run_insight(server: Running, run_id: RunId) -> Insight:
    """Sum up what happened in a run, from its entries; no model is asked.

    It has the outcome, the first error and its cause, repeated calls, the longest waits, changed
    files, commands, and test results, with the `seq` of each entry to link to.
    """
    return await read_insight(server.database, run_id)


async def read_insight(database: Database, run_id: int) -> Insight:
    """Return the insight into a run; its entries are read part by part.

    Raises:
        RunNotFound: there is no such run.
    """
    run = await runs.get(database, run_id)
    reader = InsightReader(run)
    skip = 0
    while True:
        texts, _ = await logs.page(database, run_id, skip=skip, limit=_PART)
        if texts:
            # In a thread: parsing a part takes longer than other requests should wait.
            await asyncio.to_thread(_feed, reader, texts)
        if len(texts) < _PART:
            return reader.insight()
        skip += _PART


def _feed(reader: InsightReader, texts: list[str]) -> None:
    for text in texts:
        reader.feed(orjson.loads(text))
