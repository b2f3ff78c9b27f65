"""What analytics counts: figures of all runs by day and by what they were, kept with every change.

A run counts on the UTC day of its creation, under its organization, agent, repository and mode
(prompt template). How many runs there are, by status, is counted of every run; all else of a run
that has ended: while it works its figures are not there yet, and they go away again when it is
resumed. So what a run adds is a plain function of the run and its tally, and each change takes
off what the run added before and adds what it adds now, in the same transaction.

Five scopes are kept of each figure: over all, by agent, by repository, by mode, and by the three
together; and each of them by day and by longer spans of days (`SPANS`), so that any view of any
period reads few rows. Archived runs count as the others do.

Lengths and sizes are kept as histograms, each whole in one row with how many values there are and
their sum. Bucket b > 0 holds values from 2^((b-1)/4) up to 2^(b/4); its middle is off by at most
a factor of 2^(1/8), which is 9.1 percent. Bucket 0 is less than 1.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

from agent_runs.insight.found import usage_of
from agent_runs.models import TERMINAL_STATUSES, AgentRun
from agent_runs.store.outbox import Outbox
from agent_runs.store.payloads import clean_text, milliseconds
from agent_runs.store.tallies import ERROR, TOOL, Amount, Tally

RUNS = "runs"
DURATION = "duration"
FIRST_STEP = "first_step"
WAITED = "waited"
TIME = "time"
STEPS = "steps"
SPREADS = frozenset({DURATION, FIRST_STEP, WAITED, STEPS})
"""Kinds that are kept as histograms; what `figures_of` names are the buckets."""
TOKENS = "tokens"
COST = "cost"
SCALE_OF_COST = 1_000_000
"""Costs are kept in millionths, so that sums are exact."""
DAY_MS = 86_400_000

ALL, BY_AGENT, BY_REPO, BY_MODE, EXACT = range(5)
"""Scopes of figures."""
ANY = "*"
ANY_REPO = -1
NO_REPO = 0
OTHERS = "(others)"

_PER_DOUBLING = 4
_NAME_LENGTH = 100
_MOST_TOOLS = 100
_MOST_ERRORS = 50


class Place(NamedTuple):
    """Where a run counts. Agent and mode as `word` writes them, 0 stands for no repository."""

    organization_id: int
    day: int
    agent: str
    repo_id: int
    mode: str


def word(name: str | None) -> str:
    """Return how a name stands in the table: never the same as `ANY`, empty for none."""
    return "" if name is None else f"={clean_text(name)[:_NAME_LENGTH]}"


def bucket_of(value: int) -> int:
    """Return the bucket of a value."""
    return 0 if value < 1 else 1 + math.floor(_PER_DOUBLING * math.log2(value))


def middle_of(bucket: int) -> float:
    """Return the value that stands for a bucket: the geometric middle of its bounds."""
    return 0.0 if bucket < 1 else 2 ** ((bucket - 0.5) / _PER_DOUBLING)


def mode_of(run: AgentRun) -> str | None:
    """Return the prompt template that the run was made with; None when there was none."""
    mode = run.metadata.get("mode")
    return clean_text(mode)[:_NAME_LENGTH] if isinstance(mode, str) and mode else None


def place_of(run: AgentRun) -> Place:
    """Return where the run counts."""
    return Place(
        run.organization_id,
        milliseconds(run.created_at) // DAY_MS,
        word(run.agent),
        run.repo_id or NO_REPO,
        word(mode_of(run)),
    )


def figures_of(run: AgentRun, tally: Tally) -> Tally:
    """Return what a run adds; the tally of one that works is not looked at."""
    figures: Tally = {(RUNS, clean_text(run.status)[:_NAME_LENGTH]): Amount(1)}
    if run.status not in TERMINAL_STATUSES:
        return figures
    for kind, value in _measured(run):
        figures[kind, str(bucket_of(value))] = Amount(1, 0, value)
    usage = usage_of(run.usage)
    for name, tokens in (("input", usage.input_tokens), ("output", usage.output_tokens)):
        if tokens is not None:
            figures[TOKENS, name] = Amount(1, 0, tokens)
    if usage.total_tokens is not None:
        figures[TOKENS, "total"] = Amount(1, 0, usage.total_tokens)
    if usage.cost is not None:
        name = clean_text(usage.currency or "")
        figures[COST, name] = Amount(1, 0, round(usage.cost * SCALE_OF_COST))
    figures |= _parts(run, tally)
    for kind, most in ((TOOL, _MOST_TOOLS), (ERROR, _MOST_ERRORS)):
        figures |= _most(tally, kind, most)
    return figures


def count(outbox: Outbox, run: AgentRun, tally: Tally, sign: int) -> None:
    """Let the figures follow a run that comes (1) or goes (-1)."""
    at = place_of(run)
    for (kind, name), amount in figures_of(run, tally).items():
        key = (at.organization_id, at.day, at.agent, at.repo_id, at.mode, kind)
        if kind in SPREADS:
            outbox.add_figure((*key, ""), amount, sign, bucket=name)
        else:
            outbox.add_figure((*key, name), amount, sign)


def is_counted_alike(before: AgentRun, after: AgentRun) -> bool:
    """Tell whether a change leaves all figures of a run as they are, whatever its tally."""
    return place_of(before) == place_of(after) and figures_of(before, {}) == figures_of(after, {})


def _measured(run: AgentRun) -> Iterator[tuple[str, int]]:
    created = milliseconds(run.created_at)
    if run.worked_ms is not None:
        yield DURATION, max(run.worked_ms, 0)
    if run.first_step_at is not None:
        yield FIRST_STEP, max(milliseconds(run.first_step_at) - created, 0)
    if run.waited_ms > 0:
        yield WAITED, run.waited_ms
    yield STEPS, run.log_count


def _parts(run: AgentRun, tally: Tally) -> Tally:
    """Where the time of a run went, in four parts that do not overlap.

    A tool call that a person was asked about includes the wait, so the wait is taken off the
    tools; what is left of the duration beside tools and waiting is the model's.
    """
    if run.worked_ms is None:
        return {}
    whole = max(run.worked_ms, 0)
    waited = min(run.waited_ms, whole)
    called = sum(amount.total for (kind, _), amount in tally.items() if kind == TOOL)
    tools = min(max(called - waited, 0), whole - waited)
    parts = {"model": whole - waited - tools, "tools": tools, "waiting": waited}
    if run.started_at is not None:
        parts["queued"] = max(milliseconds(run.started_at) - milliseconds(run.created_at), 0)
    return {(TIME, name): Amount(1, 0, spent) for name, spent in parts.items() if spent}


def _most(tally: Tally, kind: str, most: int) -> Tally:
    """The most frequent ones of a kind; the rest is one: nobody may fill the table with names."""
    found = sorted(
        ((key, amount) for key, amount in tally.items() if key[0] == kind),
        key=lambda pair: (-pair[1].number, pair[0]),
    )
    if kind == ERROR:
        # Of errors, `failed` says in how many runs they were.
        found = [(key, amount._replace(failed=1)) for key, amount in found]
    figures = dict(found[:most])
    for _, amount in found[most:]:
        figures[kind, OTHERS] = figures.get((kind, OTHERS), Amount()).plus(amount)
    if (kind, OTHERS) in figures and kind == ERROR:
        figures[kind, OTHERS] = figures[kind, OTHERS]._replace(failed=1)
    return figures
