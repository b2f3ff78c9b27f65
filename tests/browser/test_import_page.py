"""Files of runs that come in through the dashboard: chosen, dropped, refused, cut off, given up."""

import json
import re
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.axe import axe_script, serious_in_both_themes
from tests.browser.line import Line
from tests.browser.parts import WIDE, Api, watched

REFUSED = re.compile("status of 422")
LATE_SECONDS = 3.0
SHORT_SECONDS = 1.5
"""With the three that the dashboard keeps a connection, less than the API keeps it."""
LARGE_BYTES = 48 * 1024 * 1024
"""More than the sockets on the way take in: it is still being sent when they stand still."""


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Generator[Page]:
    """A page whose files the API may refuse."""
    with watched(open_context().new_page(), allowed=REFUSED) as page:
        yield page


def exported(api: Api, folder: Path, *prompts: str, name: str = "runs.jsonl") -> Path:
    """A file of runs that this server takes for those of another one."""
    ids = [api.finished(prompt) for prompt in prompts]
    content = api.http.get("/exports", params={"format": "jsonl", "id": ids}).content
    file = folder / name
    file.write_bytes(content.replace(b'"origin":"', b'"origin":"elsewhere'))
    return file


def made_large(file: Path) -> Path:
    """The same with long blank lines before its end, which an import passes over."""
    content = file.read_bytes()
    begin = content.rindex(b'{"type":"end"')
    blank = b" " * (1024 * 1024 - 1) + b"\n"
    file.write_bytes(content[:begin] + blank * (LARGE_BYTES // len(blank)) + content[begin:])
    return file


def choose(page: Page, *files: Path) -> None:
    page.get_by_label("Files to import").set_input_files(list(files))


def job(page: Page, name: str) -> Locator:
    return page.locator("[data-import]", has=page.get_by_text(name, exact=True))


def found(api: Api, words: str) -> list[int]:
    answer = api.http.get("/agent_runs", params={"q": words}).json()
    return [run["id"] for run in answer["items"]]


def test_a_file_is_chosen_with_the_keyboard_and_leads_to_its_runs(
    page: Page, api: Api, tmp_path: Path
) -> None:
    file = exported(api, tmp_path, "Brought along\n/run exit 3", "And this\n/say two")
    page.goto("/")
    page.get_by_role("link", name="Import", exact=True).press("Enter")
    button = page.get_by_role("button", name="Choose files")
    with page.expect_file_chooser() as chooser:
        button.press("Enter")
    chooser.value.set_files(file)
    expect(job(page, file.name)).to_contain_text("2 imported")
    line = job(page, file.name).get_by_role("listitem").filter(has_text="Brought along")
    expect(line).to_contain_text("Imported")
    line.get_by_role("link").press("Enter")
    expect(page.get_by_text("This run was imported just now from run ")).to_be_visible()
    expect(page.get_by_role("log").get_by_text("Brought along").first).to_be_visible()


def test_what_is_here_already_is_known_and_a_later_export_updates_it(
    page: Page, api: Api, tmp_path: Path
) -> None:
    file = exported(api, tmp_path, "Come again\n/say one")
    page.goto("/import")
    choose(page, file)
    expect(job(page, file.name)).to_contain_text("1 imported")
    choose(page, file)
    expect(job(page, file.name).last).to_contain_text("1 already here · nothing changed")
    later = json.loads(file.read_text(encoding="utf-8").splitlines()[1])["updated_at"]
    newer = tmp_path / "newer.jsonl"
    newer.write_text(
        file.read_text(encoding="utf-8").replace(later, "2099-01-01T00:00:00Z"), encoding="utf-8"
    )
    choose(page, newer)
    expect(job(page, newer.name)).to_contain_text("1 updated")
    assert len(found(api, "Come again")) == 2


def test_a_session_of_claude_code_is_imported(page: Page, api: Api, tmp_path: Path) -> None:
    common = {"sessionId": "5c0ffee5", "timestamp": "2026-11-01T10:00:00Z", "cwd": "/work"}
    lines = (
        {"type": "user", "message": {"role": "user", "content": "Count the Claude sheep"}},
        {
            "type": "assistant",
            "message": {"role": "assistant", "content": [{"type": "text", "text": "Seven."}]},
        },
    )
    file = tmp_path / "5c0ffee5.jsonl"
    file.write_text("".join(json.dumps(common | line) + "\n" for line in lines), encoding="utf-8")
    page.goto("/import")
    choose(page, file)
    job(page, file.name).get_by_role("link").click()
    expect(page.get_by_text("from Claude Code session 5c0ffee5").first).to_be_visible()
    expect(page.get_by_role("log").get_by_text("Seven.").first).to_be_visible()


def test_a_file_that_is_refused_says_where_and_what_to_do_and_the_next_one_comes_in(
    page: Page, api: Api, tmp_path: Path
) -> None:
    good = exported(api, tmp_path, "Behind a broken one\n/say ok", name="good.jsonl")
    lines = good.read_bytes().splitlines(keepends=True)
    broken = tmp_path / "broken.jsonl"
    broken.write_bytes(b"".join(lines[:3]))
    page.goto("/import")
    choose(page, broken, good)
    alert = job(page, broken.name).get_by_role("alert")
    expect(alert).to_contain_text("Line 4: the file ends without")
    expect(alert).to_contain_text("it was cut off. Export or copy it again. Nothing was imported.")
    expect(job(page, good.name)).to_contain_text("1 imported")
    assert len(found(api, "Behind a broken one")) == 2


def test_a_file_that_was_taken_away_meanwhile_is_told_from_a_broken_line(
    rough_page: Page, tmp_path: Path
) -> None:
    page = rough_page
    file = tmp_path / "gone.jsonl"
    file.write_text("{}\n", encoding="utf-8")
    page.goto("/import")
    choose(page, file)
    expect(job(page, file.name).get_by_role("alert")).to_contain_text("Line 1")
    file.unlink()
    page.get_by_role("button", name=f"Try again: {file.name}").click()
    alert = job(page, file.name).get_by_role("alert")
    expect(alert).to_contain_text("The file was moved or changed while it was read.")
    expect(page.get_by_role("button", name=f"Try again: {file.name}")).to_have_count(0)


def test_hostile_names_titles_and_contents_are_only_text(
    page: Page, api: Api, tmp_path: Path
) -> None:
    script = "<img src=x onerror=document.title='owned'>"
    name = script.replace("/", "") + "\u202egnp.jsonl"
    file = exported(api, tmp_path, f"{script} title\n/say <script>alert(1)</script>", name=name)
    other = tmp_path / "other.jsonl"
    other.write_bytes(f'{{"type":"{script}"}}\n'.encode())
    page.goto("/import")
    choose(page, file, other)
    shown = job(page, name.replace("\u202e", "⟨U+202E⟩"))
    expect(shown).to_contain_text("1 imported")
    expect(shown).to_contain_text(f"{script} title")
    expect(job(page, other.name).get_by_role("alert")).to_contain_text("Line 1")
    expect(page.locator("main img")).to_have_count(0)
    assert "owned" not in page.title()


def test_files_and_folders_are_dropped_anywhere_on_the_page(
    page: Page, api: Api, tmp_path: Path
) -> None:
    text = exported(api, tmp_path, "Dropped\n/say ok").read_text(encoding="utf-8")
    page.goto("/import")
    expect(page.get_by_role("button", name="Choose files")).to_be_visible()
    dropped = page.evaluate_handle(
        """text => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], "dropped.jsonl"));
            return transfer;
        }""",
        text,
    )
    page.dispatch_event("main h1", "dragover", {"dataTransfer": dropped})
    expect(page.get_by_text("Drop to import")).to_be_visible()
    page.dispatch_event("main h1", "drop", {"dataTransfer": dropped})
    expect(job(page, "dropped.jsonl")).to_contain_text("1 imported")


def test_of_a_folder_only_what_can_be_imported_is_taken(
    page: Page, api: Api, tmp_path: Path
) -> None:
    inner = tmp_path / "projects" / "one"
    inner.mkdir(parents=True)
    file = exported(api, inner, "Deep within\n/say ok")
    (inner / "notes.txt").write_text("none", encoding="utf-8")
    page.goto("/import")
    page.get_by_label("Folder to import").set_input_files(tmp_path / "projects")
    expect(job(page, file.name)).to_contain_text("1 imported")
    expect(page.locator("[data-import]")).to_have_count(1)


def test_of_many_files_the_refused_ones_come_first_and_all_are_counted(
    page: Page, api: Api, tmp_path: Path
) -> None:
    text = exported(api, tmp_path, "One of many\n/say ok").read_text(encoding="utf-8")
    files = [tmp_path / f"part-{at}.jsonl" for at in range(15)]
    for at, file in enumerate(files):
        file.write_text(text.replace("elsewhere", f"elsewhere{at}"), encoding="utf-8")
    files[7].write_text("no line of ours\n", encoding="utf-8")
    page.goto("/import")
    choose(page, *files)
    expect(page.get_by_text("14 runs imported · 1 file refused").first).to_be_visible()
    expect(page.locator("[data-import]").first).to_contain_text("part-7.jsonl")
    expect(page.get_by_text("4 more are done")).to_be_visible()
    page.get_by_role("button", name="Clear the list").click()
    expect(page.locator("[data-import]")).to_have_count(0)


def test_an_import_goes_on_while_another_page_is_looked_at(
    page: Page, api: Api, api_line: Line, tmp_path: Path
) -> None:
    file = exported(api, tmp_path, "In the background\n/say ok")
    page.goto("/import")
    expect(page.locator("[data-link='live']").first).to_be_attached()
    api_line.delay = SHORT_SECONDS
    choose(page, file)
    expect(job(page, file.name)).to_have_attribute("data-import", re.compile("sending|storing"))
    page.get_by_role("link", name="Back to the runs").click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    page.get_by_role("link", name="Import", exact=True).click()
    expect(job(page, file.name)).to_contain_text("1 imported")


def test_an_import_that_is_cancelled_leaves_nothing_and_can_be_done_again(
    page: Page, api: Api, browser_line: Line, tmp_path: Path
) -> None:
    file = made_large(exported(api, tmp_path, "Thought better of it\n/say ok"))
    page.goto("/import")
    expect(page.get_by_role("button", name="Choose files")).to_be_visible()
    browser_line.delay = LATE_SECONDS
    choose(page, file)
    bar = page.get_by_role("progressbar", name=f"Progress of {file.name}")
    expect(bar).to_be_visible()
    page.get_by_role("button", name=f"Cancel {file.name}").click()
    expect(job(page, file.name)).to_contain_text("Nothing was imported.")
    assert len(found(api, "Thought better of it")) == 1
    browser_line.mend()
    page.get_by_role("button", name=f"Try again: {file.name}").click()
    expect(job(page, file.name)).to_contain_text("1 imported")


def test_a_line_that_is_cut_while_a_file_is_sent_is_told_and_nothing_is_half_there(
    rough_page: Page, api: Api, browser_line: Line, tmp_path: Path
) -> None:
    page = rough_page
    file = made_large(exported(api, tmp_path, "Cut on its way\n/say ok"))
    page.goto("/import")
    expect(page.locator("[data-link='live']").first).to_be_attached()
    browser_line.delay = LATE_SECONDS
    choose(page, file)
    expect(job(page, file.name)).to_have_attribute("data-import", "sending")
    browser_line.cut()
    alert = job(page, file.name).get_by_role("alert")
    expect(alert).to_contain_text("Nothing was imported. Try again when the connection is back.")
    assert len(found(api, "Cut on its way")) == 1
    browser_line.mend()
    page.get_by_role("button", name=f"Try again: {file.name}").click()
    expect(job(page, file.name)).to_contain_text("1 imported")


def test_a_line_that_is_cut_while_a_file_is_stored_is_told_and_it_is_there_once(
    rough_page: Page, api: Api, browser_line: Line, api_line: Line, tmp_path: Path
) -> None:
    page = rough_page
    file = exported(api, tmp_path, "Cut at the end\n/say ok")
    page.goto("/import")
    expect(page.locator("[data-link='live']").first).to_be_attached()
    api_line.delay = SHORT_SECONDS
    choose(page, file)
    expect(job(page, file.name)).to_have_attribute("data-import", "storing")
    browser_line.cut()
    alert = job(page, file.name).get_by_role("alert")
    expect(alert).to_contain_text("whole or not at all")
    browser_line.mend()
    api_line.mend()
    page.get_by_role("button", name=f"Try again: {file.name}").click()
    expect(job(page, file.name)).to_contain_text(re.compile("1 imported|1 already here"))
    assert len(found(api, "Cut at the end")) == 2


def _refused_while_away(page: Page, api_line: Line, file: Path) -> None:
    page.goto("/import")
    expect(page.locator("[data-link='live']").first).to_be_attached()
    api_line.cut()
    choose(page, file)
    alert = job(page, file.name).get_by_role("alert")
    expect(alert).to_contain_text("The API is not running.")
    api_line.mend()


def test_an_api_that_is_away_is_told_and_the_file_is_kept_for_later(
    rough_page: Page, api: Api, api_line: Line, tmp_path: Path
) -> None:
    page = rough_page
    file = exported(api, tmp_path, "Nobody at home\n/say ok")
    _refused_while_away(page, api_line, file)
    page.get_by_role("button", name=f"Try again: {file.name}").click()
    expect(job(page, file.name)).to_contain_text("1 imported")


def test_another_try_does_not_wait_for_settings_that_never_come(
    rough_page: Page, api: Api, api_line: Line, tmp_path: Path
) -> None:
    page = rough_page
    file = exported(api, tmp_path, "Nobody tells the limit\n/say ok")
    _refused_while_away(page, api_line, file)
    page.route("**/api/settings", lambda _: None)
    page.get_by_role("button", name=f"Try again: {file.name}").click()
    expect(job(page, file.name)).to_contain_text("1 imported")


def test_the_list_and_the_palette_do_not_offer_to_resume_an_imported_run(
    page: Page, api: Api, tmp_path: Path
) -> None:
    file = exported(api, tmp_path, "Only to be read\n/say ok")
    answer = api.http.post("/imports", content=file.read_bytes()).json()
    run_id = answer["runs"][0]["id"]
    page.goto("/?q=Only+to+be+read")
    row = page.locator(f"[data-row='{run_id}']")
    expect(row.get_by_text("Imported")).to_be_visible()
    row.get_by_role("button", name=f"Actions for run {run_id}").click()
    expect(page.get_by_role("menuitem", name="Archive")).to_be_visible()
    expect(page.get_by_role("menuitem", name="Resume")).to_have_count(0)
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_role("complementary")).to_contain_text("read-only")
    expect(page.get_by_role("complementary")).to_contain_text("on another server")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option", name="Archive", exact=True)).to_be_visible()
    expect(page.get_by_role("option", name="Resume", exact=True)).to_have_count(0)


@pytest.mark.parametrize("width", [WIDE["width"], 320])
def test_the_results_are_accessible_and_do_not_scroll_sideways(
    open_context: Callable[..., BrowserContext], api: Api, tmp_path: Path, width: int
) -> None:
    prompts = [f"{'A_long_word_' * 20} {at}\n/say ok" for at in range(8)]
    good = exported(api, tmp_path, *prompts, name=f"{'good' * 40}.jsonl")
    bad = tmp_path / "bad.jsonl"
    bad.write_text("{}\n", encoding="utf-8")
    context = open_context(bypass_csp=True, viewport={"width": width, "height": 900})
    with watched(context.new_page(), allowed=REFUSED) as page:
        page.goto("/import")
        choose(page, good, bad)
        expect(job(page, bad.name).get_by_role("alert")).to_be_visible()
        expect(page.get_by_text("2 more runs")).to_be_visible()
        assert serious_in_both_themes(page, axe_script()) == []
        wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1]
