"""The model of a run: chosen among those that the agent offers, or refused with the list."""

from pathlib import Path

import pytest
from acp_parts import odd_agent, work

pytestmark = pytest.mark.anyio

_MODELS = """
class Odd(Scripted):
    async def answer(self, method, params):
        if method == "session/new":
            options = [{"value": "small"}, {"name": "big ones", "options": [{"value": "big"}]}]
            option = {"id": "m", "category": "model", "options": options}
            return {**await super().answer(method, params), "configOptions": [option]}
        if method == "session/set_config_option":
            assert params["configId"] == "m"
            self.model = params["value"]
            return {}
        if method == "session/prompt":
            params["prompt"][0]["text"] = "/say The model is " + getattr(self, "model", "none")
        return await super().answer(method, params)
"""


async def test_a_model_is_chosen_among_those_that_the_session_offers(tmp_path: Path) -> None:
    agent = odd_agent(_MODELS)
    outcome, _ = await work(tmp_path, "Hi", agent, agent="odd", model="big")
    assert outcome.result == "The model is big"
    outcome, _ = await work(tmp_path, "Hi", agent, agent="odd", model="huge")
    assert outcome.status_reason == "model_unavailable"
    assert "it offers small, big" in str(outcome.error)


@pytest.mark.parametrize(
    ("model", "env", "status_reason"),
    [
        ("small", {}, None),
        ("odd-3.5", {}, None),
        ("nonsense", {}, "model_unavailable"),
        ("nonsense", {"ODD_BASE_URL": "http://127.0.0.1:1"}, None),
    ],
)
async def test_a_wrong_name_is_refused_though_the_agent_would_take_any(
    tmp_path: Path, model: str, env: dict[str, str], status_reason: str | None
) -> None:
    agent = odd_agent(
        _MODELS, model_env="ODD_MODEL", models=("small",), model_pattern=r"odd-[\d.]+", env=env
    )
    outcome, _ = await work(tmp_path, "Hi", agent, agent="odd", model=model)
    assert outcome.status_reason == status_reason
    if status_reason:
        assert "it offers small, big" in str(outcome.error)


async def test_a_model_for_an_agent_without_a_choice_is_told(tmp_path: Path) -> None:
    agent = odd_agent("class Odd(Scripted): pass")
    outcome, _ = await work(tmp_path, "Hi", agent, agent="odd", model="big")
    assert outcome.status_reason == "model_unavailable"
    assert outcome.error
