"""Choosing the model of a session, for agents that offer a choice over ACP.

Newer agents have a session option of the category `model`, older ones a list of models.
Source: https://agentclientprotocol.com/protocol/session-config-options
"""

from acp.exceptions import RequestError

from agent_runs.providers.acp import outcome
from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.session import Session
from agent_runs.providers.acp.session_options import values_of
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty

_SHOWN = 20


async def choose_model(session: Session, profile: AgentProfile, model: str) -> None:
    """Make the session use `model`.

    Raises:
        TurnFailed: the agent does not offer it.
    """
    if profile.model_env or profile.model_args:
        return
    option = session.options.option("model")
    listed = object_or_empty(session.options.raw.get("models"))
    if option is not None:
        names = values_of(option)
        method, params = "session/set_config_option", {"configId": option.get("id"), "value": model}
    elif listed:
        models = objects_or_empty(listed.get("availableModels"))
        names = [text_or_empty(entry.get("modelId")) for entry in models]
        method, params = "session/set_model", {"modelId": model}
    elif session.resumed_by in ("session/resume", "session/load"):
        # The session continues with its model.
        return
    else:
        raise outcome.model_unavailable(profile, model, "it offers no choice of models")
    if names and model not in names:
        shown = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
        raise outcome.model_unavailable(profile, model, f"it offers {shown}")
    try:
        await session.call(method, **params)
    except RequestError as exc:
        raise outcome.model_unavailable(profile, model, str(exc)) from exc
