"""Log entries on both engines."""

from collections.abc import Generator

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import NOW, entry, new_run

from agent_runs.errors import LostFence, RunNotFound
from agent_runs.filters import LogFilter
from agent_runs.models import AgentRunLog, NewLog
from agent_runs.store.engine.database import Database
from agent_runs.store.figures import tallies
from agent_runs.store.runs import events, logs, runs
from tests.length import examples

pytestmark = pytest.mark.anyio

SHARED = settings(max_examples=examples(40))


async def test_entries_are_numbered_densely_from_zero(database: Database) -> None:
    async with database.begin() as transaction:
        run = await runs.insert(transaction, prompt="hello")
        first = await logs.append(transaction, run.id, None, [entry("a"), entry("b")])
        second = await logs.append(transaction, run.id, None, [entry("c")])
    assert (first, second) == ((0, 2), (2, 3))
    stored = await logs.read(database, run.id, limit=10)
    assert [(log.seq, log.observation) for log in stored] == [(0, "a"), (1, "b"), (2, "c")]
    assert await logs.read(database, run.id, after_seq=0, limit=1) == [stored[1]]


async def test_an_entry_is_served_as_it_was_given_with_official_fields(database: Database) -> None:
    run = await new_run(database)
    given_entry = entry(
        {"text": "ü"},
        thought="hm",
        tool_name="bash",
        tool_input={"command": "ls"},
        tool_output={"status": "completed", "n": [1, 2.5, None, True]},
        duration_ms=12,
        turn=2,
    )
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [given_entry])
    (text,), _ = await logs.page(database, run.id, skip=0, limit=1)
    assert orjson.loads(text) == {
        "agent_run_id": run.id,
        "created_at": "2026-11-22T12:00:00Z",
        "message_type": "ACTION",
        "thought": "hm",
        "tool_name": "bash",
        "tool_input": {"command": "ls"},
        "tool_output": {"status": "completed", "n": [1, 2.5, None, True]},
        "observation": {"text": "ü"},
        "seq": 0,
        "turn": 2,
        "duration_ms": 12,
        "failed": False,
    }
    assert (
        AgentRunLog.model_validate_json(text).model_dump(exclude={"agent_run_id", "seq", "failed"})
        == given_entry.model_dump()
    )


async def test_the_run_counts_its_entries_and_subscribers_hear_of_them(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [entry("a"), entry("b")])
    changed = await runs.get(database, run.id)
    assert changed.log_count == 2
    assert changed.updated_at is not None
    assert run.updated_at is not None
    assert changed.updated_at >= run.updated_at
    newest = (await events.after(database, 0, 10))[-1]
    assert (newest.kind, newest.run_id) == ("logs.appended", run.id)
    assert orjson.loads(newest.text) == {
        "agent_run_id": run.id,
        "first_seq": 0,
        "log_count": 2,
    }


async def test_a_worker_that_was_taken_over_cannot_write(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        _, fence = await runs.claim(transaction, run.id, "old")
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, fence, [entry("mine")])
        await runs.advance_fence(transaction, run.id)
    with pytest.raises(LostFence):
        async with database.begin() as transaction:
            await logs.append(transaction, run.id, fence, [entry("too late")])
    _, total = await logs.page(database, run.id, skip=0, limit=10)
    assert total == 1


async def test_entries_of_an_unknown_run_are_refused(database: Database) -> None:
    with pytest.raises(RunNotFound):
        async with database.begin() as transaction:
            await logs.append(transaction, 99, None, [entry("a")])
    with pytest.raises(RunNotFound):
        await logs.page(database, 99, skip=0, limit=10)
    with pytest.raises(RunNotFound):
        await logs.counts(database, 99)


async def test_no_entries_change_nothing(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        assert await logs.append(transaction, run.id, None, []) == (0, 0)
    assert (await runs.get(database, run.id)).updated_at == run.updated_at


_deep: list[object] = []
for _ in range(400):
    _deep = [_deep]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("ends\0here\0", "endshere"),
        ("\\u0000 as text", "\\u0000 as text"),
        ({"k": "lone \ud83d and \udc00"}, {"k": "lone \ufffd and \ufffd"}),
        ({"pair": "\ud83d\ude00", "bad\ud800key": 1}, {"pair": "😀", "bad\ufffdkey": 1}),
        ({"big": 2**70, "small": -(2**63)}, {"big": str(2**70), "small": -(2**63)}),
        ({"nan": float("nan")}, {"nan": None}),
        ({"not json": {1}}, {"not json": "{1}"}),
        ("مرحبا 日本語 \u2028 🇺🇳 e\u0301", "مرحبا 日本語 \u2028 🇺🇳 e\u0301"),
    ],
)
async def test_whatever_an_agent_sends_is_kept(
    database: Database, sent: object, kept: object
) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [entry(None, tool_output={"o": sent})])
    (stored,) = await logs.read(database, run.id, limit=1)
    assert stored.tool_output == {"o": kept}


async def test_nesting_without_end_is_cut(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [entry(None, tool_output={"o": _deep})])
    (text,), _ = await logs.page(database, run.id, skip=0, limit=1)
    assert "…" in text


async def test_long_names_of_tools_are_kept_and_found(database: Database) -> None:
    run = await new_run(database)
    name = "tool " * 5000
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [entry("a", tool_name=name), entry("b")])
    items, total = await logs.page(
        database, run.id, skip=0, limit=5, filter=LogFilter(tool_name=(name,))
    )
    assert total == 1
    assert orjson.loads(items[0])["tool_name"] == name


async def test_known_secrets_are_taken_out_before_anything_is_stored(database_url: str) -> None:
    def redact(text: str) -> str:
        return text.replace("hunter2", "[redacted]")

    async with Database.open(database_url, redact=redact) as database:
        async with database.begin() as transaction:
            run = await runs.insert(transaction, prompt="use hunter2", title="hunter2")
            await logs.append(transaction, run.id, None, [entry("key hunter2", tool_name="x")])
            await runs.change(
                transaction, run, error="hunter2 failed", result="é" * 995 + "hunter2"
            )
        (log,) = await logs.read(database, run.id, limit=1)
        assert log.observation == "key [redacted]"
        for table in ("run", "turn", "log", "event"):
            assert "hunter2" not in str(await database.read(f"select * from {table}"))


async def test_counts_say_how_many_entries_each_filter_finds(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [*_mixed(30)])
    counts = await logs.counts(database, run.id)
    for kind, number in counts.message_type.items():
        _, total = await logs.page(
            database, run.id, skip=0, limit=1, filter=LogFilter(message_type=(kind,))
        )
        assert total == number
    for tool, number in counts.tool_name.items():
        _, total = await logs.page(
            database, run.id, skip=0, limit=1, filter=LogFilter(tool_name=(tool,))
        )
        assert total == number
    _, total = await logs.page(database, run.id, skip=0, limit=1, filter=LogFilter(failed=True))
    assert total == counts.failed
    assert sum(counts.message_type.values()) == 30


_FILTERS = st.builds(
    LogFilter,
    message_type=st.sets(st.sampled_from(["ACTION", "ERROR", "NONE"])).map(tuple),
    tool_name=st.sets(st.sampled_from(["bash", "edit", "none"])).map(tuple),
    turn=st.none() | st.integers(1, 3),
    failed=st.booleans(),
)


@pytest.mark.soak
@SHARED
@given(
    skip=st.integers(0, 60),
    limit=st.integers(1, 60),
    reverse=st.booleans(),
    wanted=st.just(LogFilter()) | _FILTERS,
)
async def test_a_page_is_what_a_plain_list_would_give(
    database: Database, skip: int, limit: int, reverse: bool, wanted: LogFilter
) -> None:
    if await runs.latest(database) is None:
        async with database.begin() as transaction:
            for _ in range(2):
                run = await runs.insert(transaction, prompt="p")
                await logs.append(transaction, run.id, None, [*_mixed(50)])
    run_id = 2
    items, total = await logs.page(
        database, run_id, skip=skip, limit=limit, reverse=reverse, filter=wanted
    )
    every = await logs.read(database, run_id, limit=1000)
    fitting = [log for log in every if _fits(log, wanted)]
    if reverse:
        fitting.reverse()
    assert total == len(fitting)
    assert [orjson.loads(item)["seq"] for item in items] == [
        log.seq for log in fitting[skip : skip + limit]
    ]


async def test_a_command_that_ended_badly_counts_as_failed_everywhere(database: Database) -> None:
    run = await new_run(database)
    outputs = [{"status": "completed", "exit_code": code} for code in (0, 1, -9)]
    async with database.begin() as transaction:
        calls = [entry("x", tool_name="bash", tool_output=output) for output in outputs]
        await logs.append(transaction, run.id, None, calls)
    items, _ = await logs.page(database, run.id, skip=0, limit=10)
    assert [orjson.loads(item)["failed"] for item in items] == [False, True, True]
    assert [log.failed for log in await logs.read(database, run.id, limit=10)] == [
        False, True, True,
    ]  # fmt: skip
    failed = LogFilter(failed=True)
    texts, total = await logs.page(database, run.id, skip=0, limit=10, filter=failed)
    assert [orjson.loads(item)["seq"] for item in texts] == [1, 2]
    assert total == (await logs.counts(database, run.id)).failed == 2
    assert await tallies.read(database, run.id) == {
        ("tool", "bash"): (3, 2, 0),
        ("error", "x"): (2, 2, 0),
    }


def _fits(log: AgentRunLog, wanted: LogFilter) -> bool:
    return (
        (not wanted.message_type or log.message_type in wanted.message_type)
        and (not wanted.tool_name or log.tool_name in wanted.tool_name)
        and (wanted.turn is None or log.turn == wanted.turn)
        and (not wanted.failed or log.failed)
    )


def _mixed(number: int) -> Generator[NewLog]:
    for at in range(number):
        yield entry(
            f"line {at}",
            created_at=NOW,
            message_type=["ACTION", "ACTION", "ERROR", "FINAL_ANSWER"][at % 4],
            tool_name=[None, "bash", "edit"][at % 3],
            tool_output=[None, {"status": "failed"}, {"status": "completed"}][at % 5 % 3],
            turn=1 + at // 20,
        )
