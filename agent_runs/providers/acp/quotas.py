"""Recognises that an agent's quota is used up, and when it can go on; the words are in a data file.

Only the start of a text is looked at.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

_FILE = Path(__file__).with_name("quotas.toml")
_LOOKED_AT = 4000
_LONGEST_ANSWER = 600
_LONGEST_WAIT = timedelta(days=400)
_NOON = 12

_EPOCH = re.compile(r'(?:\||"?resets_at"?\s*[:=]\s*)(\d{10})\b')
_SECONDS = re.compile(r'"?resets_in_seconds"?\s*[:=]\s*(\d{1,8})\b')
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_AMOUNT = r"\d{1,6}(?:\.\d+)?\s*(?:d|h|m|s|days?|hours?|minutes?|seconds?)\b"
_LATER = re.compile(
    rf"(?:try again|retry|resets?) (?:in|after) ((?:{_AMOUNT}|\d{{1,4}}[dhms](?=\d))(?:,? ?"
    rf"(?:and )?(?:{_AMOUNT}|\d{{1,4}}[dhms](?=\d))){{0,3}})",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([dhms])", re.IGNORECASE)
_CLOCK = re.compile(
    r"resets? (?:at )?(\d{1,2})(?::(\d\d))? ?([ap]m) \(([A-Za-z]+(?:/[A-Za-z_+-]+){0,2})\)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Quota:
    """A used-up quota: what the agent said, and when it can go on, if that is known."""

    words: str
    resets_at: datetime | None


def quota_in_error(words: str, now: datetime) -> Quota | None:
    """Return the quota that an error is about; None if it is about something else."""
    words = words[:_LOOKED_AT]
    if _patterns().search(words) is None:
        return None
    return Quota(words, _resets_at(words, now))


def quota_in_answer(text: str, now: datetime) -> Quota | None:
    """Return the quota if an answer says nothing else than that it is used up."""
    text = text.strip()
    if len(text) > _LONGEST_ANSWER:
        return None
    match = _patterns().search(text)
    # Not somewhere in a sentence about quotas: the answer begins with it, or with "Error: ...".
    is_start = match is not None and re.fullmatch(
        r"\W*((API )?Error:.{0,120})?", text[: match.start()]
    )
    return Quota(text, _resets_at(text, now)) if is_start else None


@cache
def _patterns() -> re.Pattern[str]:
    words: list[str] = tomllib.loads(_FILE.read_text("utf-8"))["words"]
    return re.compile("|".join(f"(?:{each})" for each in words), re.IGNORECASE)


def _resets_at(words: str, now: datetime) -> datetime | None:
    resets_at = None
    if match := _EPOCH.search(words):
        resets_at = datetime.fromtimestamp(int(match[1]), UTC)
    elif match := _SECONDS.search(words):
        resets_at = now + timedelta(seconds=int(match[1]))
    elif match := _LATER.search(words):
        parts = {_UNITS[unit.lower()]: float(number) for number, unit in _PART.findall(match[1])}
        resets_at = now + timedelta(**parts)
    elif match := _CLOCK.search(words):
        resets_at = _next(match, now)
    # An agent may say anything.
    is_sensible = resets_at is not None and now <= resets_at <= now + _LONGEST_WAIT
    return resets_at if is_sensible else None


def _next(clock: re.Match[str], now: datetime) -> datetime | None:
    hour, minute = int(clock[1]) % _NOON, int(clock[2] or 0)
    hour += _NOON if clock[3].lower() == "pm" else 0
    try:
        there = now.astimezone(ZoneInfo(clock[4]))
        at = there.replace(hour=hour, minute=minute, second=0, microsecond=0)
    except (ValueError, KeyError, OSError):
        return None
    return (at if at > there else at + timedelta(days=1)).astimezone(UTC)
