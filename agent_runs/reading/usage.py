"""Tokens and cost of a run, taken from its agent's reports.

The numbers are the agent's own: the sum over its calls if it reports each one, otherwise those of
the last turn. The cost is that of the whole session. The size of the context and the number of
tokens used say nothing about each other.
"""

from agent_runs.models import JSON, Spent
from agent_runs.reading.shapes import number_or_none, object_or_empty

_LARGEST = 10**12
"""More tokens than any run can have; larger reports are ignored."""
_DEAREST = 10**9
"""The same for costs: sums in millionths have to fit the database's integers."""


def spent_of(usage: JSON) -> Spent:
    """Return tokens and cost from `AgentRun.usage`."""
    report = object_or_empty(usage)
    total_usage, last_turn = (object_or_empty(report.get(name)) for name in ("summed", "last_turn"))
    counts = total_usage or last_turn
    cost = object_or_empty(report.get("cost"))
    amount = _number(cost.get("amount"), _DEAREST)
    read = _count(counts, "inputTokens", "input_tokens")
    wrote = _count(counts, "outputTokens", "output_tokens")
    total = _count(counts, "totalTokens", "total_tokens")
    if total is None and read is not None and wrote is not None:
        total = read + wrote
    return Spent(
        input_tokens=read,
        output_tokens=wrote,
        total_tokens=total,
        context_tokens=_count(report, "context_used"),
        cost=amount,
        currency=str(cost.get("currency") or "USD")[:8] if amount is not None else None,
    )


def _count(counts: dict[str, JSON], *names: str) -> int | None:
    numbers = (_number(counts.get(name), _LARGEST) for name in names)
    return next((int(number) for number in numbers if number is not None), None)


def _number(value: JSON, largest: int) -> float | None:
    number = number_or_none(value)
    return float(number) if number is not None and 0 <= number < largest else None
