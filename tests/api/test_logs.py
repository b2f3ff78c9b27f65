"""Entries of a run over HTTP: pages, filters, counts."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from agent_runs.models import NewLog
from agent_runs.store.runs import logs, runs

pytestmark = pytest.mark.anyio

Filled = Callable[[int], Awaitable[int]]


@pytest.fixture
def filled(app: FastAPI) -> Filled:
    """Makes a run with so many entries, written straight to the store."""

    async def make(entries: int) -> int:
        async with app.state.server.database.begin() as transaction:
            run = await runs.insert(transaction, prompt="x" * 1500, agent="scripted")
            await logs.append(
                transaction,
                run.id,
                None,
                [
                    NewLog(
                        created_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
                        message_type="ACTION" if n % 2 else "PLAN_EVALUATION",
                        tool_name="bash" if n % 2 else None,
                        thought=f"Gedanke über {n}",
                        tool_output={"status": "failed" if n == 3 else "completed"},
                    )
                    for n in range(entries)
                ],
            )
        return run.id

    return make


async def test_a_page_of_entries_comes_with_its_run_in_the_official_shape(
    http: httpx.AsyncClient, filled: Filled
) -> None:
    run_id = await filled(5)
    body = (await http.get(f"/agent_runs/{run_id}/logs?skip=2&limit=2")).json()
    run = (await http.get(f"/agent_runs/{run_id}")).json()
    assert {key: body[key] for key in run} == run
    assert len(run["prompt"]) == 1500
    assert [log["seq"] for log in body["logs"]] == [2, 3]
    assert (body["total_logs"], body["page"], body["size"], body["pages"]) == (5, 2, 2, 3)
    assert body["logs"][1] == {
        "agent_run_id": run_id,
        "created_at": "2026-01-01T12:00:00Z",
        "message_type": "ACTION",
        "turn": 1,
        "thought": "Gedanke über 3",
        "tool_name": "bash",
        "tool_input": None,
        "tool_output": {"status": "failed"},
        "observation": None,
        "duration_ms": None,
        "seq": 3,
        "failed": True,
    }


async def test_a_page_is_the_same_bytes_on_every_way(
    http: httpx.AsyncClient, filled: Filled
) -> None:
    run_id = await filled(30)
    native = await http.get(f"/agent_runs/{run_id}/logs?skip=10&limit=10")
    for path in (
        f"/agent_runs/{run_id}/logs?skip=10&limit=10&reverse=false",
        f"/v1/organizations/1/agent/run/{run_id}/logs?limit=10&skip=10",
        f"/v1/alpha/organizations/1/agent/run/{run_id}/logs?limit=10&skip=10",
        f"/v1/alpha/organizations/1/agent/run/{run_id}/logs?page=2&size=10",
    ):
        assert (await http.get(path)).content == native.content, path


async def test_entries_are_listed_backwards_and_by_kind_tool_and_failure(
    http: httpx.AsyncClient, filled: Filled
) -> None:
    run_id = await filled(6)
    for query, expected in (
        ("reverse=true&limit=2", [5, 4]),
        ("message_type=ACTION", [1, 3, 5]),
        ("message_type=ACTION&message_type=PLAN_EVALUATION&limit=3", [0, 1, 2]),
        ("tool_name=bash&skip=1", [3, 5]),
        ("failed=true", [3]),
        ("turn=2", []),
        ("skip=100", []),
    ):
        body = (await http.get(f"/agent_runs/{run_id}/logs?{query}")).json()
        assert [log["seq"] for log in body["logs"]] == expected, query
    assert (await http.get(f"/agent_runs/{run_id}/logs/counts")).json() == {
        "message_type": {"ACTION": 3, "PLAN_EVALUATION": 3},
        "tool_name": {"bash": 3},
        "failed": 1,
    }


async def test_a_run_without_entries_has_an_empty_page(
    http: httpx.AsyncClient, filled: Filled
) -> None:
    run_id = await filled(0)
    body = (await http.get(f"/agent_runs/{run_id}/logs")).json()
    assert (body["logs"], body["total_logs"], body["pages"]) == ([], 0, 0)


async def test_a_text_or_pattern_is_found_in_a_run_with_its_neighbours(
    http: httpx.AsyncClient, filled: Filled
) -> None:
    run_id = await filled(9)
    path = f"/agent_runs/{run_id}/logs/search"
    assert (await http.get(path, params={"q": "ÜBER 4"})).json() == {
        "total": 1,
        "seqs": [4],
        "around": [[4, 4]],
    }
    params = {"q": "über [1-5]$", "regex": True, "tool_name": "bash", "context": 1}
    assert (await http.get(path, params=params)).json() == {
        "total": 3,
        "seqs": [1, 3, 5],
        "around": [[0, 6]],
    }


async def test_a_pattern_that_is_none_is_a_mistake_with_its_place(
    http: httpx.AsyncClient, filled: Filled
) -> None:
    run_id = await filled(1)
    params = {"q": "über (", "regex": True}
    answer = await http.get(f"/agent_runs/{run_id}/logs/search", params=params)
    assert (answer.status_code, answer.json()["position"]) == (422, 6)
    assert "cannot be read" in answer.json()["message"]
