"""Preferences and deliveries to webhooks, on both engines."""

import asyncio
from datetime import timedelta

import orjson
import pytest
from store_samples import new_run

from agent_runs.runs import claude_sessions
from agent_runs.store.engine.database import Database
from agent_runs.store.engine.payloads import now
from agent_runs.store.organization import preferences
from agent_runs.store.runs import deliveries, runs
from agent_runs.store.runs.deliveries import Outgoing

pytestmark = pytest.mark.anyio

LEASE = timedelta(seconds=60)
SECRET = "canary-of-a-webhook-2c1d"


async def plan(database: Database, url: str = "https://example.com/") -> None:
    run = await new_run(database, prompt="told")
    async with database.begin() as transaction:
        await deliveries.insert(
            transaction, run=run, url=url, event="agent_run.finished", secret=SECRET
        )


async def take(
    database: Database, *, limit: int = 10, later: timedelta | None = None
) -> list[Outgoing]:
    async with database.begin() as transaction:
        at = now() + (later or timedelta(seconds=1))
        return await deliveries.take(transaction, at, LEASE, limit=limit)


async def test_a_delivery_is_taken_by_one_and_by_another_when_the_first_is_not_heard_of(
    database: Database,
) -> None:
    await plan(database)
    (taken,) = await take(database)
    assert (taken.delivery.state, taken.secret) == ("waiting", SECRET)
    assert orjson.loads(taken.run)["prompt"] == "told"
    assert await take(database) == []
    (again,) = await take(database, later=LEASE + timedelta(seconds=5))
    assert again == taken


async def test_many_at_once_share_the_deliveries_without_taking_one_twice(
    database: Database,
) -> None:
    for number in range(9):
        await plan(database, f"https://example.com/{number}")
    batches = await asyncio.gather(*(take(database, limit=2) for _ in range(8)))
    ids = [taken.delivery.id for batch in batches for taken in batch]
    ids += [taken.delivery.id for taken in await take(database)]
    assert sorted(ids) == sorted(set(ids))
    assert len(ids) == 9


async def test_the_longest_due_comes_first_and_the_next_due_is_told(database: Database) -> None:
    assert await deliveries.next_due(database) is None
    await plan(database, "https://example.com/first")
    await plan(database, "https://example.com/second")
    (taken,) = await take(database, limit=1)
    assert taken.delivery.url.endswith("/first")
    due = await deliveries.next_due(database)
    assert due is not None
    assert due <= now()


async def test_what_is_over_holds_no_secret_and_no_message_and_is_forgotten_in_the_end(
    database: Database,
) -> None:
    for _ in range(3):
        await plan(database)
    taken = await take(database, limit=2)
    async with database.begin() as transaction:
        for each in taken:
            await deliveries.change(transaction, each.delivery, state="delivered", due_at=None)
    bodies = await database.read("select secret, body from delivery order by id")
    assert [bool(secret or body) for secret, body in bodies] == [False, False, True]
    async with database.begin() as transaction:
        await deliveries.prune(transaction, 1)
    items, total = await deliveries.page(database, run_id=None, skip=0, limit=10)
    assert (total, [each.state for each in items]) == (1, ["waiting"])
    assert SECRET not in str(items)


async def test_preferences_are_kept_per_organization_and_name(database: Database) -> None:
    assert await preferences.get(database, 1, "rules") == {}
    async with database.begin() as transaction:
        await preferences.put(transaction, 1, "rules", {"a": "b\0c"})
        await preferences.put(transaction, 2, "rules", {"a": 2})
        await preferences.put(transaction, 1, "rules", {"a": "bc"})
    assert await preferences.get(database, 1, "rules") == {"a": "bc"}
    async with database.begin() as transaction:
        await preferences.remove(transaction, 1, "rules")
    assert await preferences.get(database, 1, "rules") == {}
    assert await preferences.get(database, 2, "rules") == {"a": 2}


async def test_changes_of_one_preference_at_the_same_time_are_all_kept(
    database: Database,
) -> None:
    async def change(name: str) -> None:
        async with database.begin() as transaction:
            stored = await preferences.lock(transaction, 1, "checks")
            await preferences.put(transaction, 1, "checks", stored | {name: True})

    await asyncio.gather(*(change(f"n{number}") for number in range(8)))
    assert len(await preferences.get(database, 1, "checks")) == 8


async def test_a_known_secret_is_taken_out_of_a_preference_that_is_served(
    database_url: str,
) -> None:
    def redact(text: str) -> str:
        return text.replace(SECRET, "[redacted]")

    async with Database.open(database_url, redact=redact) as database:
        async with database.begin() as transaction:
            await preferences.put(transaction, 1, "rules", {"said": SECRET})
            await preferences.put(transaction, 1, "webhook", {"key": SECRET}, holds_secrets=True)
        assert await preferences.get(database, 1, "rules") == {"said": "[redacted]"}
        assert await preferences.get(database, 1, "webhook") == {"key": SECRET}


async def test_a_pull_request_is_found_by_its_id_among_those_that_runs_show(
    database: Database,
) -> None:
    await new_run(database)
    url = "https://forge.example/farm/fruit/pull/9"
    shown = [{"id": 5, "created_at": ""}, {"id": 4711, "created_at": "", "url": url}]
    await new_run(database, github_pull_requests=shown)
    assert await runs.find_pull_request(database, 4711) == url
    assert await runs.find_pull_request(database, 5) is None
    assert await runs.find_pull_request(database, 6) is None


async def test_a_session_that_is_reported_by_many_at_once_has_one_run(
    database: Database,
) -> None:
    opened = await asyncio.gather(
        *(claude_sessions.open_session(database, 1, "one-session") for _ in range(8))
    )
    assert len({run.id for run in opened}) == 1
