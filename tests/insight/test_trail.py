"""Where runs part."""

import pytest

from agent_runs.insight.trail import Trail, parting
from agent_runs.models import JSON


def trail(run_id: int, *commands: str, failed: str = "", home: str = "/home/a") -> Trail:
    folder = f"{home}/runs/{run_id}"
    made = Trail(folder)
    for command in commands:
        entry: dict[str, JSON] = {
            "message_type": "ACTION",
            "tool_name": "bash",
            "tool_input": {"command": command, "cwd": f"{folder}/work"},
            "tool_output": {"status": "failed" if command == failed else "completed"},
        }
        made.feed({"message_type": "PLAN_EVALUATION", "observation": f"plan of {run_id}"})
        made.feed(entry)
    return made


def test_runs_that_did_the_same_never_part_whatever_their_work_trees_are_called() -> None:
    assert parting([trail(12, "ls", "make"), trail(345, "ls", "make")]) is None
    assert parting([]) is None


@pytest.mark.parametrize(
    "home", ["/srv/12/x", "/srv/345", "/tmp/pytest-12/345/test-12/6", "/12 345/12", '/a"12\\345/é']
)
def test_numbers_of_runs_in_the_path_of_the_home_part_nothing(home: str) -> None:
    listing = f"ls {home}/shared"
    same = [trail(run_id, listing, "make", home=home) for run_id in (12, 345, 6)]
    assert parting(same) is None


def test_a_run_s_own_number_in_the_path_of_another_folder_is_not_its_work_tree() -> None:
    assert parting([trail(1, "ls /srv/1/logs"), trail(2, "ls /srv/2/logs")]) == 0
    assert parting([trail(1, "ls /x/runs/1/work"), trail(2, "ls /x/runs/2/work")]) == 0
    assert parting([trail(1, "ls /home/a/runs/12"), trail(2, "ls /home/a/runs/22")]) == 0


def test_a_file_in_the_work_tree_is_shown_by_its_path_in_it() -> None:
    home = "/srv/my data/12"
    made = trail(12, f"cat {home}/runs/12/work/src/a.py", home=home)
    assert made.steps[0].text == "cat src/a.py"


def test_the_first_other_command_is_where_they_part() -> None:
    one, other = trail(1, "ls", "make"), trail(2, "ls", "cmake", "make")
    at = parting([one, other])
    assert at == 1
    assert (one.steps[at].text, one.steps[at].seq) == ("make", 3)
    assert other.steps[at].finding.text == "cmake"


def test_the_same_command_that_fails_in_one_run_only_parts_them() -> None:
    assert parting([trail(1, "ls", "make"), trail(2, "ls", "make", failed="make")]) == 1


def test_where_one_has_ended_and_another_goes_on_they_part() -> None:
    assert parting([trail(1, "ls"), trail(2, "ls", "make"), trail(3, "ls", "make")]) == 1


def test_a_number_in_a_command_is_no_work_tree() -> None:
    assert parting([trail(1, "sleep 1"), trail(2, "sleep 2")]) == 0
