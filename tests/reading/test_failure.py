"""Which entries count as failed."""

import pytest

from agent_runs.models import JSON
from agent_runs.reading.failure import has_failed, is_failure


@pytest.mark.parametrize(
    ("output", "failed"),
    [
        (None, False),
        ({}, False),
        ({"status": "completed"}, False),
        ({"status": "cancelled"}, False),
        ({"status": "failed"}, True),
        ({"status": "error"}, True),
        ({"status": "rejected"}, True),
        ({"status": "completed", "exit_code": 0}, False),
        ({"status": "completed", "exit_code": 2}, True),
        ({"status": "completed", "exit_code": -9}, True),
        ({"status": "failed", "exit_code": 0}, True),
        ({"exit_code": None}, False),
        ({"exit_code": "1"}, False),
        ({"exit_code": True}, False),
        ({"status": ["failed"]}, False),
        ("failed", False),
    ],
)
def test_a_call_fails_by_its_status_or_its_exit_code(output: JSON, failed: bool) -> None:
    assert is_failure("ACTION", output) is failed
    assert has_failed({"message_type": "ACTION", "tool_output": output}) is failed


def test_an_error_is_a_failure_whatever_it_holds() -> None:
    assert is_failure("ERROR", {"status": "completed"})
