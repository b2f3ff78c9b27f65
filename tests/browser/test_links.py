"""Addresses that official tools link to lead to the page that fits."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.parts import Api
from tests.patience import PATIENCE_SECONDS

SESSION = "0b1d2c3e-8a52-4d0e-9b5c-0d6f7a0f3a11"


@pytest.mark.parametrize(
    ("link", "page"),
    [
        ("/x/12", "/runs/12"),
        ("/agent/trace/12?toolCallId=a%2Fb", "/runs/12?toolCallId=a%2Fb"),
        ("/traces/12", "/runs/12"),
        ("/traces/not-a-number", "/runs/not-a-number"),
        ("/me", "/"),
        ("/recents", "/"),
        ("/integrations", "/agents"),
        ("/claude-code/unknown", "/runs/unknown"),
    ],
)
def test_a_link_leads_to_its_page(dashboard: str, link: str, page: str) -> None:
    answer = httpx.get(f"{dashboard}{link}", follow_redirects=False, timeout=PATIENCE_SECONDS)
    assert (answer.status_code, answer.headers["location"]) == (302, page)


@pytest.mark.parametrize("path", ["/", "/ping", "/frame.css", "/api/health", "/api/events"])
def test_head_is_answered_as_get_without_a_body(dashboard: str, path: str) -> None:
    with httpx.stream("GET", f"{dashboard}{path}", timeout=PATIENCE_SECONDS) as whole:
        answer = httpx.head(f"{dashboard}{path}", timeout=PATIENCE_SECONDS)
        assert answer.status_code == whole.status_code == 200
        assert answer.headers["content-type"] == whole.headers["content-type"]
    assert answer.content == b""


def test_a_link_never_leads_away(dashboard: str) -> None:
    for link in ("/x/%2F%2Fevil.example", "/x//evil.example", "/traces/..%2F..%2F%2Fevil.example"):
        answer = httpx.get(f"{dashboard}{link}", follow_redirects=False, timeout=PATIENCE_SECONDS)
        assert answer.headers.get("location", "/").startswith("/")
        assert not answer.headers.get("location", "/").startswith("//")


def test_a_link_of_the_command_line_opens_the_run(page: Page, api: Api) -> None:
    run_id = api.finished("Linked to\n/say ok")
    page.goto(f"/x/{run_id}")
    expect(page.get_by_role("heading", name=f"Run {run_id}")).to_be_visible()
    assert api.run(run_id)["web_url"].endswith(f"/runs/{run_id}")


def test_a_session_of_claude_code_opens_its_run(page: Page, api: Api) -> None:
    path = "/v1/organizations/1/claude_code/session"
    opened = api.http.post(path, json={"session_id": SESSION}).json()
    page.goto(f"/claude-code/{SESSION}")
    expect(page).to_have_url(re.compile(rf"/runs/{opened['agent_run_id']}/?$"))
    expect(page.locator("[data-status='ACTIVE']").first).to_be_visible()
    expect(page.get_by_text(f"claude --resume {SESSION}")).to_be_visible()
    expect(page.get_by_role("button", name="Queue")).to_have_count(0)
    api.http.post(f"{path}/{SESSION}/status", json={"status": "COMPLETE"}).raise_for_status()
    expect(page.locator("[data-status='COMPLETE']").first).to_be_visible()


def test_who_logs_the_command_line_in_is_told_what_to_paste(page: Page) -> None:
    page.goto("/cli-token")
    expect(page.get_by_role("heading", name="Token for the command line")).to_be_visible()
    expect(page.get_by_text("requires no token")).to_be_visible()


def test_new_is_the_page_for_a_new_run(page: Page) -> None:
    page.goto("/new")
    expect(page.get_by_role("heading", name="New run", exact=True)).to_be_visible()
