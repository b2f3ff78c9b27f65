"""Colours and words: the Radix theme, and how each status of a run looks and reads."""

from dataclasses import dataclass

import reflex as rx

from agent_runs.models import TERMINAL_STATUSES, AgentInfo, AgentRunStatus
from agent_runs.reading.status import dot_of, tone_of, word_of

THEME = rx.theme(
    accent_color="indigo", gray_color="slate", radius="medium", scaling="100%", has_background=True
)


@dataclass(frozen=True)
class Look:
    """How a status is shown: always a dot and a word.

    Attributes:
        code: the official status.
        word: what people read.
        tone: CSS class of the word, empty for neutral.
        dot: CSS classes of the dot.
        lead: word before the duration ("for 2m 14s"), empty for none.
    """

    code: str = ""
    word: str = ""
    tone: str = ""
    dot: str = ""
    lead: str = ""


def look_of(status: str) -> Look:
    """Return the look of `status`; an unknown one is shown as it is, in neutral colours."""
    tone = tone_of(status)
    lead = "in" if status == AgentRunStatus.COMPLETE else "after"
    return Look(
        status,
        word_of(status),
        tone="mut" if tone == "neutral" else tone,
        dot=dot_of(status),
        lead=lead if status in TERMINAL_STATUSES else "",
    )


LOOKS = {status: look_of(status) for status in AgentRunStatus}


def agent_title(agent: AgentInfo) -> str:
    """Return the title without the part in brackets: it must fit on a badge."""
    return agent.title.partition(" (")[0] or agent.name


def initials(title: str) -> str:
    """Return two letters for the square beside a name."""
    words = title.replace("-", " ").split()
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else title[:2]
    return letters.upper()
