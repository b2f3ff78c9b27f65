"""Runs on both engines."""

import orjson
import pytest
from store_samples import NOW, add_entries, new_run

from agent_runs.errors import Conflict, LostFence, RunNotFound
from agent_runs.models import JSON, AgentRun, AgentRunStatus
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import events, runs, turns

pytestmark = pytest.mark.anyio

LONG = "wörd " * 1000


async def test_a_new_run_is_pending_and_has_its_first_turn(database: Database) -> None:
    run = await new_run(
        database, prompt=LONG, images=("data:image/png;base64,AA==",), agent="claude", model="m"
    )
    assert run.status == AgentRunStatus.PENDING
    assert run.web_url == f"http://localhost:3000/runs/{run.id}"
    whole = await runs.get(database, run.id)
    assert whole.prompt == LONG
    assert whole.model_copy(update={"prompt": ""}) == run.model_copy(update={"prompt": ""})
    turn = await turns.get(database, run.id, 1)
    assert (turn.prompt, turn.model) == (LONG, "m")
    assert turn.images == ("data:image/png;base64,AA==",)
    text = await runs.text(database, run.id)
    assert AgentRun.model_validate_json(text) == whole
    # Only what an agent reported is told of what it spent.
    assert orjson.loads(text) == orjson.loads(whole.model_dump_json()) | {"spent": {}}


async def test_ids_are_given_in_order_and_never_again(database: Database) -> None:
    first = await new_run(database)

    async def change_our_mind() -> None:
        async with database.begin() as transaction:
            await runs.insert(transaction, prompt="gone")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await change_our_mind()
    second = await new_run(database)
    assert second.id > first.id
    latest = await runs.latest(database)
    assert latest is not None
    assert latest.id == second.id


async def test_an_unknown_run_is_said_to_be_unknown(database: Database) -> None:
    assert await runs.latest(database) is None
    for read in (runs.get, runs.text, runs.private):
        with pytest.raises(RunNotFound):
            await read(database, 7)
    async with database.begin() as transaction:
        for write in (runs.lock, runs.advance_fence, runs.change_private):
            with pytest.raises(RunNotFound):
                await write(transaction, 7)


async def test_unknown_fields_of_a_newer_official_api_are_kept(database: Database) -> None:
    run = await new_run(database, cost_center="x")
    assert (await runs.get(database, run.id))["cost_center"] == "x"


async def test_a_change_is_stored_told_and_leaves_the_rest_alone(database: Database) -> None:
    run = await new_run(database, title="first", metadata={"a": 1})
    await add_entries(database, run.id, 3)
    async with database.begin() as transaction:
        # `run` is old by now: it says log_count 0.
        changed = await runs.change(transaction, run, activity="reading", usage={"tokens": 5})
    assert changed.log_count == 3
    assert (changed.activity, changed.usage, changed.title) == ("reading", {"tokens": 5}, "first")
    assert await runs.get(database, run.id) == changed
    event = (await events.after(database, 0, 100))[-1]
    assert event.kind == "run.updated"
    assert AgentRun.model_validate_json(event.text) == changed


async def test_a_run_that_ends_is_told_once_as_finished(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        await turns.finish(transaction, run.id, 1, status="COMPLETE", result=LONG)
        ended = await runs.change(transaction, run, status="COMPLETE", result=LONG)
        await runs.change(transaction, run, archived_at=NOW)
    assert ended.finished_at is not None
    assert len(ended.result or "") == 1000
    assert (await runs.get(database, run.id)).result == LONG
    kinds = [event.kind for event in await events.after(database, 0, 100)]
    assert kinds == ["run.created", "run.finished", "run.updated"]


async def test_a_run_that_kept_its_old_end_can_end_again(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        ended = await runs.change(transaction, run, status="COMPLETE")
        await runs.change(transaction, ended, status="PENDING")
    async with database.begin() as transaction:
        await runs.claim(transaction, run.id, "worker")
        again = await runs.change(transaction, run, status="ERROR")
    assert (again.finished_at, again.worked_ms) == (ended.finished_at, 0)


async def test_a_misspelled_field_is_refused(database: Database) -> None:
    run = await new_run(database)
    misspelled: dict[str, JSON] = {"activty": "x"}
    private: dict[str, JSON] = {"fence ": 1}
    async with database.begin() as transaction:
        with pytest.raises(TypeError, match="activty"):
            await runs.change(transaction, run, **misspelled)
        with pytest.raises(TypeError, match="fence"):
            await runs.change_private(transaction, run.id, **private)


async def test_only_one_worker_gets_a_run(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        claimed, fence = await runs.claim(transaction, run.id, "one")
    assert (claimed.status, fence) == (AgentRunStatus.ACTIVE, 1)
    assert claimed.started_at is not None
    assert (await turns.get(database, run.id, 1)).started_at is not None
    with pytest.raises(Conflict):
        async with database.begin() as transaction:
            await runs.claim(transaction, run.id, "two")
    assert (await runs.private(database, run.id)).worker == "one"


async def test_an_old_fence_changes_nothing(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        _, old = await runs.claim(transaction, run.id, "one")
        await runs.advance_fence(transaction, run.id)
    with pytest.raises(LostFence):
        async with database.begin() as transaction:
            await runs.change(transaction, run, fence=old, title="x")
    with pytest.raises(LostFence):
        async with database.begin() as transaction:
            await runs.change_private(transaction, run.id, fence=old, session_id="x")
    assert (await runs.get(database, run.id)).title is None


async def test_what_a_worker_keeps_is_not_served(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        await runs.change_private(transaction, run.id, session_id="secret", worker="one")
    private = await runs.private(database, run.id)
    assert private == runs.RunPrivate("secret", "one", 0)
    assert "secret" not in await runs.text(database, run.id)


async def test_unfinished_runs_are_found_with_their_worker(database: Database) -> None:
    ids = [(await new_run(database)).id for _ in range(4)]
    async with database.begin() as transaction:
        await runs.claim(transaction, ids[1], "one")
        paused, _ = await runs.claim(transaction, ids[2], "two")
        await runs.change(transaction, paused, status="PAUSED")
        await runs.change(transaction, await runs.lock(transaction, ids[3]), status="ERROR")
    unfinished = [(run.id, worker) for run, worker in await runs.unfinished(database)]
    assert unfinished == [(ids[0], None), (ids[1], "one"), (ids[2], "two")]
    assert [run.id for run, _ in await runs.unfinished(database, "two")] == [ids[2]]


async def test_a_mirrored_run_is_kept_once_per_organization(database: Database) -> None:
    await new_run(database, upstream_id="u1", organization_id=5)
    await new_run(database, upstream_id="u1", organization_id=6)
    with pytest.raises(Conflict):
        await new_run(database, upstream_id="u1", organization_id=5)


async def test_a_transaction_reads_its_own_changes(database: Database) -> None:
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="p")
        assert (await runs.get(transaction, run.id)).id == run.id
        if database.dialect == "sqlite":
            with pytest.raises(RunNotFound):
                await runs.get(database, run.id)
