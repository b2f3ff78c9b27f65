"""The page of one run: links, search, folding, time, changes, questions, and what waits in line."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.parts import Api, watched

FOLLOW_UP = "Tell the agent what to do next"


def test_a_link_to_a_step_opens_it_even_when_it_is_folded(page: Page, api: Api) -> None:
    run_id = api.finished("Deep link\n" + "/search nothing\n" * 200 + "/say the end")
    page.goto(f"/runs/{run_id}?step=150")
    step = page.locator("article[data-seq='150']")
    expect(step).to_be_in_viewport()
    expect(step.get_by_text("no matches", exact=True)).to_be_visible()
    expect(page.get_by_text("the end", exact=True)).to_have_count(0)


def test_a_long_run_opens_at_its_end(page: Page, api: Api) -> None:
    run_id = api.finished("Long and folded\n" + "/search nothing\n" * 200 + "/say here it ends")
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_role("log").get_by_text("here it ends", exact=True)).to_be_in_viewport()


def test_a_long_title_leaves_the_actions_where_they_are(page: Page, api: Api) -> None:
    run_id = api.finished("W" * 600 + "\n/say ok")
    page.goto(f"/runs/{run_id}")
    for name in ("More", "Archive"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


def test_a_run_that_is_not_there_wears_no_other_title(rough_page: Page, api: Api) -> None:
    run_id = api.finished("Title of another\n/say ok")
    rough_page.goto("/")
    rough_page.locator(f"[data-row='{run_id}'] a").first.click()
    title = rough_page.locator(".runtitle")
    expect(title).to_have_text("Title of another")
    rough_page.goto("/runs/999999")
    expect(rough_page.get_by_role("heading", name="There is no such run")).to_be_visible()
    expect(title).to_have_text("")


def test_retry_lets_a_failed_run_go_on(page: Page, api: Api) -> None:
    run_id = api.finished("Fails once\n/error 500 broken on purpose")
    page.goto(f"/runs/{run_id}")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text(f"Retrying run {run_id}")).to_be_visible()
    expect(page.locator("[data-status='COMPLETE']").first).to_be_visible()
    assert api.run(run_id)["turn"] == 2


def test_an_address_that_names_no_page_leads_back(rough_page: Page) -> None:
    rough_page.goto("/no-such-page")
    expect(rough_page.get_by_role("heading", name="There is no such page")).to_be_visible()
    rough_page.get_by_role("link", name="Show all runs").click()
    expect(rough_page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()


def test_search_walks_over_all_entries_with_the_keyboard(page: Page, api: Api) -> None:
    steps = "/run echo needle one\n" + "/search nothing\n" * 120 + "/run echo NEEDLE two\n"
    run_id = api.finished(f"Find it\n{steps}/say no more")
    page.goto(f"/runs/{run_id}")
    log, field = page.get_by_role("log"), page.get_by_label("Search in this run")
    expect(log.get_by_text("no more", exact=True)).to_be_visible()
    page.keyboard.press("/")
    expect(field).to_be_focused()
    field.fill("echo needle")
    count = page.get_by_role("search").get_by_role("status")
    expect(count).to_have_text(re.compile(r"^1 of \d+$"))
    expect(log.locator("mark").first).to_have_text("echo needle")
    expect(page).to_have_url(re.compile("q=echo"))
    total = int(count.inner_text().split()[-1])
    page.keyboard.press("Shift+Enter")
    expect(count).to_have_text(f"{total} of {total}")
    page.keyboard.press("Enter")
    expect(count).to_have_text(f"1 of {total}")
    expect(page.locator(".step.hit")).to_be_in_viewport()
    page.reload()
    expect(field).to_have_value("echo needle")
    field.press("Escape")
    expect(field).to_have_value("")
    expect(page).not_to_have_url(re.compile("q="))


def test_a_pattern_finds_steps_and_a_wrong_one_is_explained(
    open_context: Callable[..., BrowserContext], api: Api
) -> None:
    run_id = api.finished("Patterns\n/run echo alpha 17\n/run echo beta 23\n/say gamma 42")
    total = api.http.get(
        f"/agent_runs/{run_id}/logs/search", params={"q": r"echo \w+ \d+$", "regex": True}
    ).json()["total"]
    with watched(open_context().new_page(), allowed=re.compile("status of 422")) as page:
        page.goto(f"/runs/{run_id}")
        field = page.get_by_label("Search in this run")
        field.fill(r"echo \w+ \d+$")
        expect(page.get_by_text("No match")).to_be_visible()
        page.get_by_role("button", name="Regular expression").click()
        expect(page.get_by_text(f"1 of {total}")).to_be_visible()
        expect(page.locator(".step.hit")).to_have_count(1)
        expect(page).to_have_url(re.compile("regex=1"))
        field.fill("a(b")
        expect(page.get_by_text("The pattern cannot be read")).to_be_visible()
        page.get_by_role("button", name="Regular expression").click()
        expect(page.get_by_text("No match")).to_be_visible()


def test_calls_that_only_look_are_one_line_and_repeats_are_counted(page: Page, api: Api) -> None:
    run_id = api.finished(
        "Fold\n/write a.txt one\n/write b.txt two\n/read a.txt\n/read b.txt\n"
        "/run echo again\n/run echo again\n/run echo again\n/say folded"
    )
    page.goto(f"/runs/{run_id}")
    log = page.get_by_role("log")
    expect(log.get_by_text("3 same call")).to_be_visible()
    reads = log.get_by_role("button", name="Read 2 files")
    reads.click()
    expect(log.get_by_role("button", name=re.compile("^read a.txt"))).to_be_visible()
    reads.click()
    expect(log.get_by_role("button", name=re.compile("^read a.txt"))).to_have_count(0)


def test_a_question_is_answered_on_the_page_of_the_run(page: Page, api: Api) -> None:
    run_id = api.create("Ask here\n/ask drop the table\n/say thanks", permission_policy="ask")
    page.goto(f"/runs/{run_id}")
    expect(page.locator("[data-status='PAUSED']").first).to_be_visible()
    expect(page.get_by_role("alert").get_by_text("drop the table")).to_be_visible()
    page.get_by_role("button", name="Approve once").click()
    expect(page.locator("[data-status='COMPLETE']").first).to_be_visible()
    expect(page.get_by_role("button", name="Approve once")).to_have_count(0)
    expect(page.get_by_role("log").get_by_text("approved by you")).to_be_visible()


def test_a_prompt_waits_in_line_and_can_be_withdrawn(page: Page, api: Api) -> None:
    run_id = api.create("Keep busy\n/ask go on\n/say first", permission_policy="ask")
    page.goto(f"/runs/{run_id}")
    expect(page.locator("[data-status='PAUSED']").first).to_be_visible()
    line = page.get_by_role("region", name="Queued prompts")
    for prompt in ("/say never sent", "/say second"):
        page.get_by_label(FOLLOW_UP).fill(prompt)
        page.get_by_role("button", name="Queue", exact=True).click()
        expect(page.get_by_label(FOLLOW_UP)).to_have_value("")
        expect(line.get_by_text(prompt)).to_be_visible()
    line.get_by_role("button", name="Withdraw").first.click()
    expect(line.get_by_text("/say never sent")).to_have_count(0)
    page.get_by_role("button", name="Approve once").click()
    expect(page.get_by_role("log").get_by_text("second", exact=True)).to_be_visible()
    expect(line).to_have_count(0)
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    assert "never sent" not in api.http.get(f"/agent_runs/{run_id}/turns").text


def test_a_bar_of_the_timeline_opens_its_step(page: Page, api: Api) -> None:
    run_id = api.finished("Take time\n/run sleep 1; echo slow\n/run echo quick\n/say done")
    page.goto(f"/runs/{run_id}?tab=timeline")
    expect(page.get_by_role("heading", name="Where the time went")).to_be_visible()
    bar = page.locator("[data-bar]", has_text="sleep 1")
    expect(bar.get_by_text(re.compile(r"^\d+\.\ds$"))).to_be_visible()
    seq = bar.get_attribute("data-bar")
    bar.click()
    expect(page).to_have_url(re.compile(rf"step={seq}$"))
    expect(page.locator(f"[data-seq='{seq}']")).to_contain_text("slow")


def test_changes_are_a_tree_and_a_diff(page: Page, api: Api) -> None:
    run_id = api.finished("Change\n/write docs/a.txt one\\ntwo\n/write src/b.py <b>x</b>\n/say ok")
    page.goto(f"/runs/{run_id}?tab=changes")
    tree = page.get_by_role("navigation", name="Changed files")
    expect(tree.get_by_role("heading", name="2 files")).to_be_visible()
    expect(page.get_by_role("region", name="docs/a.txt").get_by_text("two")).to_be_visible()
    tree.get_by_role("link", name="b.py").click()
    expect(page.get_by_role("region", name="src/b.py").get_by_text("<b>x</b>")).to_be_in_viewport()


def test_resume_of_the_list_puts_the_cursor_where_you_write(page: Page, api: Api) -> None:
    run_id = api.finished("Resume from the list\n/say ok")
    page.goto(f"/runs/{run_id}?resume=1")
    expect(page.get_by_label(FOLLOW_UP)).to_be_focused()
    expect(page.get_by_text("Starts turn 2")).to_be_visible()


def test_a_form_of_an_agent_is_filled_in_on_the_page(page: Page, api: Api) -> None:
    parts = {"type": "array", "items": {"enum": ["a", "b", "c"]}}
    properties = {
        "db": {"title": "Database", "enum": ["SQLite", "Postgres"]},
        "size": {"type": "integer", "title": "Size"},
        "fast": {"type": "boolean", "title": "Fast"},
        "parts": {"title": "Parts", **parts},
    }
    schema = {"required": ["db"], "properties": properties}
    asks = json.dumps({"mode": "form", "message": "Which one?", "requestedSchema": schema})
    run_id = api.create(f"/request elicitation/create {asks}")
    api.wait_until(run_id, "PAUSED")
    page.goto(f"/runs/{run_id}")
    form = page.locator(".ask")
    expect(form).to_contain_text("Which one?")
    form.locator("select[aria-label='Database']").select_option("Postgres")
    form.locator("input[aria-label='Size']").fill("5")
    form.locator("select[aria-label='Fast']").select_option("no")
    for part in ("a", "c"):
        form.get_by_text(part, exact=True).click()
    form.get_by_role("button", name="Submit").click()
    expect(page.locator("[data-status='COMPLETE']").first).to_be_visible()
    content = {"db": "Postgres", "size": 5, "fast": False, "parts": ["a", "c"]}
    assert json.loads(api.run(run_id)["result"]) == {"action": "accept", "content": content}
