"""Hosted organizations in words for people: what is wrong, how much of the history is here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
    "allotment_used_up": "New runs wait, and you can cancel them. Everything else continues.",
    "shape_changed": "All other runs continue.",
}
_MINUTE = 60
_STORED = "You can still read everything stored here. New runs wait, and you can cancel them."


@dataclass(frozen=True)
class HostedLine:
    """One hosted organization.

    Attributes:
        name: for people, with its upstream id.
        word: its state; `tone` is the matching colour.
        trouble: what is wrong and what is safe; empty if all is well.
        progress: how much of the history is here; empty if it is complete.
        percent: the same as a number from 0 to 100.
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


def facts_of(answer: "Mapping[str, JSON]") -> list[HostedFacts]:
    """Return the numbers of `GET /hosted`."""
    return [_facts(item) for item in answer.get("items") or ()]


def lines_of(answer: "Mapping[str, JSON]") -> tuple[HostedLine, ...]:
    """Return the lines of `GET /hosted`: organizations, then accounts without any."""
    return tuple(
        [_line(item) for item in answer.get("items") or ()]
        + [_account_line(item) for item in answer.get("accounts") or ()]
    )


def time_of(text: str) -> str:
    """Return the time of day of an ISO time, in UTC, such as `12:03 UTC`."""
    return f"{datetime.fromisoformat(text):%H:%M} UTC"


def _line(organization: "Mapping[str, JSON]") -> HostedLine:
    word, tone = _WORDS.get(organization["state"], (str(organization["state"]), "amber"))
    first = organization["troubles"][0] if organization["troubles"] else None
    history = organization["history"]
    total = history["total"] or 0
    is_whole = bool(history["listed"]) and history["whole"] >= total
    return HostedLine(
        organization_id=organization["organization_id"],
        name=f"{organization['name']} ({organization['upstream_id']})",
        word=word,
        tone=tone,
        trouble=_sentence(first) if first else "",
        progress="" if is_whole else history["said"],
        percent=100 if is_whole else round(100 * history["whole"] / max(total, 1)),
    )


def _facts(organization: "Mapping[str, JSON]") -> HostedFacts:
    word, tone = _WORDS.get(organization["state"], (str(organization["state"]), "amber"))
    left, until = organization["remaining"], organization["limited_until"]
    budget = f"{left['total']}: {left['logs']} for entries, {left['create']} for new runs"
    waiting = organization["waiting"]
    return HostedFacts(
        name=f"{organization['name']} ({organization['upstream_id']})",
        word=word,
        tone=tone,
        age=age_of(organization["age_seconds"]),
        history=organization["history"]["said"],
        budget=f"none until {time_of(str(until))}" if until else budget,
        waiting=f"{waiting} waiting to be sent" if waiting else "",
    )


def age_of(seconds: float | None) -> str:
    """Return how old the copy of an account is."""
    if seconds is None:
        return "not reached yet"
    if seconds < _MINUTE:
        return f"as of {round(seconds)} s ago"
    return f"as of {round(seconds / _MINUTE)} min ago"


def _account_line(account: "Mapping[str, JSON]") -> HostedLine:
    word, tone = _WORDS.get(account["trouble"], (str(account["trouble"]), "amber"))
    return HostedLine(0, str(account["base_url"]), word, tone, _sentence(account))


def _sentence(trouble: "Mapping[str, JSON]") -> str:
    safe = _SAFE.get(str(trouble["trouble"]), _STORED)
    about = f" (upstream run {trouble['run']})" if trouble["run"] else ""
    since, next_try = (time_of(str(trouble[name])) for name in ("since", "next_try"))
    return f"{trouble['message']}{about} Since {since}, next try at {next_try}. {safe}"
