"""What the formats write: complete where they say so, harmless wherever they are opened."""

import asyncio
import csv
import io
import json
from html.parser import HTMLParser

import pytest
from export_samples import ALL, DIFF, HOSTILE, PICTURE, exported, full_run, no_diff

from agent_runs.errors import Unavailable
from agent_runs.exports.formats import FORMATS
from agent_runs.exports.page import POLICY
from agent_runs.exports.reader import RunReader
from agent_runs.filters import ExportFormat, LogFilter
from agent_runs.models import JSON
from agent_runs.reading.failure import has_failed
from agent_runs.store.engine.database import Database
from agent_runs.store.files import exports
from agent_runs.store.runs import logs, runs
from tests.store_samples import entry, new_run

pytestmark = pytest.mark.anyio


async def text_of(database: Database, form: ExportFormat, diff: str = "") -> str:
    async def read_diff(_: int) -> str:
        return diff

    reader = RunReader(database, read_diff)
    written = FORMATS[form].write(reader.matching(ALL), "server", "All <runs>")
    return b"".join([part async for part in written]).decode()


async def test_json_lines_hold_everything_between_a_header_and_an_end_with_counts(
    database: Database,
) -> None:
    run = await full_run(database)
    text = await text_of(database, "jsonl", DIFF)
    records = [json.loads(line) for line in text.split("\n") if line]
    assert records[0] | {"exported_at": "", "version": ""} == {
        "type": "agent_runs",
        "format": 1,
        "exported_at": "",
        "server": "server",
        "version": "",
    }
    kinds = [record["type"] for record in records[1:-1]]
    assert kinds == ["run", "repo", "turn", "turn", "permission", "diff", *["log"] * 8]
    assert records[-1] == {"type": "end", "runs": 1, "turns": 2, "permissions": 1, "logs": 8}
    whole = json.loads(await runs.text(database, run.id))
    assert records[1] == {
        **whole,
        "type": "run",
        "origin": f"{await exports.server_id(database)}:{run.id}",
    }
    assert records[2]["url"] == "https://git.example/acme/api"
    assert (records[3]["prompt"], records[3]["images"]) == (HOSTILE, [PICTURE])
    assert records[6] == {"type": "diff", "diff": DIFF}
    served, _ = await logs.page(database, run.id, skip=0, limit=100)
    # Whether an entry failed is read from it, wherever the file goes.
    assert [{**record, "failed": has_failed(record)} for record in records[7:-1]] == [
        {"type": "log", **json.loads(each)} for each in served
    ]


async def test_a_server_keeps_its_name(database: Database) -> None:
    assert await exports.server_id(database) == await exports.server_id(database)
    assert len(await exports.server_id(database)) == 32


async def test_long_runs_and_large_entries_come_in_small_parts(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        many = [entry("x" * (10 if at % 300 else 1_900_000)) for at in range(1200)]
        await logs.append(transaction, run.id, None, many)
    read = await RunReader(database, no_diff).one(run.id)
    sizes = [(number, len(part)) async for part, number in read.joined(b",{")]
    assert sum(number for number, _ in sizes) == 1200
    assert max(size for _, size in sizes) < 4_200_000
    assert len(sizes) >= 2


async def test_entries_that_come_while_a_run_is_read_are_left_to_the_next_export(
    database: Database,
) -> None:
    run = await full_run(database)
    read = await RunReader(database, no_diff).one(run.id)
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [entry("late")])
    assert [number async for _, number in read.joined(b"\n{")] == [8]


async def test_only_wanted_runs_are_read_oldest_first(database: Database) -> None:
    made = [await new_run(database, agent="a" if at % 2 else "b") for at in range(5)]
    reader = RunReader(database, no_diff)
    chosen = await reader.listed([made[3].id, made[1].id, made[3].id])
    assert [run.run.id async for run in chosen] == [made[1].id, made[3].id]
    ids = await exports.run_ids(database, ALL, after_id=made[1].id, limit=2)
    assert ids == [made[2].id, made[3].id]


async def test_json_is_one_object_for_all_runs(database: Database) -> None:
    first, second = await full_run(database), await new_run(database)
    exported_runs = json.loads(await text_of(database, "json", DIFF))["runs"]
    assert [each["run"]["id"] for each in exported_runs] == [first.id, second.id]
    assert exported_runs[0]["diff"] == DIFF
    assert [len(exported_runs[0][name]) for name in ("turns", "permissions", "logs")] == [2, 1, 8]


async def test_a_table_cannot_run_anything_in_a_spreadsheet(database: Database) -> None:
    run = await full_run(database, prompt="@SUM(A1)")
    table = list(csv.DictReader(io.StringIO(await text_of(database, "csv-runs"))))
    assert (table[0]["title"], table[0]["prompt"]) == ("'=1+1", "'@SUM(A1)")
    assert (table[0]["id"], table[0]["repo"]) == (str(run.id), "https://git.example/acme/api")
    rows = list(csv.DictReader(io.StringIO(await text_of(database, "csv"))))
    assert [row["seq"] for row in rows] == [str(at) for at in range(8)]
    assert [row["seq"] for row in rows if row["failed"] == "true"] == ["2", "7"]
    assert json.loads(rows[2]["tool_input"]) == {"command": f"echo {HOSTILE}"}
    assert rows[0]["observation"] == HOSTILE
    begins = {value[:1] for row in [*rows, *table] for value in row.values()}
    assert begins.isdisjoint("=+-@\t\r")


async def test_a_table_calls_failed_what_the_filter_finds(database: Database) -> None:
    run = await new_run(database)
    outputs: list[dict[str, JSON]] = [
        {"status": "completed", "exit_code": 1},
        {"status": "failed", "exit_code": 0},
        {"status": "error"},
        {"status": "completed", "exit_code": 0},
    ]
    async with database.begin() as transaction:
        calls = [entry("x", tool_name="bash", tool_output=output) for output in outputs]
        await logs.append(transaction, run.id, None, [*calls, entry("no", message_type="ERROR")])
    rows = list(csv.DictReader(io.StringIO(await text_of(database, "csv"))))
    failed_entries, _ = await logs.page(
        database, run.id, skip=0, limit=100, filter=LogFilter(failed=True)
    )
    assert [int(row["seq"]) for row in rows if row["failed"] == "true"] == [
        json.loads(each)["seq"] for each in failed_entries
    ]


async def test_markdown_shows_hostile_text_in_fences_only(database: Database) -> None:
    await full_run(database)
    text = await text_of(database, "markdown", DIFF)
    outside: list[str] = []
    fence = ""
    for line in text.split("\n"):
        if not fence and line.startswith("```"):
            fence = "`" * (len(line) - len(line.lstrip("`")))
        elif fence and line == fence:
            fence = ""
        elif not fence:
            outside.append(line)
    assert not fence
    shown = "\n".join(outside)
    assert "<script>" not in shown.replace("\\<", "")
    assert "\n## Turn 2\n" in shown
    assert "### 2 · bash" in shown
    assert "**failed**" in shown
    assert "+new" in text
    assert "\x1b" not in text
    assert "⟨U+202E⟩" in text


async def test_markdown_says_in_words_why_a_run_ended(database: Database) -> None:
    run = await new_run(database)
    async with database.begin() as transaction:
        await runs.change(transaction, run, status="TIMEOUT", status_reason="idle_timeout")
    assert "the agent was silent for too long" in await text_of(database, "markdown")


class Elements(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


async def test_the_page_loads_nothing_and_runs_nothing(database: Database) -> None:
    await full_run(database)
    text = await text_of(database, "html", DIFF)
    page = Elements()
    page.feed(text)
    tags = {tag for tag, _ in page.found}
    assert tags.isdisjoint({"script", "iframe", "object", "embed", "link", "form", "base", "svg"})
    for tag, attributes in page.found:
        assert not any(name.startswith("on") or name == "style" for name in attributes), tag
        assert (attributes.get("src") or "data:image/gif;").startswith("data:image/gif;"), tag
        assert (attributes.get("href") or "#").startswith(("#run-", "http://evil/", "#")), tag
    policies = [each["content"] for _, each in page.found if "http-equiv" in each]
    assert policies == [POLICY]
    assert "default-src 'none'" in POLICY
    assert "unsafe" not in POLICY
    assert "<strong>Done</strong>" in text
    assert "All &lt;runs&gt;" in text
    assert "⟨U+202E⟩" in text


@pytest.mark.parametrize("form", ["html", "markdown"])
async def test_the_answer_of_a_hosted_agent_is_read_from_an_object(
    database: Database, form: ExportFormat
) -> None:
    run = await new_run(database)
    answer = entry({"text": "All tests pass"}, message_type="FINAL_ANSWER")
    choice = entry({"chosen": "the second way"}, message_type="FINAL_ANSWER")
    async with database.begin() as transaction:
        await logs.append(transaction, run.id, None, [answer, choice])
    text = await text_of(database, form)
    assert "All tests pass" in text
    assert "the second way" in text


async def test_an_export_of_nothing_is_whole(database: Database) -> None:
    assert json.loads(await text_of(database, "json")) == {"runs": []}
    last = (await text_of(database, "jsonl")).strip().split("\n")[-1]
    assert json.loads(last) == {"type": "end", "runs": 0, "turns": 0, "permissions": 0, "logs": 0}
    assert "<article" not in await text_of(database, "html")
    assert (await exported(database)).count(b"\n") == 2


async def test_a_repository_that_is_gone_and_a_diff_that_fails_leave_the_rest(
    database: Database,
) -> None:
    run = await new_run(database, repo_id=4711)

    async def fails(_: int) -> str:
        raise Unavailable("The repository is gone.")

    read = await RunReader(database, fails).one(run.id)
    assert (read.repo, read.diff, read.run.id) == (None, "", run.id)


async def test_an_export_that_nobody_reads_on_leaves_nothing_behind(database: Database) -> None:
    long = [entry("x" * 100_000) for _ in range(50)]
    for _ in range(3):
        run = await new_run(database, status="COMPLETE")
        async with database.begin() as transaction:
            await logs.append(transaction, run.id, None, long)
    reader = RunReader(database, no_diff)
    exporting = reader.matching(ALL)
    first = await anext(exporting)
    parts = first.joined(b",{")
    await anext(parts)
    assert bool(read_ahead()) == (database.dialect == "postgresql")
    await parts.aclose()
    await exporting.aclose()
    assert read_ahead() == []


def read_ahead() -> list[str]:
    names = [task.get_name() for task in asyncio.all_tasks() if not task.done()]
    return [name for name in names if name == "export-ahead"]
