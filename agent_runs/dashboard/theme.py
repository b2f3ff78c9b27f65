"""Colours and words: the Radix theme, and how each status of a run looks and reads."""

from dataclasses import dataclass

import reflex as rx

from agent_runs.models import AgentInfo, AgentRunStatus

THEME = rx.theme(
    accent_color="indigo", gray_color="slate", radius="medium", scaling="100%", has_background=True
)


@dataclass(frozen=True)
class Look:
    """How a status is shown: always a dot and a word.

    Attributes:
        word: what people read.
        tone: CSS class of the word, empty for neutral.
        dot: CSS classes of the dot.
        lead: word before the duration ("for 2m 14s"), empty for none.
    """

    word: str
    tone: str = "mut"
    dot: str = ""
    lead: str = ""


_FAILED = {"tone": "red", "dot": "red", "lead": "after"}

LOOKS: dict[str, Look] = {
    AgentRunStatus.PENDING: Look("Queued", dot="ring"),
    AgentRunStatus.ACTIVE: Look("Running", tone="blue", dot="blue pulse"),
    AgentRunStatus.EVALUATION: Look("Evaluating", tone="violet", dot="violet"),
    AgentRunStatus.PAUSED: Look("Needs you", tone="amber", dot="amber"),
    AgentRunStatus.COMPLETE: Look("Complete", tone="green", dot="green", lead="in"),
    AgentRunStatus.ERROR: Look("Failed", **_FAILED),
    AgentRunStatus.CANCELLED: Look("Cancelled", lead="after"),
    AgentRunStatus.TIMEOUT: Look("Timed out", **_FAILED),
    AgentRunStatus.MAX_ITERATIONS_REACHED: Look("Step limit", **_FAILED),
    AgentRunStatus.OUT_OF_TOKENS: Look("Out of tokens", **_FAILED),
}


def look_of(status: str) -> Look:
    """Return the look of `status`; a word we do not know is shown as it is, neutral."""
    return LOOKS.get(status) or Look(status.replace("_", " ").capitalize())


@dataclass(frozen=True)
class Group:
    """Statuses that one cell of the attention strip counts and filters by."""

    name: str
    statuses: tuple[str, ...]
    dot: str


GROUPS = (
    Group("Needs you", (AgentRunStatus.PAUSED,), "amber"),
    Group("Running", (AgentRunStatus.ACTIVE, AgentRunStatus.EVALUATION), "blue pulse"),
    Group("Queued", (AgentRunStatus.PENDING,), "ring"),
    Group(
        "Failed",
        (
            AgentRunStatus.ERROR,
            AgentRunStatus.TIMEOUT,
            AgentRunStatus.MAX_ITERATIONS_REACHED,
            AgentRunStatus.OUT_OF_TOKENS,
        ),
        "red",
    ),
    Group("Complete", (AgentRunStatus.COMPLETE,), "green"),
    Group("Cancelled", (AgentRunStatus.CANCELLED,), ""),
)

SOURCES: dict[str, str] = {
    "LOCAL": "Dashboard or CLI",
    "API": "API",
    "SLACK": "Slack",
    "GITHUB": "GitHub",
    "GITHUB_CHECK_SUITE": "GitHub checks",
    "GITHUB_PR_REVIEW": "GitHub review",
    "LINEAR": "Linear",
    "CHAT": "Chat",
    "JIRA": "Jira",
    "CLICKUP": "ClickUp",
    "MONDAY": "Monday",
    "SETUP_COMMANDS": "Setup commands",
}


def agent_title(agent: AgentInfo) -> str:
    """Return the title without what stands in brackets: it must fit on a badge."""
    return agent.title.partition(" (")[0] or agent.name


def initials(title: str) -> str:
    """Return two letters for the square beside a name."""
    words = title.replace("-", " ").split()
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else title[:2]
    return letters.upper()
