"""What analytics counts: figures of all runs by day and origin, updated with every change.

A run counts on the UTC day of its creation, under its organization, agent, repository and mode
(prompt template). Every run counts towards the numbers by status. Everything else counts only for
runs that have ended, so a resumed run stops counting until it ends again. What a run adds is a
plain function of the run and its tally: each change subtracts what the run added before and adds
what it adds now, in the same transaction.

Archived runs count like others. `store/engine/figure_rows.py` says where figures are stored.

Lengths and sizes are kept as histograms. Bucket b > 0 holds values from 2^((b-1)/4) up to 2^(b/4);
its middle is off by at most a factor of 2^(1/8), which is 9.1 percent. Bucket 0 is less than 1.
"""

import functools
import math

from agent_runs.models import FAILED_STATUSES, TERMINAL_STATUSES, AgentRun, AgentRunStatus
from agent_runs.reading.usage import spent_of
from agent_runs.store.engine.figure_rows import (
    DURATION,
    FIRST_STEP,
    NO_REPO,
    STEPS,
    TOKENS,
    WAITED,
    Cell,
)
from agent_runs.store.engine.outbox import Outbox
from agent_runs.store.engine.payloads import clean_text, milliseconds
from agent_runs.store.figures.tallies import ERROR, TOOL, Amount, Tally

COST = "cost"
SCALE_OF_COST = 1_000_000
"""Costs are kept in millionths, which makes sums exact."""
DAY_MS = 86_400_000
OTHERS = "(others)"

_PER_DOUBLING = 4
_NAME_LENGTH = 100
_MOST_TOOLS = 100
_MOST_ERRORS = 50


def word(name: str | None) -> str:
    """Return a name as it is in the table: never equal to `ANY`, empty for none."""
    return "" if name is None else f"={clean_text(name)[:_NAME_LENGTH]}"


def bucket_of(value: int) -> int:
    """Return the bucket of a value."""
    return 0 if value < 1 else 1 + math.floor(_PER_DOUBLING * math.log2(value))


@functools.cache
def middle_of(bucket: int) -> float:
    """Return the value that stands for a bucket: the geometric middle of its bounds."""
    return 0.0 if bucket < 1 else 2 ** ((bucket - 0.5) / _PER_DOUBLING)


def mode_of(run: AgentRun) -> str | None:
    """Return the prompt template of the run; None if it has none."""
    mode = run.metadata.get("mode")
    return clean_text(mode)[:_NAME_LENGTH] if isinstance(mode, str) and mode else None


def cell_of(run: AgentRun) -> Cell:
    """Return where the run counts."""
    return Cell(
        run.organization_id,
        milliseconds(run.created_at) // DAY_MS,
        word(run.agent),
        run.repo_id or NO_REPO,
        word(mode_of(run)),
    )


def outcome_of(status: str) -> str:
    """Return what a status counts as, of `OUTCOMES`."""
    if status == AgentRunStatus.COMPLETE:
        return "complete"
    if status == AgentRunStatus.CANCELLED:
        return "cancelled"
    return "failed" if status in FAILED_STATUSES else "working"


def amounts_of(run: AgentRun, tally: Tally) -> dict[str, int]:
    """Return what a run adds to columns of sums; the tally of a working run is ignored."""
    amounts = {outcome_of(run.status): 1}
    if run.status not in TERMINAL_STATUSES:
        return amounts
    usage = spent_of(run.usage)
    tokens = usage.input_tokens, usage.output_tokens, usage.total_tokens
    for name, number in zip(TOKENS, tokens, strict=True):
        if number is not None:
            amounts |= {f"{name}_runs": 1, f"{name}_tokens": number}
    calls = [amount for (kind, _), amount in tally.items() if kind == TOOL]
    amounts["calls"] = sum(amount.number for amount in calls)
    amounts["failed_calls"] = sum(amount.failed for amount in calls)
    amounts |= {f"{name}_ms": spent for name, spent in _times(run, calls).items()}
    return amounts | {f"{name}_total": value for name, value in _values(run).items()}


def buckets_of(run: AgentRun) -> dict[str, int]:
    """Return a run's bucket in each histogram; none while it works."""
    if run.status not in TERMINAL_STATUSES:
        return {}
    return {name: bucket_of(value) for name, value in _values(run).items()}


def named_of(run: AgentRun, tally: Tally) -> Tally:
    """Return what a run adds to figures by name."""
    if run.status not in TERMINAL_STATUSES:
        return {}
    usage = spent_of(run.usage)
    amounts = _most(tally, TOOL, _MOST_TOOLS) | _most(tally, ERROR, _MOST_ERRORS)
    if usage.cost is not None:
        name = clean_text(usage.currency or "")
        amounts[COST, name] = Amount(1, 0, round(usage.cost * SCALE_OF_COST))
    return amounts


def count(outbox: Outbox, run: AgentRun, tally: Tally, sign: int) -> None:
    """Add a run to the figures (1), or remove it (-1)."""
    cell = cell_of(run)
    outbox.figures.add(cell, amounts_of(run, tally), buckets_of(run), sign)
    for (kind, name), amount in named_of(run, tally).items():
        outbox.figures.add_named(cell, kind, name, amount, sign)


def is_counted_alike(before: AgentRun, after: AgentRun) -> bool:
    """Tell whether a change leaves all figures of a run unchanged, whatever its tally."""
    return _without_tally(before) == _without_tally(after)


def _without_tally(run: AgentRun) -> tuple[Cell, dict[str, int], dict[str, int], Tally]:
    return cell_of(run), amounts_of(run, {}), buckets_of(run), named_of(run, {})


def _values(run: AgentRun) -> dict[str, int]:
    """The values with histograms: milliseconds, and the number of entries."""
    values = {STEPS: run.log_count}
    if run.worked_ms is not None:
        values[DURATION] = max(run.worked_ms, 0)
    if run.first_step_at is not None:
        first_step = milliseconds(run.first_step_at) - milliseconds(run.created_at)
        values[FIRST_STEP] = max(first_step, 0)
    if run.waited_ms > 0:
        values[WAITED] = run.waited_ms
    return values


def _times(run: AgentRun, calls: list[Amount]) -> dict[str, int]:
    """Where the time of a run went, in four parts without overlap, as in `TIMES`.

    A tool call with a question to a person includes the wait, so the wait is subtracted from the
    tools. The rest of the duration is the model's.
    """
    if run.worked_ms is None:
        return {}
    whole = max(run.worked_ms, 0)
    waited = min(run.waited_ms, whole)
    tools = min(max(sum(amount.total for amount in calls) - waited, 0), whole - waited)
    times = {"model": whole - waited - tools, "tools": tools, "waiting": waited}
    if run.started_at is not None:
        times["queued"] = max(milliseconds(run.started_at) - milliseconds(run.created_at), 0)
    return times


def _most(tally: Tally, kind: str, most: int) -> Tally:
    """The most frequent names of a kind; the others become one, which bounds the table."""
    pairs = sorted(
        ((key, amount) for key, amount in tally.items() if key[0] == kind),
        key=lambda pair: (-pair[1].number, pair[0]),
    )
    amounts = dict(pairs[:most])
    for _, amount in pairs[most:]:
        amounts[kind, OTHERS] = amounts.get((kind, OTHERS), Amount()).plus(amount)
    if kind == ERROR:
        # For errors, `failed` counts the runs.
        return {key: amount._replace(failed=1) for key, amount in amounts.items()}
    return amounts
