"""Analytics over HTTP."""

import csv
import io

import httpx
import pytest
from api_parts import Finish
from fastapi import FastAPI
from store_samples import NOW, entry, new_run

from agent_runs.store.runs import logs

pytestmark = pytest.mark.anyio


async def test_a_real_run_is_counted_as_soon_as_it_has_ended(
    http: httpx.AsyncClient, finished: Finish
) -> None:
    made = await http.post(
        "/agent_runs",
        json={"prompt": "/run exit 3\n/say done", "mode": "docs", "agent": "scripted"},
    )
    run = await finished(made.json()["id"])
    assert run.status == "COMPLETE"
    summary = (await http.get("/analytics/summary")).json()
    figures = {row["figure"]: row for row in summary["items"]}
    assert figures["runs"]["value"] == 1
    assert figures["success_rate"]["value"] == 1
    assert figures["duration_p50"]["value"] > 0
    assert figures["first_step_p50"]["value"] > 0
    tools = (await http.get("/analytics/tools?agent=scripted&mode=docs")).json()["items"]
    assert sum(row["calls"] for row in tools) == 1
    behind = (await http.get(figures["runs"]["runs"])).json()
    assert [each["id"] for each in behind["items"]] == [run.id]
    assert (await http.get("/agent_runs?mode=docs")).json()["total"] == 1
    assert (await http.get("/agent_runs?mode=plan")).json()["total"] == 0


async def test_archived_runs_count_and_are_in_the_list_that_a_figure_leads_to(
    app: FastAPI, http: httpx.AsyncClient
) -> None:
    database = app.state.server.database
    await new_run(database, status="COMPLETE", created_at=NOW, archived_at=NOW)
    await new_run(database, status="COMPLETE", created_at=NOW)
    days = (await http.get("/analytics/days?days=1&last_day=2026-11-22")).json()["items"]
    assert [row["number"] for row in days] == [2]
    assert (await http.get(days[0]["runs"])).json()["total"] == 2
    for archived, total in (("true", 1), ("false", 1), ("any", 2)):
        assert (await http.get(f"/agent_runs?archived={archived}")).json()["total"] == total


async def test_a_table_as_csv_has_the_same_cells_and_runs_no_formula(
    app: FastAPI, http: httpx.AsyncClient
) -> None:
    database = app.state.server.database
    run = await new_run(database, status="ERROR", created_at=NOW)
    failed = entry("=cmd() failed", tool_name="@bash", tool_output={"status": "failed"})
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [failed])
    query = "first_day=2026-11-01&last_day=2026-11-30"
    table = (await http.get(f"/analytics/errors?{query}")).json()
    answer = await http.get(f"/analytics/errors?{query}&format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "errors-2026-11-01-2026-11-30.csv" in answer.headers["content-disposition"]
    head, row = csv.reader(io.StringIO(answer.text))
    assert head == [column["name"] for column in table["columns"]]
    assert row == ["'=cmd() failed", "1", "1", "2026-11-22", table["items"][0]["runs"]]
    assert (await http.get(table["items"][0]["runs"])).json()["total"] == 1
    (tool,) = (await http.get(f"/analytics/tools?{query}")).json()["items"]
    assert (await http.get(tool["failed_runs"])).json()["total"] == 1


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("first_day=2026-11-30&last_day=2026-11-01", "first_day"),
        ("first_day=2001-01-01&last_day=2026-11-01", "1,100"),
        ("last_day=9999-12-31", "last_day"),
        ("last_day=1200-01-01", "last_day"),
        ("days=0", "days"),
        ("days=5000", "days"),
        ("last_day=yesterday", "last_day"),
        ("agent=%00", "agent"),
    ],
)
async def test_a_period_that_cannot_be_is_explained(
    http: httpx.AsyncClient, query: str, word: str
) -> None:
    answer = await http.get(f"/analytics/days?{query}")
    assert answer.status_code == 422
    assert word in answer.text


async def test_a_table_that_is_not_there_is_named(http: httpx.AsyncClient) -> None:
    answer = await http.get("/analytics/everything")
    assert answer.status_code == 422
    assert "summary" in answer.text
