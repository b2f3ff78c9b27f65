"""Choosing the model of a session.

Newer agents have a session option of the category `model`, older ones a list of models. Others take
any name from a variable or an argument, and put it on their list: there the profile says which
names there can be.
Source: https://agentclientprotocol.com/protocol/session-config-options
"""

import re

from acp.exceptions import RequestError

from agent_runs.models import JSON
from agent_runs.providers.acp import outcome
from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.environment import has_gateway
from agent_runs.providers.acp.session import Session
from agent_runs.providers.acp.session_options import SessionOptions, values_of
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty

_SHOWN = 20


async def choose_model(session: Session, profile: AgentProfile, model: str) -> None:
    """Make the session use `model`.

    Raises:
        TurnFailed: the agent does not offer it.
    """
    names = _offered(session.options)
    if profile.model_env or profile.model_args:
        _check_name(profile, model, names)
        return
    option = session.options.option("model")
    params: dict[str, JSON]
    if option is not None:
        method, params = "session/set_config_option", {"configId": option.get("id"), "value": model}
    elif session.options.raw.get("models"):
        method, params = "session/set_model", {"modelId": model}
    elif session.resumed_by in ("session/resume", "session/load"):
        # The session continues with its model.
        return
    else:
        raise outcome.model_unavailable(profile, model, "it offers no choice of models")
    if names and model not in names:
        raise _unavailable(profile, model, names)
    try:
        await session.call(method, **params)
    except RequestError as exc:
        raise outcome.model_unavailable(profile, model, str(exc)) from exc


def refuse_unchosen_model(session: Session, profile: AgentProfile) -> None:
    """Make sure that the agent did not choose a service by itself that the code would go to.

    Raises:
        TurnFailed: it did.
    """
    option = session.options.option("model") or {}
    model = text_or_empty(option.get("currentValue"))
    if profile.is_unchosen(model):
        raise outcome.model_unchosen(profile, model)


def _offered(options: SessionOptions) -> list[str]:
    if (option := options.option("model")) is not None:
        return values_of(option)
    listed = objects_or_empty(object_or_empty(options.raw.get("models")).get("availableModels"))
    return [text_or_empty(entry.get("modelId")) for entry in listed]


def _check_name(profile: AgentProfile, model: str, names: list[str]) -> None:
    if profile.model_pattern is None or has_gateway(profile):
        # A gateway has models with names of its own.
        return
    if model not in profile.models and not re.fullmatch(profile.model_pattern, model):
        raise _unavailable(profile, model, [name for name in names if name != model])


def _unavailable(profile: AgentProfile, model: str, names: list[str]) -> outcome.TurnFailed:
    shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
    return outcome.model_unavailable(profile, model, f"it offers {shown}")
