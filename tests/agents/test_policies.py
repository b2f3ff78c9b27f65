"""The permission policy of a run holds with every agent, also against the repository."""

import shutil
from pathlib import Path

import pytest

from tests.agents.driven import WRITE, Driven, driven, permissions, profile
from tests.agents.known import ASKS_PERSONS, but, long_only
from tests.offline_model.script import FILE, QUESTION
from tests.offline_model.server import OfflineModel

pytestmark = [pytest.mark.anyio, pytest.mark.agents]


async def test_rejected_actions_do_not_happen_and_stand_in_the_log(run: Driven) -> None:
    outcome = await run.turn(WRITE, permission_policy="reject")
    assert outcome.status in ("COMPLETE", "ERROR"), run.told()
    assert outcome.status_reason in (None, "permission_rejected"), run.told()
    assert not (run.work / FILE).exists(), run.told()
    decisions = permissions(run.last.entries)
    assert decisions, run.told()
    assert {each.get("kind") for each in decisions} == {"reject_once"}, run.told()
    assert run.last.questions == []


async def test_a_person_is_asked_before_something_happens_and_may_allow_it(run: Driven) -> None:
    outcome = await run.turn(WRITE, "allow_once", permission_policy="ask")
    assert outcome.status == "COMPLETE", run.told()
    assert (run.work / FILE).exists(), run.told()
    assert run.was_written[0] is False
    assert len(permissions(run.last.entries)) == len(run.last.questions), run.told()


@long_only
async def test_a_person_is_asked_before_something_happens_and_may_reject_it(run: Driven) -> None:
    await run.turn(WRITE, "reject_once", permission_policy="ask")
    assert not (run.work / FILE).exists(), run.told()
    assert run.last.questions
    kinds = {each.get("kind") for each in permissions(run.last.entries)}
    assert kinds == {"reject_once"}, run.told()


@long_only
async def test_what_is_allowed_is_blocked_by_nothing_else(run: Driven) -> None:
    outcome = await run.turn("Run a harmless command", permission_policy="allow")
    assert outcome.status == "COMPLETE", run.told()
    assert (run.work / "harmless.txt").exists(), run.told()


@long_only
async def test_the_policy_holds_in_a_session_that_was_taken_up(run: Driven) -> None:
    await run.turn("Say hello", permission_policy="allow")
    await run.turn(WRITE, permission_policy="reject")
    assert not (run.work / FILE).exists(), run.told()
    assert permissions(run.last.entries), run.told()


@long_only
@but({}, ASKS_PERSONS)
async def test_a_question_to_a_person_is_a_form_and_its_answer_reaches_the_agent(
    run: Driven,
) -> None:
    outcome = await run.turn("Ask me a question", permission_policy="allow")
    assert (outcome.status, outcome.result) == ("COMPLETE", "Thank you."), run.told()
    (question,) = run.last.questions
    assert question.form is not None
    assert QUESTION in str(question.form), run.told()
    assert "SQLite" in run.model.received[-1].everything


@long_only
async def test_it_starts_and_works_in_the_sandbox(
    name: str, place: Path, model: OfflineModel
) -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("needs bubblewrap")
    agent = profile(name, model.url, place)
    if reason := agent.unavailable_reason():
        pytest.skip(reason)
    async with driven(place / "home", agent, model, sandbox="bubblewrap") as run:
        outcome = await run.turn(WRITE)
        assert (outcome.status, outcome.error) == ("COMPLETE", None), run.told()
        assert (run.work / FILE).exists(), run.told()
