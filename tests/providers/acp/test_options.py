"""What a run chooses of its agent's settings: offered, permitted by the policy, and checked."""

from pathlib import Path

import pytest
from acp_parts import MODES, OPTIONS, MemoryRecorder, moded, odd_agent, provider, request, work

from agent_runs.models import PermissionPolicy
from agent_runs.providers.acp.pins import Pin

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("policy", "mode", "status_reason"),
    [
        ("reject", "plan", None),
        ("allow", "plan", None),
        ("reject", "auto", "option_unavailable"),
        ("allow", "turbo", "option_unavailable"),
    ],
)
async def test_a_run_chooses_among_the_modes_that_its_policy_permits(
    tmp_path: Path, policy: PermissionPolicy, mode: str, status_reason: str | None
) -> None:
    agent = moded(asking=Pin(mode="ask", modes=("plan",)))
    options = {"mode": mode}
    outcome, _ = await work(
        tmp_path, "/think", agent, agent="odd", permission_policy=policy, options=options
    )
    assert outcome.status_reason == status_reason
    if status_reason is None:
        assert outcome.result
        assert f"mode {mode}" in outcome.result


async def test_a_choice_is_checked_against_what_the_agent_offers(tmp_path: Path) -> None:
    agent = odd_agent(OPTIONS.replace("KEEP", 'self.value = params["value"]'))
    for value, result in (("ask", "value ask"), ("never", None)):
        outcome, _ = await work(
            tmp_path / value, "/think", agent, agent="odd", options={"mode": value}
        )
        assert outcome.result == result
    assert outcome.error
    assert "'never' is not offered, only ask, accept" in outcome.error
    outcome, _ = await work(tmp_path / "x", "/think", agent, agent="odd", options={"effort": "x"})
    assert outcome.status_reason == "option_unavailable"


async def test_what_the_policy_sets_is_not_a_choice(tmp_path: Path) -> None:
    agent = odd_agent(
        OPTIONS.replace('"id": "mode"', '"id": "all"').replace(
            "KEEP", 'self.value = params["value"]'
        ),
        asking=Pin(options={"all": "ask"}),
    )
    outcome, _ = await work(
        tmp_path, "/think", agent, agent="odd", permission_policy="ask", options={"all": "accept"}
    )
    assert outcome.status_reason == "option_unavailable"


async def test_what_an_agent_offers_is_known_after_its_first_session(tmp_path: Path) -> None:
    agent = moded(
        MODES.replace(
            'result["modes"]',
            'many = [{"value": str(n)} for n in range(1000)]\n'
            '            option = {"id": "effort", "name": "Effort", "options": many}\n'
            '            long = {"id": "x" * 1000, "options": many}\n'
            '            result["configOptions"] = [option, long, {"id": "empty"}, {"id": 3}]\n'
            '            result["modes"]',
        ),
        asking=Pin(mode="ask", modes=("plan",)),
    )
    async with provider(tmp_path, agent) as acp:
        assert {info.name: info.options for info in await acp.agents()}["odd"] == ()
        await acp.work(request("/think", agent="odd"), MemoryRecorder())
        effort, mode = {info.name: info.options for info in await acp.agents()}["odd"]
    assert (effort.id, effort.name, len(effort.values)) == ("effort", "Effort", 50)
    assert mode.values == {"auto": "auto", "ask": "ask", "plan": "plan"}
    assert mode.asking == ("ask", "plan")
