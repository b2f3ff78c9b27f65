"""Times two things in turn, because a machine is not equally fast all the time."""

import statistics
import time
from collections.abc import Awaitable, Callable

_TIMES, _ROUNDS, _WARMING = 50, 3, 5
Act = Callable[[], Awaitable[object]]


async def p95(ours: Act, limit: Act) -> tuple[float, float]:
    """Return the 95th percentiles of both, in seconds.

    Of three rounds of fifty, the one with the median ratio counts.
    """
    rounds: list[tuple[float, float]] = []
    for act in (ours, limit) * _WARMING:
        await act()
    for _ in range(_ROUNDS):
        pairs = [(await _seconds(ours), await _seconds(limit)) for _ in range(_TIMES)]
        first, second = (statistics.quantiles(side, n=20)[-1] for side in zip(*pairs, strict=True))
        rounds.append((first, second))
    return sorted(rounds, key=lambda pair: pair[0] / pair[1])[_ROUNDS // 2]


async def _seconds(act: Act) -> float:
    begin = time.perf_counter()
    await act()
    return time.perf_counter() - begin
