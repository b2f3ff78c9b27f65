"""Where runs part."""

from agent_runs.insight.trail import Trail, parting
from agent_runs.models import JSON


def trail(run_id: int, *commands: str, failed: str = "") -> Trail:
    made = Trail(run_id)
    for command in commands:
        entry: dict[str, JSON] = {
            "message_type": "ACTION",
            "tool_name": "bash",
            "tool_input": {"command": command, "cwd": f"/home/a/runs/{run_id}/work"},
            "tool_output": {"status": "failed" if command == failed else "completed"},
        }
        made.feed({"message_type": "PLAN_EVALUATION", "observation": f"plan of {run_id}"})
        made.feed(entry)
    return made


def test_runs_that_did_the_same_never_part_whatever_their_work_trees_are_called():
    assert parting([trail(12, "ls", "make"), trail(345, "ls", "make")]) is None
    assert parting([]) is None


def test_the_first_other_command_is_where_they_part():
    one, other = trail(1, "ls", "make"), trail(2, "ls", "cmake", "make")
    at = parting([one, other])
    assert at == 1
    assert (one.steps[at].text, one.steps[at].seq) == ("make", 3)
    assert other.steps[at].finding.text == "cmake"


def test_the_same_command_that_fails_in_one_run_only_parts_them():
    assert parting([trail(1, "ls", "make"), trail(2, "ls", "make", failed="make")]) == 1


def test_where_one_has_ended_and_another_goes_on_they_part():
    assert parting([trail(1, "ls"), trail(2, "ls", "make"), trail(3, "ls", "make")]) == 1


def test_a_number_in_a_command_is_no_work_tree():
    assert parting([trail(1, "sleep 1"), trail(2, "sleep 2")]) == 0
