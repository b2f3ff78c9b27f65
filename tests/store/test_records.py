"""Turns, permission requests, repositories, events and leases on both engines."""

from datetime import timedelta

import orjson
import pytest
from store_samples import NOW, new_run

from agent_runs.errors import (
    Conflict,
    NotFound,
    PermissionAnswered,
    PermissionNotFound,
    RepoNotFound,
)
from agent_runs.store.engine.database import Database
from agent_runs.store.organization import repos
from agent_runs.store.runs import events, leases, permissions, turns

pytestmark = pytest.mark.anyio

OPTIONS = [
    {"optionId": "yes", "name": "Allow", "kind": "allow_once"},
    {"optionId": "no", "name": "Reject", "kind": "reject_once"},
]


async def test_turns_keep_what_was_asked_and_answered(database: Database) -> None:
    run = await new_run(database, prompt="one")
    async with database.begin() as transaction:
        await turns.start(transaction, run.id, 1)
        await turns.finish(
            transaction,
            run.id,
            1,
            status="COMPLETE",
            result="r\0",
            stop_reason="end_turn",
            finished_at=NOW,
        )
        second = await turns.insert(transaction, run.id, 2, prompt="two\ud800", model="m")
    first, *rest = await turns.list_(database, run.id)
    assert (first.status, first.result, first.stop_reason) == ("COMPLETE", "r", "end_turn")
    assert first.started_at is not None
    assert first.finished_at == NOW
    assert rest == [second]
    assert second.prompt == "two\ufffd"
    with pytest.raises(NotFound):
        await turns.get(database, run.id, 3)


async def test_a_question_is_answered_once(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        question = await permissions.insert(
            transaction, run_id=run.id, turn=1, tool_call={"title": "rm"}, options=OPTIONS
        )
    assert [option.option_id for option in question.options] == ["yes", "no"]
    assert await permissions.pending(database, run.id) == [question]
    async with database.begin() as transaction:
        answered = await permissions.answer(transaction, question.id, "yes")
    assert (answered.state, answered.option_id) == ("answered", "yes")
    assert answered.answered_at is not None
    assert await permissions.get(database, run.id, question.id) == answered
    assert await permissions.list_(database, run.id) == [answered]
    with pytest.raises(PermissionAnswered):
        async with database.begin() as transaction:
            await permissions.answer(transaction, question.id, "no")
    news = await events.after(database, 1, 10)
    assert [event.kind for event in news] == ["permission.requested", "permission.answered"]
    assert orjson.loads(news[1].text)["option_id"] == "yes"


async def test_open_questions_are_withdrawn_with_their_turn(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        made = [
            await permissions.insert(
                transaction, run_id=run.id, turn=1, tool_call={}, options=OPTIONS
            )
            for _ in range(3)
        ]
        await permissions.answer(transaction, made[0].id, "no")
    assert await permissions.oldest_pending(database, run.id) == made[1].id
    async with database.begin() as transaction:
        await permissions.withdraw(transaction, made[0].id)
        await permissions.withdraw_all(transaction, run.id)
    states = [request.state for request in await permissions.list_(database, run.id)]
    assert states == ["answered", "withdrawn", "withdrawn"]
    assert await permissions.oldest_pending(database, run.id) is None
    with pytest.raises(PermissionNotFound):
        await permissions.get(database, run.id + 1, made[0].id)
    with pytest.raises(PermissionNotFound):
        async with database.begin() as transaction:
            await permissions.withdraw(transaction, 99)


async def test_repositories_are_registered_once(database: Database) -> None:
    async with database.begin() as transaction:
        first = await repos.insert(transaction, name="a", url="/srv/a", default_branch="main")
        second = await repos.insert(transaction, name="b", url="https://x/b", full_name="x/b")
    assert (first.full_name, second.full_name) == ("a", "x/b")
    assert await repos.get(database, first.id) == first
    assert await repos.page(database, skip=1, limit=5) == ([second], 2)
    with pytest.raises(Conflict):
        async with database.begin() as transaction:
            await repos.insert(transaction, name="again", url="/srv/a")
    async with database.begin() as transaction:
        await repos.remove(transaction, first.id)
    with pytest.raises(RepoNotFound):
        await repos.get(database, first.id)
    with pytest.raises(RepoNotFound):
        async with database.begin() as transaction:
            await repos.remove(transaction, first.id)


async def test_a_worker_is_dead_when_it_was_not_seen_for_a_while(database: Database) -> None:
    async with database.begin() as transaction:
        await leases.beat(transaction, "one", NOW - timedelta(seconds=60))
        await leases.beat(transaction, "two", NOW - timedelta(seconds=60))
        await leases.beat(transaction, "two", NOW)
    since = NOW - timedelta(seconds=30)
    assert await leases.alive(database, since) == ["two"]
    assert await leases.dead(database, since) == ["one"]
    async with database.begin() as transaction:
        await leases.remove(transaction, "one")
    assert await leases.dead(database, since) == []


async def test_pruning_keeps_the_newest_events(database: Database) -> None:
    assert await events.bounds(database) == (1, 0)
    async with database.begin() as transaction:
        for at in range(10):
            transaction.outbox.add_event("run.updated", at % 2, f'{{"at":{at}}}')
    stored = await events.after(database, 0, 100)
    assert [event.text for event in stored] == [f'{{"at":{at}}}' for at in range(10)]
    assert await events.after(database, stored[2].id, 2, 1) == [stored[3], stored[5]]
    async with database.begin() as transaction:
        await events.prune(transaction, 3)
    assert await events.after(database, 0, 100) == stored[-3:]
    assert await events.bounds(database) == (stored[-3].id, stored[-1].id)
    async with database.begin() as transaction:
        await events.prune(transaction, 100)
    assert len(await events.after(database, 0, 100)) == 3
