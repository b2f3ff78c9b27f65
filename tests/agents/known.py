"""Which agents there are, and what some of them do differently. Each word was seen in a run."""

import pytest

from tests.length import IS_LONG

SHORT = ("claude", "codex", "opencode")
ALL = (*SHORT, "gemini", "qwen", "copilot", "vibe", "fast-agent", "openhands")
AGENTS = ALL if IS_LONG else SHORT

ASKS_PERSONS = ("claude", "qwen", "vibe")
"""Has a tool with which the model asks a person something; the others offer none to their model."""

KEEPS_OUTPUT = {"gemini"}
"""Tells nobody what a command printed."""

KEEPS_EXIT_CODE = {"gemini", "vibe", "fast-agent", "openhands"}
"""Tells nobody, in a way that a program can read, with which code a command ended."""

TAKES_ANY_MODEL = {"claude", "gemini", "qwen", "copilot"}
"""Is not asked by the product which models a gateway has, and the offline model is one."""

SEES_NO_IMAGES = {"qwen", "vibe"}
"""Writes a word in place of an image for a model that it does not know."""

SAVES_LATE = {"gemini"}
"""Cannot load a session of less than a minute; the product then gives the history instead."""

OTHER_MODELS = {
    "claude": "claude-opus-4-5",
    "codex": "gpt-5.6-luna",
    "opencode": "offline/other-model",
    "gemini": "gemini-2.5-flash",
    "qwen": "other-model",
    "copilot": "other-model",
    "vibe": "other-model",
}
"""A second model that the agent takes; the others take it from their settings alone."""


long_only = pytest.mark.skipif(not IS_LONG, reason="a part of `make agents`")
"""For scenarios that are too many for `make test`."""


def but(reasons: dict[str, str], agents: tuple[str, ...] = AGENTS) -> pytest.MarkDecorator:
    """Parametrise with all agents, where those with a reason do not keep the promise yet."""
    marks = {name: pytest.mark.xfail(reason=reason) for name, reason in reasons.items()}
    values = [pytest.param(name, marks=marks.get(name, ())) for name in agents]
    return pytest.mark.parametrize("name", values)
