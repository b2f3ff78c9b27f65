"""What a session offers to choose from, in the shapes that agents send: modes and options.

Source: https://agentclientprotocol.com/protocol/session-config-options
"""

from agent_runs.models import JSON
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty


class SessionOptions:
    """The modes, models and options of a session, as last reported.

    Attributes:
        raw: the last result of `session/new`, `session/load` or `session/resume`.
    """

    def __init__(self) -> None:
        self.raw: dict[str, JSON] = {}
        self._mode: str | None = None
        self._options: list[dict[str, JSON]] = []

    def take_result(self, result: dict[str, JSON]) -> None:
        """Take the result of a request that opened the session."""
        self.raw = result
        modes = object_or_empty(result.get("modes"))
        self._mode = text_or_empty(modes.get("currentModeId")) or None
        self._options = objects_or_empty(result.get("configOptions"))

    def take_update(self, update: dict[str, JSON]) -> bool:
        """Take a `session/update`; tell whether it was about modes or options."""
        kind = update.get("sessionUpdate")
        if kind == "current_mode_update":
            self._mode = text_or_empty(update.get("currentModeId")) or None
        elif kind == "config_option_update":
            self.take_options(update)
        return kind in ("current_mode_update", "config_option_update")

    def take_options(self, answer: dict[str, JSON]) -> None:
        """Take a message that holds all options, if it does."""
        if options := objects_or_empty(answer.get("configOptions")):
            self._options = options

    @property
    def options(self) -> list[dict[str, JSON]]:
        """All options, as the agent describes them."""
        return self._options

    @property
    def mode(self) -> str | None:
        """The present mode, if known; some agents have an option for it instead."""
        return self._mode

    @property
    def modes(self) -> list[str]:
        """The modes that are offered."""
        modes = object_or_empty(self.raw.get("modes"))
        return [
            text_or_empty(mode.get("id")) for mode in objects_or_empty(modes.get("availableModes"))
        ]

    def set_mode(self, mode: str) -> None:
        """Note that the mode was set."""
        self._mode = mode

    def option(self, name: str) -> dict[str, JSON] | None:
        """Return the option with this id, or else of this category."""
        for key in ("id", "category"):
            for option in self._options:
                if option.get(key) == name:
                    return option
        return None


def choices_of(option: dict[str, JSON]) -> list[dict[str, JSON]]:
    """Return the choices that an option offers, out of their groups."""
    choices: list[dict[str, JSON]] = []
    for choice in objects_or_empty(option.get("options")):
        # Groups hold no groups.
        choices += objects_or_empty(choice["options"]) if "options" in choice else [choice]
    return choices


def values_of(option: dict[str, JSON]) -> list[str]:
    """Return the values that an option offers."""
    values = (text_or_empty(choice.get("value")) for choice in choices_of(option))
    return [value for value in values if value]
