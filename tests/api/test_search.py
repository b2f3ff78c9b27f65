"""Search over HTTP: hits in their runs, pages, mistakes with their place."""

from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from agent_runs.models import NewLog
from agent_runs.store.organization import repos
from agent_runs.store.runs import logs, runs

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
async def filled(app: FastAPI) -> int:
    """A run with three steps."""
    async with app.state.server.database.begin() as transaction:
        await repos.insert(transaction, name="api", url="/srv/api")
        run = await runs.insert(
            transaction, prompt="mend the pump\nsoon", agent="scripted", created_at=NOW
        )
        await runs.change(transaction, run, status="COMPLETE")
        entries = [
            NewLog(created_at=NOW, message_type="PLAN_EVALUATION", thought="the pump leaks"),
            NewLog(
                created_at=NOW,
                message_type="ACTION",
                tool_name="bash",
                tool_input={"command": "oil <b>pumps</b>"},
                tool_output={"status": "failed"},
            ),
            NewLog(created_at=NOW, message_type="FINAL_ANSWER", observation="done"),
        ]
        await logs.append(transaction, run.id, None, entries)
    return run.id


async def test_hits_come_in_their_run_with_snippets_and_links(
    http: httpx.AsyncClient, filled: int
) -> None:
    body = (await http.get("/search", params={"q": "pump"})).json()
    assert {name: body[name] for name in body if name != "items"} == {
        "total": 3,
        "total_is_capped": False,
        "order": "newest",
        "next_cursor": None,
    }
    ((run, hits),) = [(group["run"], group["hits"]) for group in body["items"]]
    page = f"http://localhost:3000/runs/{filled}"
    assert run == {
        "id": filled,
        "name": "mend the pump",
        "title": "mend the pump",
        "status": "COMPLETE",
        "status_word": "Complete",
        "status_tone": "green",
        "agent": "scripted",
        "repo_id": None,
        "created_at": "2026-11-01T12:00:00Z",
        "archived": False,
        "web_url": page,
    }
    assert hits[0] == {
        "seq": 1,
        "url": f"{page}?step=1",
        "created_at": "2026-11-01T12:00:00Z",
        "message_type": "ACTION",
        "tool_name": "bash",
        "failed": True,
        "snippet": "bash oil <b>pumps</b> failed",
        "highlights": [[12, 17]],
    }
    assert [(hit["seq"], hit["url"]) for hit in hits[1:]] == [(0, f"{page}?step=0"), (None, page)]
    assert hits[2]["message_type"] is None


async def test_pages_follow_each_other_by_cursor(http: httpx.AsyncClient, filled: int) -> None:
    seen: list[int | None] = []
    cursor = None
    while True:
        params = {"q": "pump", "limit": 1} | ({"cursor": cursor} if cursor else {})
        body = (await http.get("/search", params=params)).json()
        assert body["total"] == 3
        seen += [hit["seq"] for group in body["items"] for hit in group["hits"]]
        cursor = body["next_cursor"]
        if cursor is None:
            break
    assert seen == [1, 0, None]


async def test_a_mistake_is_explained_with_its_place(http: httpx.AsyncClient) -> None:
    answer = await http.get("/search", params={"q": "pump stauts:error"})
    message = (
        "There is no field 'stauts'; did you mean 'status'? To search for exactly these words, "
        "put them in quotes."
    )
    assert answer.status_code == 422
    assert answer.json() == {
        "error": "InvalidQuery",
        "message": message,
        "detail": [{"loc": ["query", "q"], "msg": message, "type": "invalid_query"}],
        "status_code": 422,
        "position": 5,
    }


@pytest.mark.parametrize(
    "text",
    ['"open', "a" * 10_000, '"' * 999, "a OR " * 100, "-", "\0", "status:", "run:" + "9" * 900],
)
async def test_hostile_queries_are_answered_at_once_and_as_mistakes(
    http: httpx.AsyncClient, filled: int, text: str
) -> None:
    answer = await http.get("/search", params={"q": text})
    assert answer.status_code == 422
    assert 0 <= answer.json()["position"] <= 1000
    assert (await http.get("/search", params={"q": "pump"})).json()["total"] == 3


@pytest.mark.parametrize("text", ["') or 1=1 --", "a* NEAR(b c) {d}:e", "%_\\", "& | ! <-> a"])
async def test_operators_of_databases_are_words_like_any_other(
    http: httpx.AsyncClient, filled: int, text: str
) -> None:
    answer = await http.get("/search", params={"q": text, "order": "best"})
    assert answer.status_code in {200, 422}
    if answer.status_code == 200:
        assert answer.json()["total"] == 0


async def test_a_cursor_of_another_order_is_refused(http: httpx.AsyncClient, filled: int) -> None:
    first = (await http.get("/search", params={"q": "pump", "limit": 1})).json()
    params = {"q": "pump", "order": "best", "cursor": first["next_cursor"]}
    answer = await http.get("/search", params=params)
    assert answer.status_code == 422
    assert "next_cursor" in answer.json()["message"]


async def test_fields_are_listed_with_the_values_that_are_stored(
    http: httpx.AsyncClient, filled: int
) -> None:
    items = (await http.get("/search/fields")).json()["items"]
    values = {item["name"]: item["values"] for item in items}
    assert values["tool"] == ["bash"]
    assert values["agent"] == ["scripted"]
    assert values["repo"] == ["api"]
    assert values["failed"] == ["yes", "no"]
    assert "error" in values["status"]
    assert values["before"] == values["run"] == []
    for item in items:
        query = f"{item['name']}:{item['example']}"
        assert (await http.get("/search", params={"q": query})).status_code == 200
