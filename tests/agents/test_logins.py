"""An agent that cannot reach its model with what it has says so, and what to do."""

from pathlib import Path

import pytest

from agent_runs.providers.acp.agents import BUILT_IN
from tests.agents.driven import driven, profile
from tests.agents.known import but, long_only
from tests.offline_model.server import WRONG_KEY, OfflineModel

pytestmark = [pytest.mark.anyio, pytest.mark.agents, long_only]


async def test_without_a_login_it_says_how_to_log_in(
    name: str, place: Path, model: OfflineModel
) -> None:
    agent = BUILT_IN.get(name)
    if agent is None:
        pytest.skip("is no built-in agent")
    if reason := agent.unavailable_reason():
        pytest.skip(reason)
    async with driven(place / "home", agent, model) as run:
        outcome = await run.turn("Say hello")
    assert outcome.status_reason == "not_logged_in", run.told()
    assert (agent.login_hint or "log in") in (outcome.error or "")


@but({"fast-agent": "it says that the model refused to go on"})
async def test_with_a_wrong_key_it_says_how_to_log_in(
    name: str, place: Path, model: OfflineModel
) -> None:
    agent = profile(name, model.url, place, WRONG_KEY)
    if reason := agent.unavailable_reason():
        pytest.skip(reason)
    async with driven(place / "home", agent, model) as run:
        outcome = await run.turn("Say hello")
    assert outcome.status_reason == "not_logged_in", run.told()
    assert WRONG_KEY not in run.told()
    assert WRONG_KEY in {each.key for each in model.received}
