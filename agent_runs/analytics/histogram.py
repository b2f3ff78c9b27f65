"""Percentiles from the stored histograms, at most 9.1 percent off (`store/figures/figures.py`)."""

import math
from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate

from agent_runs.store.figures.figures import middle_of
from agent_runs.store.figures.sums import Totals


class Histogram:
    """Values by bucket, and their exact sum.

    Attributes:
        number: number of values.
        total: their sum.
    """

    def __init__(self, buckets: Mapping[str, int], total: int) -> None:
        self._buckets = sorted(buckets)
        self._up_to = list(accumulate(map(buckets.__getitem__, self._buckets)))
        self.number = self._up_to[-1] if self._up_to else 0
        self.total = total

    @classmethod
    def of(cls, totals: Totals, column: str) -> "Histogram":
        """Return the histogram of a column."""
        return cls(totals.buckets.get(column, {}), totals.amounts[f"{column}_total"])

    def percentile(self, share: float) -> float | None:
        """Return the value that `share` of all values do not exceed; None if there are none.

        Args:
            share: 0.5 is the median.
        """
        if self.number == 0:
            return None
        rank = max(math.ceil(share * self.number), 1)
        return middle_of(int(self._buckets[bisect_left(self._up_to, rank)]))

    @property
    def mean(self) -> float | None:
        """The exact mean; None if there are no values."""
        return self.total / self.number if self.number else None
