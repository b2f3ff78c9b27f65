"""What goes wrong around a page: the API slow, failing, away; the way to the browser cut."""

import re

from playwright.sync_api import Page, expect

from tests.browser.line import Line
from tests.browser.parts import Api

PROMPT = "What should the agent do?"
REPLY = "Tell the agent what to do next"


def test_the_page_recovers_by_itself_when_the_api_comes_back(rough_page: Page, api: Api) -> None:
    page = rough_page
    page.goto("/new")
    expect(page.get_by_role("radio").first).to_be_visible()
    page.get_by_label(PROMPT).fill("Not a word is lost\n/say ok")
    api.stop()
    expect(page.get_by_text("The API is not running.").first).to_be_visible()
    expect(page.get_by_role("button", name="Start run")).to_be_disabled()
    api.start()
    expect(page.locator("[data-link='live']").first).to_be_visible()
    expect(page.get_by_label(PROMPT)).to_have_value("Not a word is lost\n/say ok")
    page.get_by_role("button", name="Start run").click()
    expect(page.locator("[data-status='COMPLETE']").first).to_be_visible()


def test_a_run_that_works_while_the_api_restarts_is_told_as_it_is(
    rough_page: Page, api: Api
) -> None:
    page = rough_page
    run_id = api.create("In mid-stream\n/run echo before\n/sleep 300")
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_role("log").get_by_text("echo before").first).to_be_visible()
    api.stop()
    expect(page.locator("[data-link='down']").first).to_be_visible()
    expect(page.get_by_role("log").get_by_text("echo before").first).to_be_visible()
    api.start()
    expect(page.locator("[data-link='live']").first).to_be_visible()
    status = page.locator("[data-status]").first
    expect(status).to_have_attribute("data-status", str(api.run(run_id)["status"]))
    api.http.post(f"/agent_runs/{run_id}/stop").raise_for_status()
    api.wait_until(run_id, "COMPLETE", "ERROR", "CANCELLED")
    expect(status).to_have_attribute("data-status", str(api.run(run_id)["status"]))


def test_a_slow_api_shows_bones_and_then_the_page(
    rough_page: Page, api: Api, api_line: Line
) -> None:
    run_id = api.finished("Slow but sure\n/say ok")
    api_line.delay = 5.0
    rough_page.goto("/?q=Slow+but+sure")
    expect(rough_page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    expect(rough_page.locator(".skel").first).to_be_visible()
    expect(rough_page.locator(f"[data-row='{run_id}']")).to_be_visible()
    expect(rough_page.locator(".skel")).to_have_count(0)


def test_a_prompt_sent_to_a_slow_api_is_sent_once(
    rough_page: Page, api: Api, api_line: Line
) -> None:
    rough_page.goto("/new")
    rough_page.get_by_label(PROMPT).fill("Patience\n/say ok")
    button = rough_page.get_by_role("button", name="Start run")
    expect(button).to_be_enabled()
    api_line.delay = 2.0
    api_line.passed.clear()
    button.click()
    expect(button).to_be_disabled()
    expect(rough_page.get_by_label(PROMPT)).to_have_value("Patience\n/say ok")
    expect(rough_page).to_have_url(re.compile(r"/runs/\d+/?$"))
    api_line.delay = 0.0
    assert api_line.passed.count("/agent_runs") == 1


def test_a_failing_list_says_so_and_comes_back(rough_page: Page, api: Api, api_line: Line) -> None:
    run_id = api.finished("Here again\n/say ok")
    api_line.fails = re.compile(r"/agent/runs\?")
    rough_page.goto("/?q=Here+again")
    expect(rough_page.get_by_text("Broken on purpose")).to_be_visible()
    api_line.mend()
    rough_page.get_by_role("button", name="Try again").click()
    expect(rough_page.locator(f"[data-row='{run_id}']")).to_be_visible()
    expect(rough_page.get_by_text("Broken on purpose")).to_have_count(0)


def test_a_failing_run_page_says_so_and_comes_back(
    rough_page: Page, api: Api, api_line: Line
) -> None:
    run_id = api.finished("Run again\n/say ok")
    api_line.fails = re.compile(rf"/agent/run/{run_id}$")
    rough_page.goto(f"/runs/{run_id}")
    expect(rough_page.get_by_text("Broken on purpose")).to_be_visible()
    api_line.mend()
    rough_page.get_by_role("button", name="Try again").click()
    expect(rough_page.locator("[data-seq='0']")).to_be_visible()


def test_entries_that_could_not_be_read_come_by_themselves(
    rough_page: Page, api: Api, api_line: Line
) -> None:
    run_id = api.finished("Entries again\n/say ok")
    api_line.fails = re.compile(rf"^/agent_runs/{run_id}/logs\?")
    rough_page.goto(f"/runs/{run_id}")
    expect(rough_page.get_by_text("Broken on purpose")).to_be_visible()
    requests_before = len(api_line.passed)
    api_line.mend()
    expect(rough_page.locator("[data-seq='0']")).to_contain_text("Entries again")
    expect(rough_page.get_by_text("Broken on purpose")).to_have_count(0)
    assert len(api_line.passed) - requests_before < 20, "a failing API must not be hammered"


def test_a_refused_prompt_stays_in_the_field(rough_page: Page, api: Api, api_line: Line) -> None:
    rough_page.goto("/new")
    rough_page.get_by_label(PROMPT).fill("Kept as it is\n/say ok")
    api_line.fails = re.compile(r"^/agent_runs$")
    rough_page.get_by_role("button", name="Start run").click()
    expect(rough_page.get_by_role("alert").filter(has_text="Broken on purpose")).to_be_visible()
    expect(rough_page.get_by_label(PROMPT)).to_have_value("Kept as it is\n/say ok")
    api_line.mend()
    rough_page.get_by_role("button", name="Start run").click()
    expect(rough_page.locator("[data-status='COMPLETE']").first).to_be_visible()


def test_a_prompt_whose_answer_was_lost_is_sent_again_and_makes_one_run(
    rough_page: Page, api: Api, api_line: Line
) -> None:
    rough_page.goto("/new")
    expect(rough_page.get_by_role("radio", checked=True)).to_be_visible()  # part of the request
    rough_page.get_by_label(PROMPT).fill("Started once\n/say ok")
    api_line.loses = re.compile(r"^/agent_runs$")
    rough_page.get_by_role("button", name="Start run").click()
    expect(
        rough_page.get_by_role("alert").filter(has_text="The API is not running")
    ).to_be_visible()
    rough_page.get_by_role("button", name="Start run").click()
    expect(rough_page).to_have_url(re.compile(r"/runs/\d+/?$"))
    assert api.http.get("/agent_runs", params={"q": "Started once"}).json()["total"] == 1


def test_what_happens_while_the_api_cannot_be_reached_is_there_afterwards(
    rough_page: Page, api: Api, api_line: Line
) -> None:
    run_id = api.finished("A gap\n/say first")
    rough_page.goto(f"/runs/{run_id}")
    expect(rough_page.get_by_role("log").get_by_text("first", exact=True)).to_be_visible()
    api_line.cut()
    expect(rough_page.locator("[data-link='down']").first).to_be_visible()
    api.http.post(f"/agent_runs/{run_id}/resume", json={"prompt": "/say second"})
    api.wait_until(run_id, "COMPLETE")
    api_line.mend()
    expect(rough_page.get_by_role("log").get_by_text("second", exact=True)).to_be_visible(
        timeout=30_000
    )


def test_a_page_whose_websocket_was_cut_catches_up_and_keeps_what_was_typed(
    rough_page: Page, api: Api, browser_line: Line
) -> None:
    run_id = api.finished("Cut off\n/say first")
    rough_page.goto(f"/runs/{run_id}")
    expect(rough_page.get_by_role("log").get_by_text("first", exact=True)).to_be_visible()
    rough_page.get_by_label(REPLY).fill("/say typed before the cut")
    browser_line.cut()
    expect(rough_page.locator("[data-link='down']").first).to_be_visible()
    rough_page.get_by_label(REPLY).press_sequentially(" and after it")
    api.http.post(f"/agent_runs/{run_id}/resume", json={"prompt": "/say second"})
    api.wait_until(run_id, "COMPLETE")
    browser_line.mend()
    expect(rough_page.locator("[data-link='live']").first).to_be_visible()
    expect(rough_page.get_by_role("log").get_by_text("second", exact=True)).to_be_visible()
    expect(rough_page.get_by_label(REPLY)).to_have_value("/say typed before the cut and after it")
    rough_page.get_by_role("button", name="Resume").click()
    expect(
        rough_page.get_by_role("log").get_by_text("typed before the cut and after it", exact=True)
    ).to_be_visible()


def test_a_reply_that_cannot_be_sent_stays_in_the_field(
    rough_page: Page, api: Api, browser_line: Line
) -> None:
    run_id = api.finished("No way out\n/say first")
    rough_page.goto(f"/runs/{run_id}")
    rough_page.get_by_label(REPLY).fill("/say later")
    expect(rough_page.get_by_role("button", name="Resume")).to_be_enabled()
    rough_page.route("**/resume", lambda route: route.abort())
    rough_page.get_by_role("button", name="Resume").click()
    expect(rough_page.get_by_role("alert").filter(has_text="kept")).to_be_visible()
    expect(rough_page.get_by_label(REPLY)).to_have_value("/say later")
    rough_page.reload()
    expect(rough_page.get_by_label(REPLY)).to_have_value("/say later")


def test_a_draft_survives_a_reload(page: Page, api: Api) -> None:
    page.goto("/new")
    page.get_by_label(PROMPT).fill("half a thought")
    page.reload()
    expect(page.get_by_label(PROMPT)).to_have_value("half a thought")


def test_a_reload_in_mid_run_shows_it_again_and_goes_on(page: Page, api: Api) -> None:
    run_id = api.create(
        "Reload me\n/search echo early\n/ask go on\n/say late", permission_policy="ask"
    )
    api.wait_until(run_id, "PAUSED")
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_role("log").get_by_text("echo early").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("log").get_by_text("echo early").first).to_be_visible()
    page.get_by_role("button", name="Approve once").click()
    expect(page.get_by_role("log").get_by_text("late").last).to_be_visible()
    expect(page.locator("[data-status='COMPLETE']").first).to_be_visible()


def test_two_tabs_show_the_same(page: Page, api: Api) -> None:
    run_id = api.create("Two tabs\n/sleep 300")
    page.goto("/?q=Two+tabs")
    other = page.context.new_page()
    other.goto(f"/runs/{run_id}")
    other.get_by_role("button", name="Stop").click()
    row = page.locator(f"[data-row='{run_id}']")
    expect(row.locator("[data-status='CANCELLED']")).to_be_visible()
    row.get_by_role("button", name=f"Actions for run {run_id}").click()
    page.get_by_role("menuitem", name="Archive").click()
    expect(other.get_by_role("button", name="Restore")).to_be_visible()
    other.close()


def test_a_run_that_does_not_exist_is_said_to_be_missing(page: Page, api: Api) -> None:
    page.goto("/runs/999999")
    expect(page.get_by_role("heading", name="There is no such run")).to_be_visible()
