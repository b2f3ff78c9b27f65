"""What a run did, on one screen of Markdown: fits into a comment on a pull request.

Foreign text is fenced or escaped: it can neither become markup nor mention anybody. The length is
bounded, like that of a comment.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

from agent_runs.exports.markdown import escaped, fenced
from agent_runs.exports.reader import ExportedRun
from agent_runs.insight import Insight, InsightReader
from agent_runs.models import JSON
from agent_runs.reading.amounts import duration, money
from agent_runs.reading.text import cut

_LONGEST = 4000
_MOST_FILES = 20
_MOST_TESTS = 5
_SECOND = 1000


async def write(runs: AsyncIterator[ExportedRun]) -> AsyncIterator[bytes]:
    """Yield one digest per run."""
    is_first = True
    async for run in runs:
        reader = InsightReader(run.run)
        async for entries in run.entries():
            await asyncio.to_thread(_feed, reader, entries)
        yield ("" if is_first else "\n---\n\n").encode()
        is_first = False
        yield "".join(_digest(run, reader.insight())).encode()


def _feed(reader: InsightReader, entries: Sequence[dict[str, JSON]]) -> None:
    for entry in entries:
        reader.feed(entry)


def _digest(exported: ExportedRun, insight: Insight) -> Iterator[str]:
    run = exported.run
    yield f"### Agent run {run.id}: {escaped(run.name)}\n\n"
    yield f"**{escaped(insight.outcome if run.has_ended else run.status_word)}**\n\n"
    yield "| agent | steps | tool calls | failed | working | tokens | cost |\n"
    yield "| --- | --- | --- | --- | --- | --- | --- |\n"
    usage = insight.usage
    tokens = "" if usage.total_tokens is None else f"{usage.total_tokens:,}"
    cost = "" if usage.cost is None else money(usage.cost, usage.currency)
    cells = (
        run.agent or "", f"{insight.steps:,}", f"{insight.tool_calls:,}",
        f"{insight.failed_calls:,}", duration(insight.working_ms / _SECOND), tokens, cost,
    )  # fmt: skip
    yield f"| {' | '.join(map(escaped, cells))} |\n"
    yield from _troubles(insight)
    if insight.tests:
        yield "\n**Tests**\n\n"
        for test in insight.tests[-_MOST_TESTS:]:
            word = "passed" if test.ok else "failed"
            yield f"- {escaped(test.runner)}: {word}, {escaped(test.text.strip('= '))}\n"
    if insight.files:
        yield f"\n**Files changed: {insight.files_total}**\n\n"
        for file in insight.files[:_MOST_FILES]:
            yield f"- {escaped(file.path)} (+{file.added} -{file.removed})\n"
        if insight.files_total > _MOST_FILES:
            yield f"- and {insight.files_total - _MOST_FILES} more\n"
    if run.result:
        answer = fenced(cut(run.result, _LONGEST), "markdown")
        yield f"\n<details><summary>Answer</summary>\n\n{answer}\n</details>\n"


def _troubles(insight: Insight) -> Iterator[str]:
    first = insight.first_error
    if first is not None:
        yield f"\n**First error**, step {first.seq}: {escaped(first.text)}\n"
    if insight.is_loop and insight.repeats:
        repeat = insight.repeats[0]
        yield f"\n**Repeated itself**: {escaped(repeat.tool_name)}, {repeat.times} times\n"
