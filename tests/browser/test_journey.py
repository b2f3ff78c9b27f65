"""The whole job in the browser: start, watch, read, resume, stop, answer, archive."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.parts import Api


def test_a_run_is_started_and_watched_to_its_end(page: Page, api: Api) -> None:
    page.goto("/")
    page.get_by_role("button", name="New run").click()
    expect(page.get_by_role("heading", name="New run", exact=True)).to_be_visible()
    page.get_by_label("What should the agent do?").fill(
        "Watch me\n/think First I think.\n/run sleep 1; echo from-the-shell\n/say All **done**."
    )
    page.get_by_role("button", name="Allow").click()
    page.get_by_role("button", name="Start run").click()
    expect(page).to_have_url(re.compile(r"/runs/\d+/?$"))
    log = page.get_by_role("log")
    expect(log.locator("[data-seq='0']")).to_contain_text("Watch me")
    expect(page.locator("[data-status='COMPLETE']").first).to_be_visible()
    expect(log.get_by_text("First I think.", exact=True)).to_be_visible()
    expect(log.locator("strong", has_text="done")).to_be_visible()
    log.get_by_role("button", name=re.compile("from-the-shell")).click()
    expect(log.locator("pre.out", has_text="from-the-shell").last).to_be_visible()


def test_a_finished_run_is_resumed_and_the_text_is_sent_once(page: Page, api: Api) -> None:
    run_id = api.create("Resume me\n/say one")
    api.wait_until(run_id, "COMPLETE")
    page.goto(f"/runs/{run_id}")
    page.get_by_label("Tell the agent what to do next").fill("/say two")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_label("Tell the agent what to do next")).to_have_value("")
    expect(page.get_by_role("log").get_by_text("two", exact=True)).to_be_visible()
    expect(page.get_by_role("log").get_by_text("Turn 2")).to_be_visible()


def test_a_running_run_is_stopped(page: Page, api: Api) -> None:
    run_id = api.create("Stop me\n/sleep 120")
    page.goto(f"/runs/{run_id}")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("[data-status='CANCELLED']").first).to_be_visible()
    expect(page.get_by_role("button", name="Archive")).to_be_visible()


def test_a_question_is_answered_in_the_list(page: Page, api: Api) -> None:
    run_id = api.create("Ask me\n/ask delete everything\n/say thanks", permission_policy="ask")
    api.wait_until(run_id, "PAUSED")
    page.goto("/")
    row = page.locator(f"[data-row='{run_id}']")
    expect(row.get_by_text("delete everything")).to_be_visible()
    row.get_by_role("button", name="Approve once").click()
    expect(row.locator("[data-status='COMPLETE']")).to_be_visible()


def test_an_archived_run_comes_back_with_undo(page: Page, api: Api) -> None:
    run_id = api.create("Archive me\n/say ok")
    api.wait_until(run_id, "COMPLETE")
    page.goto("/?q=Archive+me")
    row = page.locator(f"[data-row='{run_id}']")
    row.get_by_role("button", name=f"Actions for run {run_id}").click()
    page.get_by_role("menuitem", name="Archive").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()
    assert api.run(run_id)["archived_at"] is None


def test_several_runs_are_archived_at_once(page: Page, api: Api) -> None:
    ids = [api.create(f"Bulk pair {at}\n/say ok") for at in range(2)]
    for run_id in ids:
        api.wait_until(run_id, "COMPLETE")
    page.goto("/?q=Bulk+pair")
    for run_id in ids:
        page.get_by_label(f"Select run {run_id}").click()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Archive selected").click()
    expect(page.get_by_text("No runs match these filters")).to_be_visible()
    assert all(api.run(run_id)["archived_at"] for run_id in ids)


def test_settings_that_an_agent_offered_can_be_chosen(page: Page, api: Api) -> None:
    offers = api.home / "data/agents/scripted.json"
    offers.parent.mkdir(exist_ok=True)
    values = {"low": "Low", "high": "High"}
    modes = {"calm": "Calm", "yolo": "Do all"}
    options = [
        {"id": "effort", "name": "Effort", "values": values},
        {"id": "mode", "name": "Mode", "values": modes, "asking": ["calm"]},
    ]
    offers.write_text(json.dumps(options))
    page.goto("/new")
    page.get_by_role("radio", name=re.compile("^.*Scripted")).click()
    page.get_by_text("More options").click()
    expect(page.get_by_label("Mode", exact=True).get_by_role("option")).to_have_text(
        ["The agent's default", "Calm"]
    )
    page.get_by_label("Effort").select_option("High")
    page.get_by_label("What should the agent do?").fill("/say with much effort")
    page.get_by_label("What should the agent do?").press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/runs/\d+"))
    run_id = int(page.url.rpartition("/")[2])
    api.wait_until(run_id, "ERROR")
    assert api.run(run_id)["options"] == {"effort": "high"}
    expect(page.get_by_text("cannot use the option 'effort'").first).to_be_visible()
