"""Credentials in the browser, tried against a small twin of the hosted API."""

from collections.abc import Generator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.parts import Api, free_port
from tests.hosted_api import ORG, TOKEN, HostedApi, serve_twin

FOREIGN = "# kept by hand\nSOMETHING_ELSE='stays as it is'\n"


@pytest.fixture
def twin(api: Api) -> Generator[HostedApi]:
    api.env_file.write_text(FOREIGN)
    with serve_twin() as twin:
        yield twin
    nothing = dict.fromkeys(("codegen_api_token", "codegen_org_id", "codegen_base_url"))
    assert api.http.put("/settings", json=nothing).status_code == 200


def fill(page: Page, *, url: str = "", token: str = "", org: str = "") -> None:
    for label, text in (("Base URL", url), ("Token", token), ("Organization id", org)):
        if text:
            page.get_by_label(label, exact=True).fill(text)


def test_a_token_is_tried_while_it_is_typed(page: Page, api: Api, twin: HostedApi) -> None:
    page.goto("/settings")
    fill(page, url=twin.url, token="sk-wrong-token")
    expect(page.get_by_text(f"{twin.url} refuses this token")).to_be_visible()
    fill(page, token=TOKEN)
    expect(page.get_by_text("Signed in as ann")).to_be_visible()
    expect(page.get_by_text("refuses this token")).to_have_count(0)


def test_what_is_wrong_is_said_where_it_is_wrong(page: Page, api: Api, twin: HostedApi) -> None:
    page.goto("/settings")
    fill(page, url=twin.url, token=TOKEN, org="999")
    expect(page.get_by_text("999 is not one of its organizations")).to_be_visible()
    page.get_by_role("button", name=f"Twin {ORG}").click()
    expect(page.get_by_label("Organization id", exact=True)).to_have_value(str(ORG))
    expect(page.get_by_text("Signed in as ann")).to_be_visible()
    nowhere = f"http://127.0.0.1:{free_port()}"
    fill(page, url=nowhere)
    expect(page.get_by_text(f"No server answers at {nowhere}.")).to_be_visible()
    expect(page.get_by_text("Signed in as ann")).to_have_count(0)
    fill(page, url=f"{api.url}/agents")
    expect(page.get_by_text("is not a usable Codegen API")).to_be_visible()


def test_saved_settings_are_in_force_and_in_the_file(page: Page, api: Api, twin: HostedApi) -> None:
    page.goto("/settings")
    save = page.get_by_role("button", name="Save settings")
    expect(save).to_be_disabled()
    fill(page, url=twin.url, token=TOKEN)
    page.get_by_role("button", name=f"Twin {ORG}").click()
    expect(page.get_by_text("Signed in as ann")).to_be_visible()
    save.click()
    expect(page.get_by_text("Settings saved")).to_be_visible()
    written = api.env_file.read_text()
    assert written.startswith(FOREIGN)
    assert TOKEN in written
    assert str(ORG) in written
    assert api.env_file.stat().st_mode & 0o777 == 0o600
    # In force without a restart: the saved token, which nobody types again, is what is tried.
    page.reload()
    expect(page.get_by_label("Base URL", exact=True)).to_have_value(twin.url)
    twin.headers.clear()
    fill(page, org="998")
    expect(page.get_by_text("998 is not one of its organizations")).to_be_visible()
    assert {each.get("authorization") for each in twin.headers} == {f"Bearer {TOKEN}"}
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_label("Organization id", exact=True)).to_have_value(str(ORG))


def test_the_token_never_comes_back_to_the_browser(page: Page, api: Api, twin: HostedApi) -> None:
    received: list[str] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: received.append(str(frame))),
    )
    page.goto("/settings")
    fill(page, url=twin.url, token=TOKEN)
    expect(page.get_by_text("Signed in as ann")).to_be_visible()
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_text("Settings saved")).to_be_visible()
    expect(page.get_by_label("Token", exact=True)).to_have_value("")
    page.reload()
    expect(page.get_by_label("Base URL", exact=True)).to_have_value(twin.url)
    received.append(page.content())
    received.append(page.evaluate("JSON.stringify([localStorage, sessionStorage])"))
    received += [page.evaluate("fetch('/api/settings').then(answer => answer.text())")]
    assert twin.url in "".join(received), "the frames must have been seen"
    assert TOKEN not in "".join(received)


def test_a_setting_that_cannot_be_is_refused_and_kept_to_be_mended(page: Page, api: Api) -> None:
    page.goto("/settings")
    field = page.get_by_label("Runs at the same time")
    before = field.input_value()
    field.fill("-3")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_role("alert").filter(has_text="concurrency")).to_be_visible()
    expect(field).to_have_value("-3")
    page.get_by_role("button", name="Discard").click()
    expect(field).to_have_value(before)


def test_rules_are_saved_and_told_to_new_runs(page: Page, api: Api) -> None:
    page.goto("/settings")
    page.get_by_label("Rules for all runs").fill("/write from-the-rules.txt kept")
    page.get_by_role("button", name="Save rules").click()
    expect(page.get_by_text("Rules saved.")).to_be_visible()
    run_id = api.finished("Follow the rules")
    files = api.http.get(f"/agent_runs/{run_id}/files").json()["items"]
    assert "from-the-rules.txt" in {file["path"] for file in files}
    page.reload()
    field = page.get_by_label("Rules for all runs")
    expect(field).to_have_value("/write from-the-rules.txt kept")
    field.fill("")
    page.get_by_role("button", name="Save rules").click()
    expect(page.get_by_text("Rules saved.")).to_be_visible()
    assert api.http.get("/rules").json()["organization_rules"] is None
