"""`python -m bench [NAME...]`: measure, print, and write the table to docs/performance.md."""

import sys
import tempfile
from pathlib import Path

from bench import (
    analytics,
    appends,
    dashboard,
    events,
    files,
    hosted,
    latency,
    reads,
    report,
    search,
    starts,
    translation,
)

_ALL = {
    "reads": reads.measure,
    "search": search.measure,
    "analytics": analytics.measure,
    "appends": appends.measure,
    "files": files.measure,
    "events": events.measure,
    "translation": translation.measure,
    "starts": starts.measure,
    "hosted": hosted.measure,
    "latency": latency.measure,
    "dashboard": dashboard.measure,
}


def main() -> int:
    """Run the named benchmarks, or all; return 1 if a goal was missed."""
    names = sys.argv[1:] or list(_ALL)
    rows: list[report.Row] = []
    for name in names:
        with tempfile.TemporaryDirectory(prefix="agent-runs-bench-") as folder:
            rows += _ALL[name](Path(folder))
        print(report.table(rows[-8:]), flush=True)
    print(f"\n{report.machine()}\n\n{report.table(rows)}")
    if names == list(_ALL):
        report.save(rows)
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
