"""Runs by path: any words, as they were sent."""

from urllib.parse import quote

import httpx
import pytest
from api_parts import Finish

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "query",
    [
        "Create a hello world script",
        "read a/b/c and http://example.com//x?y=1#z",
        "first line\nsecond line\n",
        "Grüße, 世界 🌍",
        "100% sure + more & less = done",
        "%2F stays",
        "/starts and ends/",
        "say \"it\" 'twice'",
    ],
)
async def test_any_words_of_a_path_arrive_as_they_were_sent(
    http: httpx.AsyncClient, query: str
) -> None:
    answer = await http.post(f"/create_agent_run/anything/{quote(query, safe='/')}")
    assert answer.status_code == 200, answer.text
    run = answer.json()
    assert run["metadata"] == {"mode": "anything", "original_query": query}
    assert query in run["prompt"]
    assert "anything" in run["prompt"]


async def test_encoded_slashes_are_words_too_and_a_mode_may_have_one(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.post("/create_agent_run/a%2Fb/c%2Fd%0Ae")
    assert answer.json()["metadata"] == {"mode": "a/b", "original_query": "c/d\ne"}


async def test_a_mode_that_is_a_template_fills_it(http: httpx.AsyncClient) -> None:
    templates = (await http.get("/templates")).json()["items"]
    assert {"plan", "feature", "bugfix", "review", "test", "docs"} <= {t["name"] for t in templates}
    plan = next(template for template in templates if template["name"] == "plan")
    run = (await http.post("/create_agent_run/plan/a login page")).json()
    assert run["prompt"] == plan["text"].replace("{query}", "a login page")[:1000].strip() or (
        "a login page" in run["prompt"]
    )


async def test_a_body_adds_prompt_metadata_and_title(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/create_agent_run/quick/look",
        json={"prompt": "and more", "metadata": {"ticket": 7}, "title": "Look"},
    )
    run = answer.json()
    assert run["title"] == "Look"
    assert run["metadata"] == {"ticket": 7, "mode": "quick", "original_query": "look"}
    assert "look\n\nand more" in run["prompt"]


@pytest.mark.parametrize(
    "path",
    ["plan/%FF", "plan/%20", "plan/", "plan/a%00b", f"{'m' * 600}/x"],
)
async def test_words_that_cannot_be_used_are_a_422(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.post(f"/create_agent_run/{path}")
    assert answer.status_code == 422, answer.text
    assert (await http.get("/agent_runs")).json()["total"] == 0


async def test_a_run_is_resumed_by_path(http: httpx.AsyncClient, finished: Finish) -> None:
    run = (await http.post("/create_agent_run/say/hello")).json()
    await finished(run["id"])
    answer = await http.post(f"/resume_agent_run/{run['id']}//say a/b%0Ac")
    assert answer.status_code == 200
    await finished(run["id"])
    turns = (await http.get(f"/agent_runs/{run['id']}/turns")).json()["items"]
    assert turns[1]["prompt"] == "/say a/b\nc"
    assert (await http.post("/resume_agent_run/4711/x")).status_code == 404
    assert (await http.post("/resume_agent_run/x/x")).status_code == 422
