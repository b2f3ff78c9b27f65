"""What each agent offered when its last session began, for the forms that start the next run.

    home/agents/<name>.json    one file per agent: modes and options

An agent says this itself, so it is bounded, and it never decides anything: choices are checked
again when a session begins.
"""

import logging
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from agent_runs.models import JSON, AgentOption
from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.session_options import SessionOptions, choices_of
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty

logger = logging.getLogger(__name__)

_MOST_OPTIONS = 20
_MOST_VALUES = 50
_LONGEST = 200
_MODE = "mode"
_OPTIONS = TypeAdapter(tuple[AgentOption, ...])


class Offers:
    """Keeps the offers of all agents of one home folder."""

    def __init__(self, home: Path, redact: Callable[[str], str]) -> None:
        self._folder = home / "agents"
        self._redact = redact

    def of(self, agent: str) -> tuple[AgentOption, ...]:
        """Return what the agent offered last; nothing if that is unknown."""
        try:
            return _OPTIONS.validate_json((self._folder / f"{agent}.json").read_bytes())
        except (OSError, ValidationError):
            return ()

    def keep(self, profile: AgentProfile, session: SessionOptions) -> None:
        """Keep what a session offers."""
        options = tuple(_options(profile, session))[:_MOST_OPTIONS]
        content = self._redact(_OPTIONS.dump_json(options).decode())
        path = self._folder / f"{profile.name}.json"
        try:
            if path.exists() and path.read_text("utf-8") == content:
                return
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            new = path.with_suffix(".new")
            new.write_text(content, "utf-8")
            new.replace(path)
        except OSError as exc:
            # Only a form is poorer without it.
            logger.warning("the options of %s could not be kept: %s", profile.name, exc)


def _options(profile: AgentProfile, session: SessionOptions) -> Iterable[AgentOption]:
    pin = profile.asking
    asking = [pin.mode or pin.options.get(_MODE, ""), *pin.modes]
    has_mode = False
    for option in session.options:
        category = option.get("category")
        name = _line(option.get("id"))
        is_mode = _MODE in (name, category)
        has_mode = has_mode or is_mode
        # The model has a field of its own, and what the policy decides is not a choice.
        if not is_mode and (category in ("model", "permissions") or name in pin.options):
            continue
        values = _named(choices_of(option), "value")
        if name and values:
            allowed = tuple(value for value in asking if value in values) if is_mode else ()
            title = _line(option.get("name")) or name
            yield AgentOption(id=name, name=title, values=values, asking=allowed)
    modes = object_or_empty(session.raw.get("modes"))
    values = _named(objects_or_empty(modes.get("availableModes")), "id")
    if values and not has_mode:
        allowed = tuple(value for value in asking if value in values)
        yield AgentOption(id=_MODE, name="Mode", values=values, asking=allowed)


def _named(choices: Iterable[dict[str, JSON]], key: str) -> dict[str, str]:
    named: dict[str, str] = {}
    for choice in choices:
        if len(named) < _MOST_VALUES and (value := _line(choice.get(key))):
            named[value] = _line(choice.get("name")) or value
    return named


def _line(value: JSON) -> str:
    """Return a short text in one line; nothing for one that is too long to be a name."""
    text = " ".join(text_or_empty(value).split())
    return text if len(text) <= _LONGEST and text.isprintable() else ""
