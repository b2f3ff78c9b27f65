"""Insight into a run over HTTP."""

import httpx
import pytest
from fastapi import FastAPI
from store_samples import NOW, entry, new_run

from agent_runs.store.runs import logs, runs

pytestmark = pytest.mark.anyio


async def test_the_insight_is_found_in_all_entries_of_a_long_run(
    app: FastAPI, http: httpx.AsyncClient
) -> None:
    database = app.state.server.database
    run = await new_run(database, status="ERROR", error="The agent gave up.", finished_at=NOW)
    steps = [
        entry("fine", tool_name="bash", tool_input={"command": f"make {at}"}) for at in range(600)
    ]
    failure = entry(
        "=== 2 failed, 1 passed in 0.10s ===",
        tool_name="bash",
        tool_input={"command": "pytest"},
        tool_output={"status": "failed", "exit_code": 1},
    )
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [*steps, failure])
        await logs.append(
            transaction, run.id, None, [entry("The agent gave up.", message_type="ERROR")]
        )
    answer = await http.get(f"/agent_runs/{run.id}/insight")
    assert answer.status_code == 200
    insight = answer.json()
    assert (insight["steps"], insight["tool_calls"], insight["failed_calls"]) == (602, 601, 1)
    assert insight["outcome"] == "Failed: The agent gave up."
    assert (insight["last_error"]["seq"], insight["last_cause"]["seq"]) == (601, 600)
    assert insight["tests"][0]["seq"] == 600
    assert (insight["tests"][0]["failed"], insight["commands_total"]) == (2, 601)


async def test_a_run_that_is_not_there_has_no_insight(http: httpx.AsyncClient) -> None:
    answer = await http.get("/agent_runs/77/insight")
    assert (answer.status_code, answer.json()["error"]) == (404, "RunNotFound")


async def test_a_secret_in_a_command_is_not_in_the_insight(
    app: FastAPI, http: httpx.AsyncClient
) -> None:
    server = app.state.server
    server.redact.learn(["canary-4711-of-a-command"])
    run = await new_run(server.database)
    async with server.database.begin() as transaction:
        step = entry("", tool_name="bash", tool_input={"command": "echo canary-4711-of-a-command"})
        await logs.append(transaction, run.id, None, [step])
    assert "canary-4711" not in (await http.get(f"/agent_runs/{run.id}/insight")).text
    assert (await runs.get(server.database, run.id)).log_count == 1
