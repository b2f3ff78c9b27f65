"""Amounts in words: lengths of time, sizes, sums of money, counts.

The page's `reading.js` and `text/times.js` have some of them, too; the tests of both languages
read `tests/reading/cases/amounts.json`.
"""

from decimal import Decimal

_SECOND, _MINUTE, _HOUR, _DAY = 1000, 60, 3600, 86_400
_TENTHS_UNTIL = 100
_CENT = 0.01


def duration(seconds: float) -> str:
    """Return a length of time in at most two units, for sentences: `2 min 5 s`."""
    tenths, whole = int(seconds * 10 + 0.5), int(seconds + 0.5)
    if tenths < 10:  # noqa: PLR2004 - below one second
        return f"{int(seconds * _SECOND + 0.5)} ms"
    if whole < _MINUTE:
        return f"{tenths / 10 if tenths < _TENTHS_UNTIL else whole} s"
    ones, name, rest, part = _two_units(whole)
    return f"{ones} {name} {rest} {part}"


def brief_duration(seconds: float) -> str:
    """Return a length of time in at most two units, for tables: `2m 05s`.

    It is rounded down. A ticking clock cannot show a second that is not over, and a run that
    has ended must not show another time than its clock did.
    """
    tenths, whole = round(seconds * _SECOND) // 100, int(seconds)
    if whole < _MINUTE:
        return f"{tenths / 10 if tenths < _TENTHS_UNTIL else whole}s"
    ones, name, rest, part = _two_units(whole)
    return f"{ones}{name[0]} {rest:02}{part[0]}"


def _two_units(seconds: int) -> tuple[int, str, int, str]:
    if seconds < _HOUR:
        return seconds // _MINUTE, "min", seconds % _MINUTE, "s"
    if seconds < _DAY:
        return seconds // _HOUR, "h", seconds % _HOUR // _MINUTE, "min"
    return seconds // _DAY, "d", seconds % _DAY // _HOUR, "h"


def size(number: int) -> str:
    """Return a number of bytes in the largest unit that fits: `640 bytes`, `1.5 MB`."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if number >= factor:
            tenths = int(number / factor * 10 + 0.5)
            return f"{tenths / 10 if tenths < _TENTHS_UNTIL else (tenths + 5) // 10} {unit}"
    return plural(number, "byte")


def money(amount: float, currency: str | None) -> str:
    """Return a sum to the cent, a smaller one to two digits: `1,234.50 USD`, `0.0042 USD`."""
    is_tiny = 0 < amount < _CENT
    text = f"{Decimal(f'{amount:.2g}'):f}" if is_tiny else f"{amount:,.2f}"
    return f"{text} {currency or ''}".rstrip()


def short_count(number: int) -> str:
    """Return `number` in at most five characters: 948, 12k, 1.2M."""
    for limit, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= limit:
            value = number / limit
            digits = 1 if unit == "M" and value < 10 else 0  # noqa: PLR2004 - of a single digit
            return f"{value:.{digits}f}{unit}"
    return str(number)


def plural(number: int, noun: str) -> str:
    """Return "1 run", "2 runs", "1,204 runs"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
