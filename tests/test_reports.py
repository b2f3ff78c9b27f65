"""Reports: of a period from the figures, of one run from its entries; harmless wherever shown."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from export_samples import ALL, HOSTILE, full_run, no_diff
from junitparser import JUnitXml
from markdown_it import MarkdownIt

from agent_runs.analytics import Scope
from agent_runs.exports import digest, junit
from agent_runs.exports.markdown import escaped
from agent_runs.exports.page import POLICY
from agent_runs.exports.reader import RunReader
from agent_runs.models import NewLog
from agent_runs.reports import as_html, as_json, as_markdown, read_report
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import logs, runs, turns
from tests.store_samples import NOW, new_run

pytestmark = pytest.mark.anyio
TODAY = datetime.now(UTC).date()


async def filled(database: Database) -> None:
    """A run that went well, one that failed with hostile text, one that works."""
    good = await new_run(database, agent="claude")
    bad = await new_run(database, agent="<b>claude", title=f"@team {HOSTILE}")
    await new_run(database, agent="claude")
    async with database.begin() as transaction:
        for run in (good, bad):
            failed = NewLog(
                created_at=NOW,
                message_type="ACTION",
                tool_name="bash",
                tool_output={"status": "failed"},
                observation=HOSTILE,
            )
            await logs.append(transaction, run.id, None, [failed])
        await runs.change(transaction, good, status="COMPLETE")
        await runs.change(transaction, bad, status="ERROR", error=f"It broke | {HOSTILE}")


async def text_of(parts: AsyncIterator[bytes]) -> str:
    return b"".join([part async for part in parts]).decode()


async def test_a_report_says_what_the_runs_of_a_period_came_to(database: Database) -> None:
    await filled(database)
    report = await read_report(database, Scope(TODAY - timedelta(days=6), TODAY))
    facts = json.loads(as_json(report))
    assert facts["last_day"] == TODAY.isoformat()
    assert [row["number"] for row in facts["tables"]["days"]][-1] == 3
    assert (facts["failed_total"], [run["id"] for run in facts["failed_runs"]]) == (1, [2])
    agents = {row["agent"]: row["number"] for row in facts["tables"]["agents"]}
    assert agents == {"claude": 2, "<b>claude": 1}
    text = as_markdown(report).decode()
    assert f"# Agent runs, {TODAY - timedelta(days=6)} to {TODAY}" in text
    assert "| bash | 2 | 2 | 100 % |" in text
    assert "## Runs that failed: 1" in text


async def test_hostile_text_means_nothing_in_a_report(database: Database) -> None:
    await filled(database)
    report = await read_report(database, Scope(TODAY, TODAY))
    text = as_markdown(report).decode()
    assert "<script>" not in text.replace("\\<", "")
    assert "@team" not in text.replace("\\@", "")
    elements: list[tuple[str, dict[str, str | None]]] = []

    class Elements(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            elements.append((tag, dict(attrs)))

    Elements().feed(as_html(report).decode())
    assert {tag for tag, _ in elements}.isdisjoint({"script", "b", "img", "iframe", "link"})
    assert [each["content"] for _, each in elements if "http-equiv" in each] == [POLICY]


async def test_a_report_of_nothing_is_whole(database: Database) -> None:
    report = await read_report(database, Scope(TODAY, TODAY))
    assert json.loads(as_json(report))["failed_runs"] == []
    assert "Runs that failed" not in as_markdown(report).decode()
    assert as_html(report).endswith(b"</html>\n")


async def test_a_digest_fits_a_comment_on_a_pull_request(database: Database) -> None:
    run = await new_run(database, title=f"Fix it @team {HOSTILE}", agent="claude")
    steps = [
        NewLog(
            created_at=NOW,
            message_type="ACTION",
            tool_name="bash",
            tool_input={"command": "pytest"},
            tool_output={"status": "failed", "exit_code": 1},
            observation="E   boom\n===== 1 failed, 2 passed in 0.10s =====",
        ),
        NewLog(
            created_at=NOW,
            message_type="ACTION",
            tool_name="edit",
            tool_input={"path": "src/x.py"},
            tool_output={
                "status": "completed",
                "diffs": [{"path": "src/x.py", "unified": "@@ -1 +1 @@\n-a\n+b\n"}],
            },
        ),
    ]
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, steps)
        answer = f"{HOSTILE}\n" + "long " * 5000
        await turns.finish(transaction, run.id, 1, status="COMPLETE", result=answer)
        await runs.change(transaction, run, status="COMPLETE", result=answer)
    text = await text_of(digest.write(RunReader(database, no_diff).matching(ALL)))
    assert len(text) < 8000
    assert text.startswith(f"### Agent run {run.id}: Fix it \\@&#8203;team")
    assert "\n**Complete, but its last tests failed.**\n" in text.replace("\\", "")
    assert "- pytest: failed, 1 failed, 2 passed in 0.10s\n" in text.replace("\\", "")
    assert "- src/x\\.py (+1 -1)" in text
    outside = text.partition("<details>")[0]
    assert "<script>" not in outside.replace("\\<", "")


@pytest.mark.parametrize(
    "text",
    [
        "thank @team and @acme/owners, fixes #12",
        "see acme/api#7, GH-8, !9 and $10",
        "look at https://github.com/acme/api/issues/1 or www.evil.example",
        "write to someone@evil.example, <https://evil.example>, mailto:a@evil.example",
        "user@0123456789abcdef0123456789abcdef01234567",
        "&#64;team &commat;team \\@team `@team`",
    ],
)
def test_foreign_text_mentions_nobody_and_leads_nowhere_once_it_is_rendered(text: str) -> None:
    # Hosts of code look for mentions, references and addresses in what Markdown has become.
    shown = MarkdownIt().render(escaped(text))
    assert "<a" not in shown
    assert "<code" not in shown
    plain = unescape(re.sub("<[^>]*>", "", shown)).strip()
    assert not re.search(r"[@#!$]\w|\bGH-\d|://|www\.", plain)
    assert plain.replace("\u200b", "") == text


async def test_junit_has_a_suite_per_run_and_a_case_per_turn(database: Database) -> None:
    await full_run(database, prompt="strange\ufffe\x1b[31m <&> text")
    good, busy = await new_run(database), await new_run(database, status="ACTIVE")
    async with database.begin() as transaction:
        await turns.finish(transaction, good.id, 1, status="COMPLETE", result="ok")
        await runs.change(transaction, good, status="COMPLETE")
        await turns.start(transaction, busy.id, 1)
    text = await text_of(junit.write(RunReader(database, no_diff).matching(ALL)))
    suites: list[Any] = list(JUnitXml.fromstring(text.encode()))
    assert [(each.tests, each.errors, each.skipped) for each in suites] == [
        (2, 1, 0),
        (1, 0, 0),
        (1, 0, 1),
    ]
    first, second = list(suites[0])
    assert (first.name, first.classname) == ("turn 1: strange <&> text", "agent_runs.scripted")
    assert first.is_passed
    assert second.result[0].message == "The agent <gave> up."
    assert {each.name: each.value for each in suites[0].properties()}["status"] == "ERROR"
