"""Lists of runs on both engines, against a plain model."""

from datetime import datetime, timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_samples import NOW, new_run

from agent_runs.filters import RunFilter
from agent_runs.models import JSON, TERMINAL_STATUSES, AgentRun, AgentRunStatus
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import runs, turns
from tests.length import examples

pytestmark = pytest.mark.anyio

SHARED = settings(max_examples=examples(40))
STATUSES = [status.value for status in AgentRunStatus]
# Words that are wildcards, or that change their case in their own way.
TITLES = ["Fix login", "100% done", "snake_case", "Straße in ÄRGER", "hi!", ""]


async def fill(database: Database) -> None:
    """Forty runs of all kinds, made once per database."""
    for at in range(40):
        async with database.begin() as transaction:
            run = await runs.insert(
                transaction,
                prompt=f"prompt {at % 7}",
                title=TITLES[at % len(TITLES)] or None,
                created_at=NOW + timedelta(minutes=at % 11),
                agent=["claude", "codex", None][at % 3],
                repo_id=[None, 1, 2][at % 3],
                source_type=["API", "LOCAL"][at % 2],
                organization_id=1 + at % 2,
                user_id=[1, 2][at % 2],
            )
            await turns.finish(
                transaction, run.id, 1, status="COMPLETE", result=f"ANSWER{at % 5} ok"
            )
            await runs.change(
                transaction,
                run,
                status=STATUSES[at % 4],
                result=f"ANSWER{at % 5} ok",
                archived_at=NOW if at % 5 == 0 else None,
            )


def fits(run: AgentRun, wanted: RunFilter) -> bool:
    text = f"{run.title}\n{run.prompt}\n{run.result}".casefold()
    return (
        (wanted.organization_id in {None, run.organization_id})
        and (not wanted.status or run.status in wanted.status)
        and wanted.agent in {None, run.agent}
        and wanted.source_type in {None, run.source_type}
        and wanted.repo_id in {None, run.repo_id}
        and wanted.user_id in {None, run.user_id}
        and (wanted.archived is None or wanted.archived == (run.archived_at is not None))
        and (wanted.since is None or run.created_at >= wanted.since)
        and (wanted.until is None or run.created_at < wanted.until)
        and all(word.casefold() in text for word in (wanted.text or "").split())
    )


def sometimes(*values: object) -> st.SearchStrategy[object]:
    return st.sampled_from([None, None, None, *values])


_MOMENTS: list[datetime | None] = [None, None, NOW, NOW + timedelta(minutes=5)]
_FILTERS = st.builds(
    RunFilter,
    organization_id=sometimes(1, 2, 3),
    status=st.sets(st.sampled_from(STATUSES[:5]), max_size=3).map(tuple),
    agent=sometimes("claude", "codex"),
    source_type=sometimes("API"),
    repo_id=sometimes(1),
    user_id=sometimes(1),
    text=sometimes(
        "fix", "LOGIN Prompt", "0%", "%", "_", "e_c", "strasse", "ärger", "!", "answer3", ""
    ),
    since=st.sampled_from(_MOMENTS),
    until=st.sampled_from(_MOMENTS),
    archived=st.sampled_from([False, True, None]),
)


@pytest.mark.soak
@SHARED
@given(wanted=_FILTERS, skip=st.integers(0, 30), limit=st.integers(1, 40))
async def test_a_page_is_what_a_plain_list_would_give(
    database: Database, wanted: RunFilter, skip: int, limit: int
) -> None:
    if await runs.latest(database) is None:
        await fill(database)
    every = [await runs.get(database, run_id) for run_id in range(1, 41)]
    every.sort(key=lambda run: (run.created_at, run.id), reverse=True)
    fitting = [run.id for run in every if fits(run, wanted)]
    items, total = await runs.page(database, wanted, skip=skip, limit=limit)
    assert total == len(fitting)
    assert [orjson.loads(item)["id"] for item in items] == fitting[skip : skip + limit]


async def test_items_of_a_list_have_their_page_in_the_dashboard(database_url: str) -> None:
    async with Database.open(database_url, web_url="https://runs.example/") as database:
        run = await new_run(database)
        (item,), _ = await runs.page(database, RunFilter(), skip=0, limit=1)
        assert orjson.loads(item)["web_url"] == f"https://runs.example/runs/{run.id}"
        assert AgentRun.model_validate_json(item) == run


_OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["insert", "status", "archive", "restore", "fail"]),
        st.integers(0, 9),
        st.sampled_from(STATUSES),
    ),
    max_size=12,
)


@pytest.mark.soak
@SHARED
@given(operations=_OPERATIONS)
async def test_kept_totals_are_what_a_count_would_say(
    database: Database, operations: list[tuple[str, int, str]]
) -> None:
    for name, number, status in operations:
        try:
            async with database.begin() as transaction:
                latest = await runs.latest(transaction)
                if name == "insert" or latest is None:
                    await runs.insert(
                        transaction, prompt="p", status=status, organization_id=number % 2
                    )
                    continue
                run = await runs.lock(transaction, max(1, latest.id - number))
                archived_at = NOW if name == "archive" else None
                changes: dict[str, JSON] = (
                    {"status": status} if name == "status" else {"archived_at": archived_at}
                )
                await runs.change(transaction, run, **changes)
                if name == "fail":
                    raise InterruptedError
        except InterruptedError:
            continue
    recount = await database.read(
        "select organization_id, status, case when archived_at is null then 0 else 1 end, count(*)"
        " from run group by 1, 2, 3 order by 1, 2, 3"
    )
    totals = await database.read(
        "select organization_id, status, archived, total from run_total where total <> 0"
        " order by 1, 2, 3"
    )
    assert sorted(totals) == sorted(recount)
    counts = await runs.counts(database)
    assert counts.archived == sum(row[3] for row in recount if row[2])
    assert sum(counts.by_status.values()) == sum(row[3] for row in recount if not row[2])


async def test_counts_can_be_of_one_organization(database: Database) -> None:
    await new_run(database, organization_id=1)
    await new_run(database, organization_id=2)
    assert await runs.counts(database, 2) == ({"PENDING": 1}, 0)
    assert await runs.counts(database, 3) == ({}, 0)


def test_every_status_is_finished_or_can_be_found_as_unfinished() -> None:
    unfinished = {"PENDING", "ACTIVE", "EVALUATION", "PAUSED"}
    assert set(STATUSES) - TERMINAL_STATUSES == unfinished
