"""Small runs and entries for the tests of the store and the bus."""

from datetime import UTC, datetime

from agent_runs.models import JSON, AgentRun, NewLog
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, runs

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def entry(observation: JSON, **fields: JSON) -> NewLog:
    defaults: dict[str, JSON] = {
        "created_at": NOW,
        "message_type": "ACTION",
        "observation": observation,
    }
    return NewLog(**defaults | fields)


async def new_run(database: Database, **fields: JSON) -> AgentRun:
    defaults: dict[str, JSON] = {"prompt": "hello"}
    async with database.begin() as transaction:
        return await runs.insert(transaction, **defaults | fields)


async def add_entries(database: Database, run_id: int, number: int = 1) -> None:
    async with database.begin() as transaction:
        await logs.append(transaction, run_id, None, [entry(f"line {at}") for at in range(number)])
