"""Saved views over HTTP: kept, changed, removed; what cannot be understood is not kept."""

import httpx
import pytest

from agent_runs.models import JSON

pytestmark = pytest.mark.anyio


async def save(
    http: httpx.AsyncClient, name: str, query: str, kind: str = "search"
) -> dict[str, JSON]:
    answer = await http.post("/views", json={"name": name, "query": query, "kind": kind})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def listed(http: httpx.AsyncClient, kind: str = "") -> list[tuple[str, str]]:
    answer = await http.get("/views", params={"kind": kind} if kind else {})
    return [(view["name"], view["query"]) for view in answer.json()["items"]]


async def test_views_are_listed_by_name_and_kind(http: httpx.AsyncClient) -> None:
    await save(http, "  walks ", "failed:yes after:7d")
    await save(http, "Errors", "archived=1&status=ERROR,TIMEOUT&q=a b", "runs")
    await save(http, "Errors", "type:error")
    assert await listed(http) == [
        ("Errors", "archived=1&status=ERROR,TIMEOUT&q=a+b"),
        ("Errors", "type:error"),
        ("walks", "failed:yes after:7d"),
    ]
    assert await listed(http, "search") == [
        ("Errors", "type:error"),
        ("walks", "failed:yes after:7d"),
    ]


async def test_a_view_gets_another_name_or_query_and_goes(http: httpx.AsyncClient) -> None:
    view = await save(http, "a", "x")
    changed = (await http.put(f"/views/{view['id']}", json={"name": "b"})).json()
    assert (changed["name"], changed["query"]) == ("b", "x")
    changed = (await http.put(f"/views/{view['id']}", json={"query": "y"})).json()
    assert (changed["name"], changed["query"], changed["kind"]) == ("b", "y", "search")
    assert changed["updated_at"] >= changed["created_at"] == view["created_at"]
    assert (await http.delete(f"/views/{view['id']}")).status_code == 204
    assert await listed(http) == []
    for method in ("PUT", "DELETE"):
        body = {"name": "c"} if method == "PUT" else None
        answer = await http.request(method, f"/views/{view['id']}", json=body)
        assert (answer.status_code, answer.json()["error"]) == (404, "ViewNotFound")


async def test_a_name_is_taken_once_for_each_kind(http: httpx.AsyncClient) -> None:
    first = await save(http, "a", "x")
    other = await save(http, "b", "x")
    again = await http.post("/views", json={"name": "a", "query": "y"})
    assert again.status_code == 409
    assert f"id {first['id']}" in again.json()["message"]
    answer = await http.put(f"/views/{other['id']}", json={"name": "a"})
    assert answer.status_code == 409
    assert await listed(http) == [("a", "x"), ("b", "x")]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"name": "a", "query": "status:eror"}, "InvalidQuery"),
        ({"name": "a", "query": "colour=red", "kind": "runs"}, "InvalidRequest"),
        ({"name": "a", "query": "javascript:alert(1)", "kind": "runs"}, "InvalidRequest"),
        ({"name": " ", "query": "x"}, "InvalidRequest"),
        ({"name": "a" * 101, "query": "x"}, "InvalidRequest"),
        ({"name": "a", "query": "x" * 2001}, "InvalidRequest"),
        ({"name": "a\0", "query": "x"}, "InvalidRequest"),
        ({"name": "a", "query": "x", "kind": "other"}, "InvalidRequest"),
    ],
)
async def test_what_cannot_be_used_is_not_kept(
    http: httpx.AsyncClient, body: dict[str, JSON], error: str
) -> None:
    answer = await http.post("/views", json=body)
    assert (answer.status_code, answer.json()["error"]) == (422, error)
    assert await listed(http) == []


async def test_a_text_that_is_too_long_is_told_in_characters(http: httpx.AsyncClient) -> None:
    answer = await http.post("/views", json={"name": "a" * 101, "query": "x"})
    assert answer.json()["message"] == "name: Value should have at most 100 characters, not 101."


async def test_a_changed_query_is_checked_too(http: httpx.AsyncClient) -> None:
    view = await save(http, "a", "status=ERROR", "runs")
    answer = await http.put(f"/views/{view['id']}", json={"query": "page=2"})
    assert answer.status_code == 422
    assert "page" in answer.json()["message"]
    assert await listed(http) == [("a", "status=ERROR")]
