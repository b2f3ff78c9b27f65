"""Two or more runs side by side."""

import asyncio
from typing import Annotated

import orjson
from fastapi import APIRouter, Query

from agent_runs.api.diffs import summarize
from agent_runs.api.errors import documented
from agent_runs.api.server import Running, Server
from agent_runs.errors import InvalidRequest, NotFound
from agent_runs.insight import Insight, InsightReader
from agent_runs.insight.compared import (
    ComparedFile,
    ComparedRun,
    Comparison,
    FileChange,
    Parting,
    PartingStep,
)
from agent_runs.insight.trail import Trail, parting
from agent_runs.models import AgentRun
from agent_runs.schemas.answers import DiffFile
from agent_runs.schemas.fields import LARGEST_ID
from agent_runs.store.figures.figures import mode_of
from agent_runs.store.runs import logs, runs

router = APIRouter(tags=["analytics"])

MOST_RUNS = 6
_PART = 500
_MOST_FILES = 500
_DIFF_CHARACTERS = 200_000
_MILLISECOND = 0.001

Ids = Annotated[
    str,
    Query(
        min_length=1,
        max_length=2000,
        pattern=r"^[0-9]+(,[0-9]+)*$",
        description=f"Ids of 2 to {MOST_RUNS} runs, with commas between them.",
        examples=["1,2"],
    ),
]


class _Read:
    """One run, read to its end: entries are passed on to the readers and not kept."""

    def __init__(self, run: AgentRun, folder: str) -> None:
        self.run = run
        self.reader = InsightReader(run)
        self.trail = Trail(folder)
        self.files: dict[str, tuple[DiffFile, str]] = {}
        self.has_diff = False

    def feed(self, texts: list[str]) -> None:
        for text in texts:
            entry = orjson.loads(text)
            self.reader.feed(entry)
            self.trail.feed(entry)


@router.get("/compare", responses=documented(404))
async def compare_agent_runs(server: Running, ids: Ids) -> Comparison:
    """Compare runs: prompts, outcomes, time, cost, tools and changes.

    They part at the first tool call that differs: another tool, another input, another change, or
    a call that failed in only one run.
    """
    reads = [await _read(server, run_id) for run_id in _numbers(ids)]
    files = [_file(path, reads) for path in sorted({path for read in reads for path in read.files})]
    return Comparison(
        runs=tuple(_compared(read) for read in reads),
        same_prompt=len({read.run.prompt for read in reads}) == 1,
        parting=_parting(reads),
        files=tuple(files[:_MOST_FILES]),
        files_total=len(files),
    )


def _numbers(ids: str) -> list[int]:
    numbers = list(dict.fromkeys(int(text) for text in ids.split(",")))
    if len(numbers) < 2 or len(numbers) > MOST_RUNS:  # noqa: PLR2004 - as the message says
        raise InvalidRequest(f"Name 2 to {MOST_RUNS} different runs to compare.")
    if max(numbers) > LARGEST_ID:
        raise InvalidRequest(f"ids: {max(numbers)} is too large for an id.")
    return numbers


async def _read(server: Server, run_id: int) -> _Read:
    run = await runs.get(server.database, run_id)
    read = _Read(run, str(server.runs.here.provider.folder(run_id)))
    skip = 0
    while True:
        texts, _ = await logs.page(server.database, run_id, skip=skip, limit=_PART)
        # In a thread: parsing a part takes longer than other requests should wait.
        await asyncio.to_thread(read.feed, texts)
        if len(texts) < _PART:
            break
        skip += _PART
    try:
        diff = await server.runs.diff(run_id)
    except NotFound:
        return read  # it works elsewhere, or its work tree is gone
    read.has_diff = True
    texts = [f"diff --git {part}" for part in f"\n{diff}".split("\ndiff --git ")[1:]]
    summaries = summarize(diff)
    if len(summaries) == len(texts):
        read.files = {
            summary.path: (summary, text) for summary, text in zip(summaries, texts, strict=True)
        }
    return read


def _compared(read: _Read) -> ComparedRun:
    run = read.run
    insight: Insight = read.reader.insight()
    first_step = run.first_step_at
    return ComparedRun(
        id=run.id,
        name=run.name,
        title=run.name,
        status_word=run.status_word,
        status_tone=run.status_tone,
        web_url=run.web_url,
        status=run.status,
        outcome=insight.outcome,
        agent=run.agent,
        model=run.model,
        repo_id=run.repo_id,
        mode=mode_of(run),
        created_at=run.created_at,
        prompt=run.prompt,
        result=run.result,
        duration_ms=insight.working_ms if run.worked_ms is None else run.worked_ms,
        first_step_ms=None
        if first_step is None
        else max(round((first_step - run.created_at).total_seconds() / _MILLISECOND), 0),
        waited_ms=run.waited_ms,
        steps=insight.steps,
        tool_calls=insight.tool_calls,
        failed_calls=insight.failed_calls,
        tools=insight.tools,
        usage=insight.usage,
        tests=insight.tests[-1] if insight.tests else None,
        added=sum(summary.added for summary, _ in read.files.values()),
        removed=sum(summary.removed for summary, _ in read.files.values()),
        has_diff=read.has_diff,
    )


def _parting(reads: list[_Read]) -> Parting | None:
    at = parting([read.trail for read in reads])
    if at is None:
        return None
    return Parting(
        common=at,
        steps=tuple(
            PartingStep(
                agent_run_id=read.run.id,
                step=read.trail.steps[at].finding if at < len(read.trail.steps) else None,
            )
            for read in reads
        ),
    )


def _file(path: str, reads: list[_Read]) -> ComparedFile:
    texts = {read.files[path][1] if path in read.files else "" for read in reads}
    return ComparedFile(
        path=path,
        same=len(texts) == 1,
        changes=tuple(_change(read, path) for read in reads),
    )


def _change(read: _Read, path: str) -> FileChange:
    if path not in read.files:
        return FileChange(agent_run_id=read.run.id)
    summary, text = read.files[path]
    return FileChange(
        agent_run_id=read.run.id,
        status=summary.status,
        added=summary.added,
        removed=summary.removed,
        diff=text if len(text) <= _DIFF_CHARACTERS else "",
    )
