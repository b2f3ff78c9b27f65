"""A plugin of pytest that keeps how each scenario went with each agent: `-p tests.agents.outcomes`.

It writes a JSON file, scenario → agent → word, to the path in `AGENT_OUTCOMES`.
"""

import json
import os
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.agents.known import ALL

_SCENARIO = re.compile(r"::test_(?P<words>\w+)\[(?P<agent>[a-z-]+?)(?:-\d+)?\]$")
# Later words win: of several cases with one agent, the worst is shown.
_WORDS = {"skipped": "-", "passed": "yes", "xpassed": "yes", "xfailed": "no", "failed": "no"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the file."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for category, word in [*_WORDS.items(), ("error", "no")]:
        for report in terminalreporter.stats.get(category, []):
            match = _SCENARIO.search(report.nodeid)
            if match and match["agent"] in ALL:
                found[match["words"].replace("_", " ")][match["agent"]] = word
    Path(os.environ["AGENT_OUTCOMES"]).write_text(json.dumps(found), "utf-8")
