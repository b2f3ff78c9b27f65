"""Claude Code sessions in a terminal, which `codegen claude` reports line by line.

A session is a run that this server only watches. Its lines become entries and its status follows
the reports. What the translation holds back is stored with the run, so a restart loses nothing.
"""

from dataclasses import replace
from datetime import UTC, datetime

from agent_runs.errors import Conflict, NotFound
from agent_runs.models import (
    JSON,
    TERMINAL_STATUSES,
    WATCHED_PROVIDER,
    AgentRun,
    AgentRunStatus,
    SourceType,
)
from agent_runs.providers.base import TurnOutcome
from agent_runs.reading.text import first_line
from agent_runs.runs.claude_lines import ClaudeLines
from agent_runs.runs.turns import NextTurn, add_turn, end_turn
from agent_runs.store.engine.database import Database, Transaction
from agent_runs.store.organization import preferences
from agent_runs.store.runs import logs, runs, turns
from agent_runs.store.runs.changes import RunChanges

_TITLE = "Claude Code session"
_ERROR = (
    "Claude Code ended with an error; its terminal shows more. Everything up to here is kept. "
    "Continue in the terminal."
)


async def open_session(database: Database, organization_id: int, session_id: str) -> AgentRun:
    """Return the run of a session; the first report creates it."""
    try:
        return await _find_or_insert(database, organization_id, session_id)
    except Conflict:
        # Another report of the same session was faster and created the run.
        return await find_session(database, organization_id, session_id)


async def find_session(database: Database, organization_id: int, session_id: str) -> AgentRun:
    """Return the run of a session.

    Raises:
        NotFound: no session with this id was reported.
    """
    run = await runs.by_upstream(database, organization_id, session_id)
    if run is None or run.place != "watched":
        raise NotFound(f"There is no Claude Code session {session_id!r}.")
    return run


async def add_line(
    database: Database, organization_id: int, session_id: str, line: dict[str, JSON]
) -> AgentRun:
    """Take one line of the session's file.

    Raises:
        NotFound: no session with this id was reported.
    """
    session = await find_session(database, organization_id, session_id)
    async with runs.changing(database, session.id) as (transaction, run):
        lines = await _load_lines(transaction, run)
        entries = lines.take(line)
        answer = None
        if run.status in TERMINAL_STATUSES:
            # The end was reported before the last lines, so nothing more will follow.
            late, answer = lines.finish()
            entries += late
        if entries:
            await logs.append(transaction, run.id, None, entries)
        await _save_lines(transaction, run, lines)
        changes: RunChanges = {}
        if answer:
            await turns.finish(transaction, run.id, run.turn, status=run.status, result=answer)
            changes["result"], changes["summary"] = answer, first_line(transaction.redact(answer))
        if lines.prompt:
            changes |= await _keep_prompt(transaction, run, lines.prompt)
        if changes:
            await runs.change(transaction, run, **changes)
    return await runs.get(database, session.id)


async def set_status(
    database: Database, organization_id: int, session_id: str, status: str
) -> AgentRun:
    """Set the run's status as the session reports it: ACTIVE, COMPLETE, ERROR, CANCELLED.

    Raises:
        NotFound: no session with this id was reported.
    """
    session = await find_session(database, organization_id, session_id)
    async with runs.changing(database, session.id) as (transaction, run):
        has_ended = run.status in TERMINAL_STATUSES
        if status == AgentRunStatus.ACTIVE and has_ended:
            resumed = await add_turn(transaction, run, NextTurn(""), status=status)
            await turns.start(transaction, run.id, resumed.turn)
        elif status in TERMINAL_STATUSES and not has_ended:
            lines = await _load_lines(transaction, run)
            entries, answer = lines.finish()
            if entries:
                await logs.append(transaction, run.id, None, entries)
            await _save_lines(transaction, run, lines)
            outcome = TurnOutcome(status=status, result=answer)
            if status == AgentRunStatus.ERROR:
                outcome = replace(outcome, status_reason="client_error", error=_ERROR)
            await end_turn(transaction, run, outcome, fence=None)
    return await runs.get(database, session.id)


async def _find_or_insert(database: Database, organization_id: int, session_id: str) -> AgentRun:
    async with database.begin() as transaction:
        run = await runs.by_upstream(transaction, organization_id, session_id)
        if run is not None:
            return run
        run = await runs.insert(
            transaction,
            prompt="",
            title=_TITLE,
            status=AgentRunStatus.ACTIVE,
            started_at=datetime.now(UTC),
            provider=WATCHED_PROVIDER,
            agent="claude",
            source_type=SourceType.LOCAL,
            surface="terminal",
            organization_id=organization_id,
            upstream_id=session_id,
            metadata={"claude_code_session": session_id},
        )
        await turns.start(transaction, run.id, run.turn)
        return run


async def _keep_prompt(transaction: Transaction, run: AgentRun, prompt: str) -> RunChanges:
    """Set the prompt of a turn that began without one; return what changes in the run."""
    if (await turns.get(transaction, run.id, run.turn)).prompt:
        return {}
    await turns.change_prompt(transaction, run.id, run.turn, prompt)
    if run.turn > 1:
        return {}
    changes: RunChanges = {"prompt": prompt}
    if run.title == _TITLE:
        changes["title"] = first_line(transaction.redact(prompt))
    return changes


async def _load_lines(transaction: Transaction, run: AgentRun) -> ClaudeLines:
    state = await preferences.get(transaction, run.organization_id, _name(run))
    return ClaudeLines(state, run.turn)


async def _save_lines(transaction: Transaction, run: AgentRun, lines: ClaudeLines) -> None:
    await preferences.put(transaction, run.organization_id, _name(run), lines.state)


def _name(run: AgentRun) -> str:
    return f"lines held back of run {run.id}"
