"""Hosted organizations as the pages show them: what is wrong, how much of the history is here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from agent_runs.models import JSON

_WORDS = {
    "ok": ("Up to date", "green"),
    "starting": ("Starting", "gray"),
    "stalled": ("Stalled, see the server's log", "amber"),
    "offline": ("Offline", "amber"),
    "limited": ("Rate limited", "amber"),
    "token_refused": ("Token refused", "red"),
    "organization_refused": ("Organization refused", "red"),
    "allotment_used_up": ("Run allotment used up", "amber"),
    "shape_changed": ("Answers cannot be read", "amber"),
}
_SAFE = {
    "allotment_used_up": "New runs wait and can be cancelled; all else goes on.",
    "shape_changed": "All other runs go on.",
}
_MINUTE = 60
_STORED = "Everything stored stays readable; new runs wait and can be cancelled."


@dataclass(frozen=True)
class HostedLine:
    """One hosted organization.

    Attributes:
        name: for people, with its id there.
        word: its state; `tone` is the colour that fits.
        trouble: one sentence of what is wrong and what is safe; empty when all is well.
        progress: how much of the history is here; empty when all of it is.
        percent: the same in 0 to 100.
    """

    organization_id: int
    name: str
    word: str
    tone: str
    trouble: str = ""
    progress: str = ""
    percent: int = 100


@dataclass(frozen=True)
class HostedFacts:
    """The numbers of one hosted organization, in words."""

    name: str
    word: str
    tone: str
    age: str
    history: str
    budget: str
    waiting: str


def facts_of(answer: Mapping[str, JSON]) -> list[HostedFacts]:
    """Return the numbers of `GET /hosted`."""
    return [_facts(each) for each in answer.get("items") or ()]


def lines_of(answer: Mapping[str, JSON]) -> tuple[HostedLine, ...]:
    """Return what `GET /hosted` tells, organizations first, then accounts without any."""
    return tuple(
        [_line(each) for each in answer.get("items") or ()]
        + [_unreached(each) for each in answer.get("accounts") or ()]
    )


def time_of(text: str) -> str:
    """Return the time of day of an ISO time, in UTC, such as `12:03 UTC`."""
    return f"{datetime.fromisoformat(text):%H:%M} UTC"


def _line(each: Mapping[str, JSON]) -> HostedLine:
    word, tone = _WORDS.get(each["state"], (str(each["state"]), "amber"))
    first = each["troubles"][0] if each["troubles"] else None
    history = each["history"]
    total = history["total"] or 0
    is_whole = bool(history["listed"]) and history["whole"] >= total
    return HostedLine(
        organization_id=each["organization_id"],
        name=f"{each['name']} ({each['upstream_id']})",
        word=word,
        tone=tone,
        trouble=_sentence(first) if first else "",
        progress="" if is_whole else history["said"],
        percent=100 if is_whole else round(100 * history["whole"] / max(total, 1)),
    )


def _facts(each: Mapping[str, JSON]) -> HostedFacts:
    word, tone = _WORDS.get(each["state"], (str(each["state"]), "amber"))
    left, until = each["remaining"], each["limited_until"]
    budget = (
        f"{left['total']}, of these {left['logs']} for entries and {left['create']} for new runs"
    )
    waiting = each["waiting"]
    return HostedFacts(
        name=f"{each['name']} ({each['upstream_id']})",
        word=word,
        tone=tone,
        age=_age(each["age_seconds"]),
        history=each["history"]["said"],
        budget=f"none before {time_of(str(until))}" if until else budget,
        waiting=f"{waiting} wait to be sent" if waiting else "",
    )


def _age(seconds: float | None) -> str:
    if seconds is None:
        return "not reached yet"
    if seconds < _MINUTE:
        return f"as of {round(seconds)} s ago"
    return f"as of {round(seconds / _MINUTE)} min ago"


def _unreached(each: Mapping[str, JSON]) -> HostedLine:
    word, tone = _WORDS.get(each["trouble"], (str(each["trouble"]), "amber"))
    return HostedLine(0, str(each["base_url"]), word, tone, _sentence(each))


def _sentence(trouble: Mapping[str, JSON]) -> str:
    safe = _SAFE.get(str(trouble["trouble"]), _STORED)
    about = f" (run {trouble['run']} there)" if trouble["run"] else ""
    since, next_try = (time_of(str(trouble[name])) for name in ("since", "next_try"))
    return f"{trouble['message']}{about} Since {since}, next try {next_try}. {safe}"
