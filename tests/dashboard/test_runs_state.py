"""The list stays still and true while runs come, change and go."""

# In a state an underscore keeps a name from the browser, not from other modules.
# pyright: reportPrivateUsage=false

from datetime import UTC, datetime

import pytest
import reflex as rx

from agent_runs.client.sse import ServerEvent
from agent_runs.dashboard.runs.query import ListQuery
from agent_runs.dashboard.runs.state import RunsState
from agent_runs.models import AgentRun

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def run(number: int, **fields: object) -> AgentRun:
    return AgentRun.model_validate({"id": number, "created_at": START, **fields})


def told(kind: str, number: int, **fields: object) -> ServerEvent:
    return ServerEvent(kind, 1, run(number, **fields).model_dump(mode="json"))


@pytest.fixture
def state() -> RunsState:
    """The state of a tab that shows the runs 1 and 2."""
    root = rx.State(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue] - of Reflex alone
    made = root.get_substate(RunsState.get_full_name().split("."))
    assert isinstance(made, RunsState)
    made._runs = {number: run(number, status="ACTIVE") for number in (2, 1)}
    made.total, made.loaded = 2, True
    made._show()
    return made


def test_a_new_run_waits_behind_the_button_and_moves_nothing(state: RunsState) -> None:
    assert not state._apply(told("run.created", 3))
    assert state._fresh_ids == {3}
    assert state.shown_ids == [2, 1]


def test_a_change_of_a_shown_run_changes_its_row_in_its_place(state: RunsState) -> None:
    assert state._apply(told("run.finished", 1, status="COMPLETE", result="Done"))
    state._show()
    assert [(row.id, row.look.word) for row in state.rows] == [(2, "Running"), (1, "Complete")]


def test_a_change_of_a_run_on_another_page_changes_nothing(state: RunsState) -> None:
    assert not state._apply(told("run.updated", 9, status="ERROR"))


def test_steps_are_counted_without_reading_the_run_again(state: RunsState) -> None:
    count = ServerEvent("logs.appended", 5, {"agent_run_id": 2, "log_count": 17, "first_seq": 16})
    assert state._apply(count)
    state._show()
    assert [row.steps for row in state.rows] == ["17 steps", ""]


def test_an_archived_run_leaves_and_a_restored_one_asks_for_a_new_reading(state: RunsState) -> None:
    assert state._apply(told("run.updated", 1, status="COMPLETE", archived_at=START))
    state._show()
    assert (state.shown_ids, state.total) == ([2], 1)
    state._apply(told("run.updated", 1, status="COMPLETE"))
    assert state._must_read


def test_a_new_run_is_no_news_for_the_archive(state: RunsState) -> None:
    state._query = ListQuery(archived=True)
    state._apply(told("run.created", 3))
    assert state._fresh_ids == set()


def test_words_count_what_they_stand_for(state: RunsState) -> None:
    assert (state.total_text, state.range_text, state.pages) == ("2 runs", "1 to 2 of 2", 1)
    state.total, state.limit, state.page, state.is_archive = 1204, 25, 2, True
    assert state.total_text == "1,204 archived runs"
    assert (state.range_text, state.pages) == ("26 to 27 of 1,204", 49)


def test_an_event_of_one_run_costs_little_to_send(state: RunsState) -> None:
    root = state._get_root_state()
    root._clean()
    state._apply(told("run.updated", 1, status="ACTIVE", activity="Edits auth.py"))
    state._show()
    assert len(str(root.get_delta())) < 4000
