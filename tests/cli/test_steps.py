"""What a step says in one line."""

from datetime import UTC, datetime

import pytest

from agent_runs.cli.steps import in_utc, step_of
from agent_runs.client.calls import answers
from agent_runs.models import JSON, AgentRunLog

NOW = datetime(2026, 11, 22, 23, 13, 45, 999, UTC)


def log(kind: str, **fields: JSON) -> AgentRunLog:
    facts = {"agent_run_id": 1, "created_at": NOW.isoformat(), "message_type": kind, **fields}
    return answers.log(facts)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (log("USER_MESSAGE", observation="do\nthis"), "Prompt do this"),
        (log("PLAN_EVALUATION", thought="hm", observation="1/2"), "Plan hm"),
        (log("PLAN_EVALUATION", observation="1/2"), "Plan 1/2"),
        (
            log("ACTION", tool_name="bash", tool_input={"cwd": "/x", "command": "ls"}),
            "Action bash ok ls",
        ),
        (
            log("ACTION", tool_name="t", tool_output={"exit_code": 2}, duration_ms=1500),
            "Action t failed 1.5 s",
        ),
        (log("ACTION", tool_name="t", tool_input={"n": 1, "other": "word"}), "Action t ok word"),
        (log("FINAL_ANSWER", observation="a\nb"), "Answer a\n    b"),
        (log("FINAL_ANSWER", observation={"text": "a"}), "Answer a"),
        (log("ERROR", observation={"code": 1}), 'Error {"code": 1}'),
        (log("PR_CREATION_FAILED"), "Pr creation failed"),
    ],
)
def test_a_step_is_put_in_words(entry: AgentRunLog, words: str) -> None:
    assert step_of(entry).line().partition(" ")[2].rstrip() == words


def test_a_time_for_machines_is_in_utc_to_the_second() -> None:
    assert in_utc(NOW) == "2026-11-22T23:13:45Z"
