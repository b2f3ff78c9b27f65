"""Runs side by side over HTTP, with real agents and real work trees."""

import httpx
import pytest
from api_parts import Finish
from fastapi import FastAPI
from store_samples import new_run

from agent_runs.settings import Settings

pytestmark = pytest.mark.anyio

COMMON = "/write notes/a.txt hello\n"


async def made(http: httpx.AsyncClient, finished: Finish, prompt: str) -> int:
    answer = await http.post("/agent_runs", json={"prompt": prompt, "agent": "scripted"})
    run = await finished(answer.json()["id"])
    return run.id


async def test_two_runs_show_what_they_share_and_where_they_part(
    http: httpx.AsyncClient, finished: Finish
) -> None:
    one = await made(http, finished, f"{COMMON}/write b.txt one\n/say done")
    other = await made(http, finished, f"{COMMON}/write b.txt two\n/run exit 3\n/say done")
    answer = await http.get(f"/compare?ids={one},{other}")
    assert answer.status_code == 200
    comparison = answer.json()
    assert [run["id"] for run in comparison["runs"]] == [one, other]
    first, second = comparison["runs"]
    run = (await http.get(f"/agent_runs/{one}")).json()
    assert first["name"] == first["title"] == run["name"]
    assert (first["status"], first["failed_calls"], second["failed_calls"]) == ("COMPLETE", 0, 1)
    assert first["duration_ms"] > 0
    assert not comparison["same_prompt"]
    assert comparison["parting"]["common"] == 1
    steps = [each["step"] for each in comparison["parting"]["steps"]]
    assert all("b.txt" in step["text"] for step in steps)
    files = {file["path"]: file for file in comparison["files"]}
    assert files["notes/a.txt"]["same"]
    assert not files["b.txt"]["same"]
    assert [change["status"] for change in files["b.txt"]["changes"]] == ["added", "added"]
    assert "+two" in files["b.txt"]["changes"][1]["diff"]
    assert (first["added"], second["added"]) == (2, 2)


async def test_runs_that_did_the_same_do_not_part(
    http: httpx.AsyncClient, finished: Finish
) -> None:
    ids = [await made(http, finished, f"{COMMON}/run echo hi\n/say done") for _ in range(3)]
    comparison = (await http.get(f"/compare?ids={','.join(map(str, ids))}")).json()
    assert comparison["parting"] is None
    assert comparison["same_prompt"]
    assert [file["same"] for file in comparison["files"]] == [True]


@pytest.mark.parametrize("settings", ["1/2/3"], indirect=True)
async def test_a_home_whose_path_has_the_numbers_of_runs_parts_nothing(
    http: httpx.AsyncClient, finished: Finish, settings: Settings
) -> None:
    assert settings.home.parts[-3:] == ("1", "2", "3")
    ids = [await made(http, finished, f"{COMMON}/run echo hi\n/say done") for _ in range(3)]
    assert ids == [1, 2, 3]
    assert (await http.get("/compare?ids=1,2,3")).json()["parting"] is None


async def test_a_run_without_a_work_tree_can_be_compared_all_the_same(
    app: FastAPI, http: httpx.AsyncClient
) -> None:
    database = app.state.server.database
    ids = [(await new_run(database, status="COMPLETE")).id for _ in range(2)]
    comparison = (await http.get(f"/compare?ids={ids[0]},{ids[1]}")).json()
    assert comparison["files"] == []
    assert [run["duration_ms"] for run in comparison["runs"]] == [0, 0]


@pytest.mark.parametrize(
    "ids", ["", "1", "1,", "1,1", "a,b", "1,2,3,4,5,6,7", "1,99999999999999999999999", "1,-2"]
)
async def test_what_cannot_be_compared_is_refused(http: httpx.AsyncClient, ids: str) -> None:
    assert (await http.get("/compare", params={"ids": ids})).status_code == 422


@pytest.mark.parametrize("ids", ["1", "1,1", ",".join(map(str, range(1, 100)))])
async def test_too_few_and_too_many_runs_are_told_how_many_it_takes(
    http: httpx.AsyncClient, ids: str
) -> None:
    answer = await http.get("/compare", params={"ids": ids})
    assert answer.json()["message"] == "Name 2 to 6 different runs to compare."


async def test_a_run_that_is_not_there_is_named(app: FastAPI, http: httpx.AsyncClient) -> None:
    run = await new_run(app.state.server.database)
    answer = await http.get(f"/compare?ids={run.id},77")
    assert (answer.status_code, answer.json()["message"]) == (404, "There is no agent run 77.")
