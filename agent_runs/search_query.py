"""The query language of the search, and its parser. Described for people in docs/search.md.

    query  = { term | "OR" | "AND" }                  terms side by side must all match
    term   = [ "-" ] ( words | field )                a minus excludes what matches
    words  = word | '"' words side by side '"'        OR between two of them: either will do
    field  = name ":" value { "," value }             several values: any of them
    value  = word | '"' any characters '"'

Anything else is an `InvalidQuery` that says where. Parts of a query reach a database only as
parameters.
"""

import difflib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, NoReturn

from agent_runs.errors import InvalidQuery
from agent_runs.models import AgentRunStatus, MessageType
from agent_runs.reading.status import parse_status

QUERY_LENGTH = 1000
"""Most characters of a query."""
_MOST_TERMS = 50


class SearchField(NamedTuple):
    """A field of the language.

    Attributes:
        name: the part before the colon.
        about: what it compares, in a few words.
        example: a value.
        values: all possible values; empty if they are not known in advance.
        is_of_run: whether it is about runs, not about single entries.
    """

    name: str
    about: str
    example: str
    values: tuple[str, ...] = ()
    is_of_run: bool = True


_YES_NO = ("yes", "no")
_TYPES = {
    "action": MessageType.ACTION,
    "plan": MessageType.PLAN_EVALUATION,
    "answer": MessageType.FINAL_ANSWER,
    "error": MessageType.ERROR,
    "message": MessageType.USER_MESSAGE,
    "notice": MessageType.NOTICE,
}
FIELDS = {
    field.name: field
    for field in (
        SearchField("tool", "tool that the step used", "bash", is_of_run=False),
        SearchField("type", "kind of the step", "error", tuple(_TYPES), is_of_run=False),
        SearchField("failed", "whether the step failed", "yes", _YES_NO, is_of_run=False),
        SearchField(
            "status", "status of the run", "error", tuple(s.lower() for s in AgentRunStatus)
        ),
        SearchField("agent", "agent that worked", "claude"),
        SearchField("repo", "repository, by name or id", "api"),
        SearchField("run", "the run's id", "17"),
        SearchField("archived", "whether the run is archived", "no", _YES_NO),
        SearchField("before", "before a day, a time or an age", "2026-11-01"),
        SearchField("after", "since a day, a time or an age", "7d"),
    )
}
"""Every field, by its name."""

_NAME = re.compile(r"([A-Za-z]+):")
_BARE = re.compile(r'[^\s"]+')
_BARE_VALUE = re.compile(r'[^\s",]+')
_AGO = re.compile(r"(\d{1,6})(min|h|d|w)")
_UNITS = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_ALIKE = 0.8
_LARGEST_ID = 2**63 - 1
_OR_JOINS_WORDS = (
    "OR works only between words. For a field, give several values: status:error,timeout."
)


class FieldTerm(NamedTuple):
    """A condition on a field: it has one of the values, or none of them."""

    name: str
    values: tuple[str, ...]
    is_excluded: bool = False


@dataclass(frozen=True)
class SearchQuery:
    """What to find: all conditions must match.

    Attributes:
        all_of: one phrase of each group must occur; a phrase is words side by side.
        none_of: phrases that must not occur.
        fields: conditions on fields, except the times.
        since: at this time or later, UTC.
        until: before this time, UTC.
    """

    all_of: tuple[tuple[str, ...], ...] = ()
    none_of: tuple[str, ...] = ()
    fields: tuple[FieldTerm, ...] = ()
    since: datetime | None = None
    until: datetime | None = None

    @property
    def has_words(self) -> bool:
        """Tell whether the query has text to find or to exclude."""
        return bool(self.all_of or self.none_of)

    @property
    def is_about_entries(self) -> bool:
        """Tell whether only entries can match, because a condition is on a field of entries."""
        return any(not FIELDS[term.name].is_of_run for term in self.fields)


def parse_query(text: str, now: datetime) -> SearchQuery:
    """Return what a query asks for.

    Args:
        text: as a person wrote it, at most `QUERY_LENGTH` characters.
        now: the current time, from which `7d` is counted.

    Raises:
        InvalidQuery: the query cannot be understood; it has the position of the mistake.
    """
    if len(text) > QUERY_LENGTH:
        raise InvalidQuery(
            f"The query has {len(text):,} characters; the limit is {QUERY_LENGTH:,}.", QUERY_LENGTH
        )
    return _Parser(text, now).parse()


class _Parser:
    """Reads one query from left to right."""

    def __init__(self, text: str, now: datetime) -> None:
        self._text = text
        self._now = now
        self._at = 0
        self._all_of: list[tuple[str, ...]] = []
        self._none_of: list[str] = []
        self._fields: list[FieldTerm] = []
        self._since: datetime | None = None
        self._until: datetime | None = None
        # An OR or AND that still needs its right side, and its position.
        self._joining: tuple[str, int] | None = None
        self._words_precede = False
        self._terms = 0
        # Words without a letter or digit are skipped, as in the index.
        self._marks: list[int] = []

    def parse(self) -> SearchQuery:
        while self._skip_space():
            self._term()
        if self._joining is not None:
            word, at = self._joining
            self._fail(f"{word} needs a term on its right side, too.", at)
        if self._marks and not self._terms_precede:
            self._fail_for_marks(self._marks[0])
        return SearchQuery(
            tuple(self._all_of),
            tuple(self._none_of),
            tuple(self._fields),
            self._since,
            self._until,
        )

    def _skip_space(self) -> bool:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        return self._at < len(self._text)

    def _term(self) -> None:
        start = self._at
        self._terms += 1
        if self._terms > _MOST_TERMS:
            self._fail(f"The query has too many terms; the limit is {_MOST_TERMS}.", start)
        if self._operator(start):
            return
        is_excluded = self._text[start] == "-" and self._is_minus(start)
        if is_excluded:
            self._at += 1
        name = _NAME.match(self._text, self._at)
        if name and name[1].lower() in FIELDS:
            self._at = name.end()
            self._field(name[1].lower(), name.start(), is_excluded=is_excluded)
        else:
            if name:
                self._refuse_slip(name[1], name.start())
            self._words(is_excluded=is_excluded)

    def _operator(self, start: int) -> bool:
        word = _BARE.match(self._text, start)
        if word is None or word[0] not in {"OR", "AND", "NOT"}:
            return False
        if word[0] == "NOT":
            self._fail("To exclude a word, put a minus before it: -word.", start)
        if self._joining is not None or not self._terms_precede:
            self._fail(f"{word[0]} needs a term on its left side.", start)
        if word[0] == "OR" and not self._words_precede:
            self._fail(_OR_JOINS_WORDS, start)
        self._joining = (word[0], start)
        self._at = word.end()
        return True

    @property
    def _terms_precede(self) -> bool:
        return bool(self._all_of or self._none_of or self._fields or self._since or self._until)

    def _is_minus(self, start: int) -> bool:
        following = self._text[start + 1 : start + 2]
        if following and not following.isspace():
            return following != "-"  # an option of a command, --verbose, is a word
        self._fail("A minus needs a word right after it: -word.", start)

    def _words(self, *, is_excluded: bool) -> None:
        start = self._at
        text = self._quoted() if self._text[start] == '"' else self._take(_BARE)
        if not any(character.isalnum() for character in text):
            if is_excluded or self._joining is not None or self._text[start] == '"':
                self._fail_for_marks(start)
            self._marks.append(start)
            return
        joining, self._joining = self._joining, None
        is_either = joining is not None and joining[0] == "OR"
        if is_excluded:
            if is_either:
                self._fail("A minus cannot follow OR.", start - 1)
            self._none_of.append(text)
        elif is_either:
            self._all_of[-1] = (*self._all_of[-1], text)
        else:
            self._all_of.append((text,))
        self._words_precede = not is_excluded

    def _field(self, name: str, start: int, *, is_excluded: bool) -> None:
        if self._joining is not None and self._joining[0] == "OR":
            self._fail(_OR_JOINS_WORDS, self._joining[1])
        self._joining, self._words_precede = None, False
        values: list[str] = []
        while True:
            at = self._at
            value = self._value(name, start)
            if name in {"before", "after"}:
                self._time(name, value, at, is_excluded=is_excluded)
            else:
                values.append(self._checked(name, value, at))
            if not self._text.startswith(",", self._at):
                break
            self._at += 1
        if values:
            self._fields.append(FieldTerm(name, tuple(values), is_excluded))

    def _value(self, name: str, start: int) -> str:
        if self._text.startswith('"', self._at):
            value = self._quoted()
        elif _BARE_VALUE.match(self._text, self._at):
            value = self._take(_BARE_VALUE)
        else:
            value = ""
        if not value.strip():
            example = FIELDS[name].example
            self._fail(
                f"{name}: needs a value right after the colon, such as {name}:{example}. To search "
                f'for the word itself, put it in quotes: "{name}:".',
                start,
            )
        return value

    def _checked(self, name: str, value: str, at: int) -> str:
        """Return a value in its stored form."""
        if name == "status":
            status = parse_status(value)
            if status in AgentRunStatus.__members__:
                return status
            self._fail(f"There is no status {value!r}. {_choice(value, FIELDS[name].values)}", at)
        if name == "type":
            return str(_TYPES.get(value.lower(), value.upper()))
        if name in {"failed", "archived"}:
            answer = {"true": "yes", "false": "no"}.get(value.lower(), value.lower())
            if answer not in _YES_NO:
                self._fail(f"{name}: is yes or no, not {value!r}.", at)
            return answer
        if name == "run":
            number = value.removeprefix("#")
            if not (number.isascii() and number.isdigit() and 0 < int(number) <= _LARGEST_ID):
                self._fail(f"run: takes the number of a run, not {value!r}.", at)
            return str(int(number))
        return value

    def _time(self, name: str, value: str, at: int, *, is_excluded: bool) -> None:
        if is_excluded:
            other = "after" if name == "before" else "before"
            self._fail(f"Instead of -{name}:, write {other}:.", at)
        moment = self._moment(value, at)
        if name == "after":
            self._since = moment if self._since is None else max(self._since, moment)
        else:
            self._until = moment if self._until is None else min(self._until, moment)

    def _moment(self, value: str, at: int) -> datetime:
        ago = _AGO.fullmatch(value.lower())
        try:
            if ago:
                return self._now - int(ago[1]) * _UNITS[ago[2]]
            moment = datetime.fromisoformat(value)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self._fail(
                f"{value!r} is not a time. Give a day (2026-11-01), a time (2026-11-01T14:30, UTC) "
                "or an age (30min, 12h, 7d, 2w).",
                at,
            )

    def _quoted(self) -> str:
        start = self._at
        end = self._text.find('"', start + 1)
        if end < 0:
            self._fail('The quote is not closed; put a second " after the words.', start)
        self._at = end + 1
        return self._text[start + 1 : end]

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:  # callers make sure that something is left
            raise AssertionError(self._text)
        self._at = match.end()
        return match[0]

    def _refuse_slip(self, name: str, at: int) -> None:
        """Fail on what looks like a field with a typing error; `https:` is just a word."""
        alike = difflib.get_close_matches(name.lower(), FIELDS, 1, _ALIKE)
        if alike:
            self._fail(
                f"There is no field {name!r}; did you mean {alike[0]!r}? To search for exactly "
                "these words, put them in quotes.",
                at,
            )

    def _fail_for_marks(self, at: int) -> NoReturn:
        self._fail(
            "There is no letter or digit here, and this search finds only whole words. The search "
            "within one run finds any characters.",
            at,
        )

    def _fail(self, message: str, at: int) -> NoReturn:
        raise InvalidQuery(message, at)


def _choice(value: str, choices: tuple[str, ...]) -> str:
    alike = difflib.get_close_matches(value.lower(), choices, 1)
    return f"Did you mean {alike[0]}?" if alike else f"Choose one of {', '.join(choices)}."
