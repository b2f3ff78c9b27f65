"""The status of a run, in official words and in words for people, and its dot.

The page's `text/status.js` has the dots, too; the tests of both languages read
`tests/reading/cases/status.json`.

`TERMINAL_STATUSES` and `FAILED_STATUSES` of the models say which are ends and which are failures.
"""

from dataclasses import dataclass
from typing import Literal

from agent_runs.models import FAILED_STATUSES, AgentRunStatus

Tone = Literal["neutral", "blue", "violet", "amber", "green", "red"]

_WORDS: dict[str, str] = {
    AgentRunStatus.PENDING: "Queued",
    AgentRunStatus.ACTIVE: "Running",
    AgentRunStatus.EVALUATION: "Evaluating",
    AgentRunStatus.PAUSED: "Needs you",
    AgentRunStatus.COMPLETE: "Complete",
    AgentRunStatus.ERROR: "Failed",
    AgentRunStatus.CANCELLED: "Cancelled",
    AgentRunStatus.TIMEOUT: "Timed out",
    AgentRunStatus.MAX_ITERATIONS_REACHED: "Step limit",
    AgentRunStatus.OUT_OF_TOKENS: "Out of tokens",
}
_TONES: dict[str, Tone] = {
    AgentRunStatus.ACTIVE: "blue",
    AgentRunStatus.EVALUATION: "violet",
    AgentRunStatus.PAUSED: "amber",
    AgentRunStatus.COMPLETE: "green",
}
_DOTS: dict[str, str] = {AgentRunStatus.PENDING: "ring", AgentRunStatus.ACTIVE: "blue pulse"}
_REASONS = {
    "permission": "waiting for an answer",
    "interrupted": "the server stopped while it was working",
    "idle_timeout": "the agent was silent for too long",
    "time_limit": "the time limit was reached",
    "stopped": "stopped on request",
    "option_unavailable": "the agent does not offer a choice of this run",
    "policy_not_honoured": "the agent acted without permission",
    "policy_unsupported": "the agent cannot keep to the permission policy",
    "quota": "the agent's quota is used up",
    "permission_rejected": "an action was rejected",
    "waits_for_upstream": "waiting for the hosted account",
    "refused_upstream": "the hosted account refused it",
    "gone_upstream": "no longer in the hosted account",
}
_OTHER_WORDS = {
    "QUEUED": AgentRunStatus.PENDING,
    "RUNNING": AgentRunStatus.ACTIVE,
    "COMPLETED": AgentRunStatus.COMPLETE,
    "FAILED": AgentRunStatus.ERROR,
    "STOPPED": AgentRunStatus.CANCELLED,
    "CANCELED": AgentRunStatus.CANCELLED,
    "TIMED_OUT": AgentRunStatus.TIMEOUT,
}


def word_of(status: str) -> str:
    """Return a status in words for people; an unknown one keeps its own words."""
    return _WORDS.get(status) or status.replace("_", " ").capitalize()


def tone_of(status: str) -> Tone:
    """Return the colour of a status, which is shown with its word, never in place of it."""
    return "red" if status in FAILED_STATUSES else _TONES.get(status, "neutral")


def dot_of(status: str) -> str:
    """Return the CSS classes of a status's dot: its colour, or a ring, or a colour that pulses."""
    tone = tone_of(status)
    return _DOTS.get(status, "" if tone == "neutral" else tone)


@dataclass(frozen=True)
class StatusGroup:
    """Statuses that are counted and filtered together, with the word and dot of the first."""

    name: str
    statuses: tuple[str, ...]
    dot: str


GROUPS = tuple(
    StatusGroup(word_of(statuses[0]), statuses, dot_of(statuses[0]))
    for statuses in (
        (AgentRunStatus.PAUSED,),
        (AgentRunStatus.ACTIVE, AgentRunStatus.EVALUATION),
        (AgentRunStatus.PENDING,),
        tuple(status for status in AgentRunStatus if status in FAILED_STATUSES),
        (AgentRunStatus.COMPLETE,),
        (AgentRunStatus.CANCELLED,),
    )
)


def reason_in_words(reason: str | None) -> str:
    """Return the `status_reason` of a run for people; an unknown one keeps its own words."""
    return _REASONS.get(reason or "", (reason or "").replace("_", " "))


def parse_status(word: str) -> str:
    """Return the official word for `word` in any case, or `word` itself if it is unknown."""
    upper = word.strip().upper()
    if upper in AgentRunStatus.__members__:
        return upper
    return str(_OTHER_WORDS.get(upper, word))
