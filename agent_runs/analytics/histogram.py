"""Percentiles out of the kept histograms; off by at most 9.1 percent (`store/figures.py`)."""

import math
from collections.abc import Mapping

from agent_runs.store.figures import middle_of
from agent_runs.store.tallies import Amount


class Histogram:
    """Values by bucket, and their exact sum.

    Attributes:
        number: how many values there are.
        total: their sum.
    """

    def __init__(self, amount: Amount, buckets: Mapping[str, int]) -> None:
        self.number = amount.number
        self.total = amount.total
        self._buckets = sorted((int(bucket), number) for bucket, number in buckets.items())

    def percentile(self, share: float) -> float | None:
        """Return the value that `share` of all values do not exceed; None when there are none.

        Args:
            share: 0.5 is the median.
        """
        if self.number == 0:
            return None
        rank = max(math.ceil(share * self.number), 1)
        passed = 0
        for bucket, number in self._buckets:
            passed += number
            if passed >= rank:
                return middle_of(bucket)
        raise AssertionError("the buckets hold as many values as were counted")

    @property
    def mean(self) -> float | None:
        """The exact mean; None when there are no values."""
        return self.total / self.number if self.number else None


EMPTY = Histogram(Amount(), {})
