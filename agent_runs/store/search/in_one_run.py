"""Search in the entries of one run: literal words in any case, or a pattern.

Every entry is read, a part of the run at a time. Words take 0.4 s in a run of 50 000 entries (data
of `bench/search.py`, SQLite), so no index has to make each write slower. Separate threads search,
and `regex` keeps the time limit of a pattern and lets other threads work: no pattern blocks the
server.
"""

import asyncio
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import orjson
import regex

from agent_runs.errors import InvalidQuery, RunNotFound
from agent_runs.filters import LogFilter
from agent_runs.store.engine.database import Reader
from agent_runs.store.engine.payloads import words_of
from agent_runs.store.engine.terms import containing
from agent_runs.store.runs.logs import filter_terms

_PART = 2000
MOST = 5000
"""How many hits are listed; the total is exact."""
PATTERN_SECONDS = 2.0
"""How long a pattern may be searched, in all entries together."""

_LARGEST = 100_000
"""Most pieces of a pattern with its repetitions written out, which `regex` does."""
_REPETITION = re.compile(r"([)}]\s*)?\{\s*([0-9]+)")
_VERBOSE = re.compile(r"\(\?[\w-]*x")

_threads = ThreadPoolExecutor(2, "log-search")
_Fits = Callable[[str], bool]


class Hits(NamedTuple):
    """Where a search has hits.

    Attributes:
        total: how many entries match.
        seqs: the first ones, ascending.
        around: `(first, last)` seq of what to show: hits with their neighbours, whatever the
            filter; ranges that touch are merged.
    """

    total: int
    seqs: list[int]
    around: list[tuple[int, int]]


async def find(
    reader: Reader,
    run_id: int,
    text: str,
    *,
    is_regex: bool = False,
    filter: LogFilter = LogFilter(),  # noqa: A002, B008 - the word of the contract; frozen
    context: int = 0,
) -> Hits:
    """Return the entries that contain a text or match a pattern.

    Args:
        reader: where to look.
        run_id: in which run.
        text: what to look for; case does not matter.
        is_regex: it is a pattern of the library `regex`, which accepts all of `re`.
        filter: only these entries count.
        context: how many neighbours on each side of a hit `around` includes.

    Raises:
        RunNotFound: there is no such run.
        InvalidQuery: the pattern is not valid, or takes too long or too much memory.
    """
    rows = await reader.read("select log_count from run where id = :run_id", {"run_id": run_id})
    if not rows:
        raise RunNotFound(run_id)
    log_count: int = rows[0][0]
    terms, params = filter_terms(filter)
    terms = ["run_id = :run_id", "seq > :after", "seq <= :last", *terms]
    loop = asyncio.get_running_loop()
    fits = await loop.run_in_executor(_threads, _pattern, text) if is_regex else _words(text)
    # The database skips what cannot match; outside of ASCII it folds case differently than we do.
    if not is_regex and text.isascii():
        like = "like" if reader.dialect == "sqlite" else "ilike"
        terms.append(f"payload {like} :likely escape '!'")
        params["likely"] = containing(orjson.dumps(text).decode()[1:-1])
    sql = f"select seq, payload from log where {' and '.join(terms)} order by seq"
    total, seqs = 0, list[int]()
    for after in range(-1, log_count, _PART):
        part = {"run_id": run_id, "after": after, "last": after + _PART}
        rows = await reader.read_heavy(sql, params | part)
        hits = await loop.run_in_executor(_threads, _look, rows, fits)
        total += len(hits)
        seqs += hits[: MOST - len(seqs)]
    return Hits(total, seqs, list(_around(seqs, context, log_count)))


def _look(rows: Sequence[tuple[int, str]], fits: _Fits) -> list[int]:
    return [seq for seq, payload in rows if any(fits(words) for words in words_of(payload))]


def _words(text: str) -> _Fits:
    folded = text.casefold()
    return lambda words: folded in words.casefold()


def _pattern(text: str) -> _Fits:
    if _pieces(text) > _LARGEST:
        raise InvalidQuery(
            "The pattern is too large: it repeats something too often. Counts of nested "
            "repetitions multiply.",
            0,
        )
    try:
        pattern = regex.compile(text, regex.IGNORECASE | regex.MULTILINE)
    except regex.error as exc:
        # The library has no types for its error.
        message, position = getattr(exc, "msg", str(exc)), getattr(exc, "pos", None)
        raise InvalidQuery(f"The pattern cannot be read: {message}.", position or 0) from exc
    except (RecursionError, OverflowError, MemoryError) as exc:
        raise InvalidQuery("The pattern is nested too deeply or too large.", 0) from exc
    spent = 0.0

    def fits(words: str) -> bool:
        nonlocal spent
        begin = time.monotonic()
        try:
            timeout = max(PATTERN_SECONDS - spent, 0.001)
            matches = pattern.search(words, timeout=timeout, concurrent=True) is not None
        except TimeoutError:
            spent = PATTERN_SECONDS
            matches = False
        except MemoryError as exc:
            # The library stops by itself at about a gigabyte.
            raise InvalidQuery(
                "The pattern takes too much memory in this run. A recursion, such as "
                "(?R), must end.",
                0,
            ) from exc
        else:
            spent += time.monotonic() - begin
        if spent >= PATTERN_SECONDS:
            raise InvalidQuery(
                f"The pattern takes longer than {PATTERN_SECONDS:g} s in this run. Nested "
                "repetitions, such as (a+)+b, are slow.",
                0,
            )
        return matches

    return fits


def _pieces(pattern: str) -> int:
    """Return an upper bound for a pattern's pieces with `{9}` written out nine times.

    It does not parse groups: a repetition after a bracket counts everything before it, which is
    never too little. In a verbose pattern, blanks and comments may hide the bracket.
    """
    pieces = at = 0
    is_verbose = _VERBOSE.search(pattern) is not None
    for repetition in _REPETITION.finditer(pattern):
        pieces += repetition.start() - at
        times = max(int(repetition[2]), 1)
        pieces = pieces * times if repetition[1] or is_verbose else pieces + times
        at = repetition.end()
    return pieces + len(pattern) - at


def _around(seqs: Sequence[int], context: int, log_count: int) -> Iterator[tuple[int, int]]:
    """Yield the ranges around hits; ranges that touch are merged."""
    first = last = -1
    for seq in seqs:
        start, end = max(seq - context, 0), min(seq + context, log_count - 1)
        if first >= 0 and start <= last + 1:
            last = end
            continue
        if first >= 0:
            yield first, last
        first, last = start, end
    if first >= 0:
        yield first, last
