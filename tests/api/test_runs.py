"""Create, list, read, resume, stop and archive over HTTP, with real scripted agents."""

import base64
import json
from typing import Any

import anyio
import httpx
import pytest
from api_parts import Finish
from fastapi import FastAPI

from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio

PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"


async def test_a_created_run_is_answered_whole_and_finishes(
    http: httpx.AsyncClient, finished: Finish
) -> None:
    answer = await http.post(
        "/agent_runs",
        json={"prompt": "/say hello", "title": "Greeting", "metadata": {"ticket": "A-1"}},
    )
    run = answer.json()
    assert answer.status_code == 200
    assert run["status"] in {"PENDING", "ACTIVE", "COMPLETE"}
    assert (run["prompt"], run["title"], run["metadata"]) == (
        "/say hello",
        "Greeting",
        {"ticket": "A-1"},
    )
    assert run["web_url"] == f"http://localhost:3000/runs/{run['id']}"
    assert run["created_at"].endswith("Z")
    assert run["github_pull_requests"] == []

    await finished(run["id"])
    done = (await http.get(f"/agent_runs/{run['id']}")).json()
    assert (done["status"], done["result"]) == ("COMPLETE", "hello")


async def test_a_run_from_a_template_is_called_by_the_words_of_the_person(
    http: httpx.AsyncClient,
) -> None:
    new = {"prompt": "The cart is empty", "mode": "bugfix"}
    run = (await http.post("/agent_runs", json=new)).json()
    assert not run["prompt"].startswith("The cart")
    assert run["name"] == "The cart is empty"
    listed = (await http.get("/agent_runs")).json()["items"]
    hits = (await http.get("/search")).json()["items"]
    assert [each["name"] for each in listed] == ["The cart is empty"]
    assert [each["run"]["title"] for each in hits] == ["The cart is empty"]


@pytest.mark.parametrize(
    ("program", "source", "words"),
    [
        ("agent-runs-dashboard", "LOCAL", "Dashboard"),
        ("agent-runs-cli", "LOCAL", "Command line"),
        ("agent-runs-python", "API", "API"),
        ("curl/8.5.0", "API", "API"),
    ],
)
@pytest.mark.parametrize(
    "path", ["/agent_runs", "/create_agent_run/ask/hello", "/v1/organizations/1/agent/run"]
)
async def test_a_run_tells_what_it_was_started_with(
    http: httpx.AsyncClient, path: str, program: str, source: str, words: str
) -> None:
    body = {} if "ask" in path else {"prompt": "/say hello"}
    run = (await http.post(path, json=body, headers={"user-agent": program})).json()
    assert (run["source_type"], run["started_by"]) == (source, words)


async def test_runs_are_listed_newest_first_in_pages(http: httpx.AsyncClient) -> None:
    ids = [
        (await http.post("/agent_runs", json={"prompt": f"/say {n}"})).json()["id"]
        for n in range(5)
    ]
    first = (await http.get("/agent_runs?limit=2")).json()
    last = (await http.get("/agent_runs?limit=2&page=3")).json()
    assert [run["id"] for run in first["items"]] == ids[:-3:-1]
    assert {key: first[key] for key in first if key != "items"} == {
        "total": 5,
        "page": 1,
        "limit": 2,
        "has_next": True,
        "has_prev": False,
    }
    assert [run["id"] for run in last["items"]] == ids[:1]
    assert (last["has_next"], last["has_prev"]) == (False, True)


async def test_a_list_is_the_same_on_the_short_and_on_the_long_way(http: httpx.AsyncClient) -> None:
    for n in range(3):
        await http.post("/agent_runs", json={"prompt": f"/say grüße {n}"})
    for short, long in (
        ("/agent_runs", "/agent_runs?archived=false"),
        ("/agent_runs?limit=2&page=2", "/agent_runs?limit=2&page=2&archived=false"),
        ("/v1/organizations/1/agent/runs", "/v1/organizations/1/agent/runs?archived=false"),
        (
            "/v1/organizations/1/agent/runs?skip=1&limit=1",
            "/v1/organizations/1/agent/runs?page=2&size=1",
        ),
    ):
        a, b = await http.get(short), await http.get(long)
        assert a.json().keys() == b.json().keys()
        assert [run["id"] for run in a.json()["items"]] == [run["id"] for run in b.json()["items"]]
        assert a.json()["total"] == b.json()["total"] == 3
        assert a.headers["content-type"] == b.headers["content-type"]


async def test_the_list_can_be_filtered(http: httpx.AsyncClient, finished: Finish) -> None:
    wanted = (await http.post("/agent_runs", json={"prompt": "/say needle"})).json()["id"]
    await http.post("/agent_runs", json={"prompt": "/say hay"})
    await finished(wanted)
    for query, expected in (
        ("q=needle", 1),
        ("status=complete&q=needle", 1),
        ("status=CANCELLED", 0),
        ("agent=scripted", 2),
        ("agent=other", 0),
        ("source_type=API", 2),
        ("since=2020-01-01T00:00:00", 2),
        ("until=2020-01-01", 0),
        ("archived=true", 0),
    ):
        assert (await http.get(f"/agent_runs?{query}")).json()["total"] == expected, query


async def test_a_run_that_has_ended_takes_another_prompt(
    http: httpx.AsyncClient, finished: Finish
) -> None:
    run = (await http.post("/agent_runs", json={"prompt": "/say one"})).json()
    await finished(run["id"])
    again = await http.post(f"/agent_runs/{run['id']}/resume", json={"prompt": "/say two"})
    assert again.json()["turn"] == 2
    await finished(run["id"])
    turns = (await http.get(f"/agent_runs/{run['id']}/turns")).json()["items"]
    assert [(turn["prompt"], turn["result"]) for turn in turns] == [
        ("/say one", "one"),
        ("/say two", "two"),
    ]


async def test_a_running_run_is_not_resumed_but_stopped_as_often_as_you_like(
    http: httpx.AsyncClient, finished: Finish
) -> None:
    run = (await http.post("/agent_runs", json={"prompt": "/sleep 600"})).json()
    refused = await http.post(f"/agent_runs/{run['id']}/resume", json={"prompt": "/say no"})
    not_yet = await http.post(f"/agent_runs/{run['id']}/archive")
    assert (refused.status_code, refused.json()["error"]) == (409, "RunIsActive")
    assert not_yet.status_code == 409
    assert (await http.post(f"/agent_runs/{run['id']}/stop")).status_code == 200
    assert (await finished(run["id"])).status == "CANCELLED"
    assert (await http.post(f"/agent_runs/{run['id']}/stop")).json()["status"] == "CANCELLED"


async def test_an_archived_run_leaves_the_list_and_comes_back(
    http: httpx.AsyncClient, finished: Finish
) -> None:
    run = (await http.post("/agent_runs", json={"prompt": "/say x"})).json()
    await finished(run["id"])
    assert (await http.post(f"/agent_runs/{run['id']}/archive")).json()["archived_at"]
    assert (await http.get("/agent_runs")).json()["total"] == 0
    assert (await http.get("/agent_runs?archived=true")).json()["total"] == 1
    assert (await http.get("/agent_runs/counts")).json() == {"by_status": {}, "archived": 1}
    assert (await http.post(f"/agent_runs/{run['id']}/restore")).json()["archived_at"] is None
    assert (await http.get("/agent_runs/counts")).json() == {
        "by_status": {"COMPLETE": 1},
        "archived": 0,
    }


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "prompt: Field required"),
        ({"prompt": ""}, "prompt: it is empty"),
        ({"prompt": " \n\t "}, "prompt: it is empty"),
        ({"prompt": 7}, "prompt: Input should be a valid string"),
        ({"prompt": "x" * 10_000_000}, "200,000"),
        ({"prompt": "x", "images": ["http://evil.example/x.png"]}, "data:image/png;base64"),
        ({"prompt": "x", "images": ["data:image/svg+xml;base64,AAAA"]}, "data:image/png;base64"),
        ({"prompt": "x", "images": ["data:image/png;base64,!!!!"]}, "base64"),
        ({"prompt": "x", "images": ["data:image/png;base64,AAAA"]}, "not a png image"),
        ({"prompt": "x", "images": [PIXEL] * 11}, "at most 10"),
        ({"prompt": "x", "agent": "nobody"}, "nobody"),
        ({"prompt": "x", "permission_policy": "maybe"}, "permission_policy: "),
        ({"prompt": "x", "options": {"mode": 3}}, "options"),
        ({"prompt": "x", "options": {str(n): "x" for n in range(21)}}, "options"),
        ({"prompt": "x", "metadata": {"x": "y" * 70_000}}, "metadata: "),
        ({"prompt": "x", "title": "y" * 501}, "title: "),
        ({"prompt": "x", "agnet": "scripted"}, "agnet: Extra inputs are not permitted"),
    ],
)
async def test_a_run_that_cannot_be_is_a_422_that_helps_and_nothing_is_stored(
    http: httpx.AsyncClient, body: dict[str, object], words: str
) -> None:
    answer = await http.post("/agent_runs", json=body)
    assert answer.status_code == 422
    assert words in answer.json()["message"]
    assert (await http.get("/agent_runs")).json()["total"] == 0


async def test_a_repository_that_is_not_there_is_a_404(http: httpx.AsyncClient) -> None:
    answer = await http.post("/agent_runs", json={"prompt": "x", "repo_id": 2**63 - 1})
    assert (answer.status_code, answer.json()["error"]) == (404, "RepoNotFound")


async def test_an_image_is_kept_with_the_turn(http: httpx.AsyncClient) -> None:
    assert base64.b64decode(PIXEL.partition(",")[2]).startswith(b"GIF89a")
    answer = await http.post("/agent_runs", json={"prompt": "/say seen", "images": [PIXEL]})
    if answer.status_code == 422:
        assert "does not take images" in answer.json()["message"]
        return
    turns = (await http.get(f"/agent_runs/{answer.json()['id']}/turns")).json()["items"]
    assert turns[0]["images"] == [PIXEL]


async def test_status_is_the_newest_run_or_says_that_there_is_none(http: httpx.AsyncClient) -> None:
    assert (await http.get("/status")).json() == {"message": "No current task"}
    await http.post("/agent_runs", json={"prompt": "/say one"})
    newest = (await http.post("/agent_runs", json={"prompt": "/say two"})).json()
    assert (await http.get("/status")).json()["id"] == newest["id"]


async def test_choices_for_the_agent_are_kept_until_a_resume_changes_them(
    http: httpx.AsyncClient, finished: Finish
) -> None:
    chosen: dict[str, object] = {"prompt": "/say hello", "options": {"mode": "plan"}}
    run = await finished((await http.post("/agent_runs", json=chosen)).json()["id"])
    assert (run["options"], run["status_reason"]) == ({"mode": "plan"}, "option_unavailable")
    assert "cannot use the option 'mode': the agent does not have it" in run["error"]
    more: dict[str, object] = {"prompt": "/say again", "options": {}}
    await http.post(f"/agent_runs/{run['id']}/resume", json=more)
    run = await finished(run["id"])
    assert (run["options"], run["status"]) == ({}, "COMPLETE")


async def asked(app: FastAPI, http: httpx.AsyncClient, run_id: int) -> list[dict[str, Any]]:
    """The open questions of a run, once there are any."""
    path = f"/agent_runs/{run_id}/permissions"
    with anyio.fail_after(PATIENCE_SECONDS):
        async with app.state.server.bus.subscribe(run_id=run_id) as subscription:
            while not (questions := (await http.get(path)).json()["items"]):
                await subscription.next(PATIENCE_SECONDS)
    return questions


async def test_a_form_is_answered_with_its_content_or_declined(
    app: FastAPI, http: httpx.AsyncClient, finished: Finish
) -> None:
    form = {"required": ["db"], "properties": {"db": {"enum": ["SQLite"]}}}
    asks = json.dumps({"mode": "form", "message": "Which?", "requestedSchema": form})
    results: list[str] = []
    for body in ({"content": {"db": "SQLite"}}, {"decision": "reject", "content": {"x": 1}}):
        answer = await http.post(
            "/agent_runs", json={"prompt": f"/request elicitation/create {asks}"}
        )
        run_id = answer.json()["id"]
        (question,) = await asked(app, http, run_id)
        assert question["form"]["fields"][0]["choices"][0]["value"] == "SQLite"
        one = f"/agent_runs/{run_id}/permissions/{question['id']}"
        assert (await http.post(one, json={"content": {"db": "Oracle"}})).status_code == 422
        assert (await http.post(one, json={"decision": "allow"})).status_code == 422
        assert (await http.post(one, json=body)).json()["state"] == "answered"
        results.append(str((await finished(run_id)).result))
    assert results == ['{"action": "accept", "content": {"db": "SQLite"}}', '{"action": "decline"}']


async def test_a_question_of_an_agent_is_answered_once(
    app: FastAPI, http: httpx.AsyncClient, finished: Finish
) -> None:
    run = (
        await http.post(
            "/agent_runs", json={"prompt": "/ask write a file", "permission_policy": "ask"}
        )
    ).json()
    path = f"/agent_runs/{run['id']}/permissions"
    questions = await asked(app, http, run["id"])
    assert (await http.get(f"/agent_runs/{run['id']}")).json()["status"] == "PAUSED"
    one = f"{path}/{questions[0]['id']}"
    assert (await http.post(one, json={})).status_code == 422
    assert (await http.post(one, json={"option_id": "no such"})).status_code == 422
    assert (await http.post(one, json={"content": {"a": 1}})).status_code == 422
    assert (await http.post(one, json={"decision": "allow"})).json()["state"] == "answered"
    again = await http.post(one, json={"decision": "allow"})
    assert (again.status_code, again.json()["error"]) == (409, "PermissionAnswered")
    assert (await finished(run["id"])).status == "COMPLETE"
    assert (await http.post(f"{path}/4711", json={"decision": "allow"})).status_code == 404
