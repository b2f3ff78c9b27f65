"""The user's own agent profiles: a TOML file with one table per agent.

    [agents.my-agent]
    command = ["my-agent", "--acp"]
    env_keys = ["MY_AGENT_KEY"]

    [agents.claude-work]
    extends = "claude"
    env = { ANTHROPIC_BASE_URL = "http://gateway.example" }

A table with the name of a built-in agent changes that agent, but only the keys that it names.
"""

import tomllib
from pathlib import Path

from pydantic import ValidationError

from agent_runs.errors import InvalidRequest
from agent_runs.models import JSON
from agent_runs.providers.acp.agents import BUILT_IN, AgentProfile
from agent_runs.reading.shapes import object_or_empty


def load_profiles(path: Path | None = None) -> dict[str, AgentProfile]:
    """Return name → profile: the built-in agents and those of the TOML file, if it exists.

    Raises:
        InvalidRequest: the file is not valid; the message names the file and the key.
    """
    profiles = dict(BUILT_IN)
    if path is None or not path.exists():
        return profiles
    try:
        content: dict[str, JSON] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as exc:
        raise InvalidRequest(f"{path} cannot be read as TOML: {exc}") from exc
    tables = content.pop("agents", {})
    if content:
        raise InvalidRequest(
            f"{path}: unknown key `{next(iter(content))}`; each agent is a table [agents.NAME]."
        )
    if not isinstance(tables, dict):
        raise InvalidRequest(f"{path}: `agents` must hold tables [agents.NAME].")
    for name, table in object_or_empty(tables).items():
        profiles[name] = _profile(path, name, table, profiles)
    return profiles


def _profile(path: Path, name: str, table: JSON, profiles: dict[str, AgentProfile]) -> AgentProfile:
    if not isinstance(table, dict):
        raise InvalidRequest(f"{path}: `agents.{name}` must be a table [agents.{name}].")
    own: dict[str, JSON] = {**object_or_empty(table), "name": name, "built_in": False}
    base_name = own.pop("extends", name if name in BUILT_IN else None)
    if base_name is not None:
        base = profiles.get(base_name) if isinstance(base_name, str) else None
        if base is None:
            raise InvalidRequest(
                f"{path}: `agents.{name}.extends` is {base_name!r}, but it must name one of the "
                f"agents before it: {', '.join(profiles)}."
            )
        own = base.model_dump() | own
        if isinstance(own["env"], dict):
            own["env"] = {**base.env, **object_or_empty(own["env"])}
    try:
        return AgentProfile.model_validate(own)
    except ValidationError as exc:
        first = exc.errors()[0]
        key = ".".join(str(part) for part in ("agents", name, *first["loc"]))
        raise InvalidRequest(f"{path}: `{key}`: {first['msg']}.", detail=str(exc)) from exc
