"""Errors: the same shape everywhere, helpful words, nothing of the request given back."""

import httpx
import pytest
from fastapi import FastAPI

from agent_runs.errors import RateLimited, Unavailable

pytestmark = pytest.mark.anyio


async def test_an_unknown_run_is_a_404_with_all_four_fields(http: httpx.AsyncClient) -> None:
    answer = await http.get("/agent_runs/4711")
    assert answer.status_code == 404
    assert answer.json() == {
        "error": "RunNotFound",
        "message": "There is no agent run 4711.",
        "detail": "There is no agent run 4711.",
        "status_code": 404,
    }


async def test_the_official_paths_answer_errors_in_the_official_shape(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.get("/v1/organizations/1/agent/run/4711")
    assert answer.status_code == 404
    assert answer.json() == {
        "message": "There is no agent run 4711.",
        "detail": "There is no agent run 4711.",
        "status_code": 404,
    }


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/agent_runs/abc", "id: Input should be a valid integer"),
        ("/agent_runs/0", "greater than or equal to 1"),
        ("/agent_runs/-5/logs", "greater than or equal to 1"),
        (f"/agent_runs/{2**63}", "less than or equal to 9223372036854775807"),
        (f"/agent_runs/{'9' * 5000}", "id: "),
        ("/agent_runs?limit=0", "limit: Input should be greater than or equal to 1"),
        ("/agent_runs?limit=101", "limit: Input should be less than or equal to 100"),
        ("/agent_runs?page=0", "page: "),
        ("/agent_runs?page=99999999999999999999", "page: "),
        ("/agent_runs?since=yesterday", "since: "),
        ("/agent_runs?q=%00", "q: it contains a NUL character"),
        ("/agent_runs/1/logs?skip=-1", "skip: Input should be greater than or equal to 0"),
        ("/agent_runs/1/logs?limit=101", "limit: "),
        ("/agent_runs/1/events?until_finished=maybe", "until_finished: "),
        ("/v1/organizations/1/agent/runs?limit=0", "limit: "),
        ("/v1/organizations/one/agent/runs", "org_id: "),
    ],
)
async def test_a_wrong_parameter_is_a_422_that_names_it(
    http: httpx.AsyncClient, path: str, words: str
) -> None:
    answer = await http.get(path)
    body = answer.json()
    assert answer.status_code == body["status_code"] == 422
    assert words in body["message"]
    assert all(set(each) == {"loc", "msg", "type"} for each in body["detail"])


JSON_TYPE = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"prompt": "\\ud800"}',
        b'{"prompt": "a\\u0000b"}',
        b'{"prompt": "x", "metadata": {"n": "\\ud800"}}',
        b'{"prompt": "x", "metadata": {"\\ud800": 1}}',
        b'{"prompt": "x", "title": "\\ud800"}',
        b'{"prompt": "x", "repo_id": 1e30}',
        b'{"prompt": "x", "repo_id": 99999999999999999999}',
    ],
)
async def test_a_body_that_cannot_be_used_is_a_422_and_nothing_is_stored(
    http: httpx.AsyncClient, content: bytes
) -> None:
    for path in ("/agent_runs", "/v1/organizations/1/agent/run"):
        answer = await http.post(path, content=content, headers=JSON_TYPE)
        assert answer.status_code == 422, answer.text
        assert isinstance(answer.json()["detail"], list)
    assert (await http.get("/agent_runs")).json()["total"] == 0


async def test_an_unknown_field_whose_name_is_no_text_is_told_all_the_same(
    http: httpx.AsyncClient,
) -> None:
    content = b'{"prompt": "x", "\\ud800": 1}'
    answer = await http.post("/agent_runs", content=content, headers=JSON_TYPE)
    assert answer.status_code == 422
    assert answer.json()["message"]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", None])
async def test_json_that_is_not_declared_as_such_is_told_what_is_missing(
    http: httpx.AsyncClient, kind: str | None
) -> None:
    headers = {"content-type": kind} if kind else {}
    for path in ("/agent_runs", "/v1/organizations/1/agent/run", "/create_agent_run/plan/x"):
        answer = await http.post(path, content=b'{"prompt": "/say hello"}', headers=headers)
        assert answer.status_code == 422
        assert "Content-Type: application/json" in answer.json()["message"]


async def test_a_slip_in_the_json_is_told_with_its_place(http: httpx.AsyncClient) -> None:
    answer = await http.post("/agent_runs", content=b'{"prompt": "x",}', headers=JSON_TYPE)
    assert answer.json()["message"].startswith("body: JSON decode error at character 15: ")


async def test_what_was_sent_is_not_given_back(http: httpx.AsyncClient) -> None:
    secret = "sk-do-not-echo-me"
    answer = await http.post("/agent_runs", json={"prompt": ["x", secret], "other": secret})
    assert answer.status_code == 422
    assert secret not in answer.text


async def test_a_path_or_method_that_is_not_there_says_where_to_look(
    http: httpx.AsyncClient,
) -> None:
    missing = await http.get("/agent-runs")
    method = await http.delete("/agent_runs")
    assert (missing.status_code, missing.json()["error"]) == (404, "NotFound")
    assert "/docs" in missing.json()["message"]
    assert (method.status_code, "/docs" in method.json()["message"]) == (405, True)
    assert "GET" in method.headers["allow"]


async def test_a_fault_of_ours_is_a_500_without_a_traceback(
    app: FastAPI, http: httpx.AsyncClient
) -> None:
    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret inner words")

    answer = await http.get("/broken")
    assert answer.status_code == answer.json()["status_code"] == 500
    assert "secret inner words" not in answer.text


async def test_a_rate_limit_says_when_to_come_back(app: FastAPI, http: httpx.AsyncClient) -> None:
    @app.get("/busy")
    async def busy() -> None:
        raise RateLimited("Too many.", retry_after_seconds=1.2)

    answer = await http.get("/busy")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")


async def test_trouble_with_the_database_is_a_503_that_says_nothing_was_changed(
    app: FastAPI, http: httpx.AsyncClient
) -> None:
    async with app.state.server.database.begin() as transaction:
        for table in ("run", "run_total"):
            await transaction.execute(f"alter table {table} rename to {table}_gone", {})
    for path in ("/agent_runs", "/agent_runs/1", "/agent_runs/1/logs"):
        answer = await http.get(path)
        assert answer.status_code == 503, path
        assert answer.json()["error"] == Unavailable.__name__
        assert "Nothing was changed" in answer.json()["message"]
