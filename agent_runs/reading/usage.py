"""Tokens and cost of a run, out of what its agent reported.

Numbers are the agent's own: the sum over its calls where it told each one, else those of the last
turn. The cost is that of the whole session. How full the context is says nothing about the tokens
that were used, and the other way round.
"""

from agent_runs.models import JSON, Spent
from agent_runs.reading.shapes import number_or_none, object_or_empty

_LARGEST = 10**12
"""More tokens than any run can have; what an agent says beyond it is no count."""
_DEAREST = 10**9
"""The same of a cost: sums of millionths have to fit the database's integers."""


def spent_of(usage: JSON) -> Spent:
    """Return tokens and cost out of `AgentRun.usage`."""
    reported = object_or_empty(usage)
    summed, last = (object_or_empty(reported.get(name)) for name in ("summed", "last_turn"))
    told = summed or last
    cost = object_or_empty(reported.get("cost"))
    amount = _number(cost.get("amount"), _DEAREST)
    read = _count(told, "inputTokens", "input_tokens")
    wrote = _count(told, "outputTokens", "output_tokens")
    total = _count(told, "totalTokens", "total_tokens")
    if total is None and read is not None and wrote is not None:
        total = read + wrote
    return Spent(
        input_tokens=read,
        output_tokens=wrote,
        total_tokens=total,
        context_tokens=_count(reported, "context_used"),
        cost=amount,
        currency=str(cost.get("currency") or "USD")[:8] if amount is not None else None,
    )


def _count(told: dict[str, JSON], *names: str) -> int | None:
    numbers = (_number(told.get(name), _LARGEST) for name in names)
    return next((int(number) for number in numbers if number is not None), None)


def _number(value: JSON, largest: int) -> float | None:
    number = number_or_none(value)
    return float(number) if number is not None and 0 <= number < largest else None
