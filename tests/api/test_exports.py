"""Runs as files over HTTP: one, some, all that a filter lets through."""

import json

import httpx
import pytest
from export_samples import full_run
from fastapi import FastAPI

from agent_runs.exports.formats import FORMATS
from agent_runs.filters import ExportFormat
from agent_runs.store.runs import logs, runs
from tests.store_samples import entry, new_run

pytestmark = pytest.mark.anyio


def records(answer: httpx.Response) -> list[dict[str, object]]:
    return [json.loads(line) for line in answer.text.split("\n") if line]


@pytest.mark.parametrize("form", FORMATS)
async def test_a_run_is_a_download_in_every_format(
    http: httpx.AsyncClient, app: FastAPI, form: ExportFormat
) -> None:
    run = await full_run(app.state.server.database)
    answer = await http.get(f"/agent_runs/{run.id}/export?format={form}")
    assert answer.status_code == 200
    kind = FORMATS[form]
    assert answer.headers["content-type"].partition(";")[0] == kind.media
    expected = f'attachment; filename="agent-run-{run.id}.{kind.ending}"'
    assert answer.headers["content-disposition"] == expected
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.content


async def test_one_run_as_json_has_its_parts_beside_each_other(
    http: httpx.AsyncClient, app: FastAPI
) -> None:
    run = await full_run(app.state.server.database)
    body = (await http.get(f"/agent_runs/{run.id}/export?format=json")).json()
    assert list(body) == ["run", "turns", "permissions", "diff", "logs"]
    assert body["run"] == (await http.get(f"/agent_runs/{run.id}")).json()


async def test_an_export_has_the_runs_that_were_asked_for(
    http: httpx.AsyncClient, app: FastAPI
) -> None:
    database = app.state.server.database
    made = [await new_run(database, agent=name, status="COMPLETE") for name in "abab"]
    async with database.begin() as transaction:
        await runs.change(transaction, made[3], archived_at=made[3].created_at)

    async def ids(query: str) -> list[object]:
        answer = await http.get(f"/exports?{query}")
        return [each["id"] for each in records(answer) if each["type"] == "run"]

    first, second, third, fourth = (run.id for run in made)
    assert await ids("") == [first, second, third]
    assert await ids("agent=b") == [second]
    assert await ids("agent=b&with_archived=true") == [second, fourth]
    assert await ids("archived=true") == [fourth]
    assert await ids(f"id={fourth}&id={first}&agent=b") == [first, fourth]
    assert await ids("status=ERROR") == []


async def test_an_export_of_a_search_has_each_run_that_it_finds_once(
    http: httpx.AsyncClient, app: FastAPI
) -> None:
    database = app.state.server.database
    made = [await new_run(database, status="COMPLETE") for _ in range(3)]
    for run in (made[0], made[2]):
        async with database.begin() as transaction:
            await logs.append(transaction, run.id, None, [entry("zanzibar") for _ in range(3)])
    answer = await http.get("/exports?search=zanzibar")
    ids = [each["id"] for each in records(answer) if each["type"] == "run"]
    assert ids == [made[2].id, made[0].id]
    wrong = await http.get("/exports", params={"search": '"unbalanced'})
    assert (wrong.status_code, wrong.json()["error"]) == (422, "InvalidQuery")


async def test_a_run_that_is_not_there_is_told_before_the_file_begins(
    http: httpx.AsyncClient, app: FastAPI
) -> None:
    run = await new_run(app.state.server.database)
    for path in ("/agent_runs/4711/export", f"/exports?id={run.id}&id=4711"):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()["error"]) == (404, "RunNotFound")
    assert (await http.get("/exports?format=pdf")).status_code == 422


async def test_a_report_is_a_download_in_every_form(http: httpx.AsyncClient, app: FastAPI) -> None:
    await full_run(app.state.server.database)
    for form, media in (
        ("markdown", "text/markdown"),
        ("html", "text/html"),
        ("json", "application/json"),
    ):
        answer = await http.get(f"/reports?format={form}&first_day=2026-03-01&last_day=2026-03-02")
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] == media
        assert "attachment" in answer.headers["content-disposition"]
        assert "2026-03-01" in answer.text
        assert ("duration_p50" if form == "json" else "duration, median") in answer.text
    assert (await http.get("/reports?days=0")).status_code == 422
