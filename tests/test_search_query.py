"""The query language: what it takes, and how it says what is wrong and where."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runs.errors import InvalidQuery
from agent_runs.search_query import FIELDS, QUERY_LENGTH, FieldTerm, SearchQuery, parse_query

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_the_example_of_the_documentation_is_understood() -> None:
    text = 'tool:bash status:error agent:claude repo:api before:2026-11-01 "exact words" -not'
    assert parse_query(text, NOW) == SearchQuery(
        all_of=(("exact words",),),
        none_of=("not",),
        fields=(
            FieldTerm("tool", ("bash",)),
            FieldTerm("status", ("ERROR",)),
            FieldTerm("agent", ("claude",)),
            FieldTerm("repo", ("api",)),
        ),
        until=datetime(2026, 11, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  ", SearchQuery()),
        ("a b", SearchQuery(all_of=(("a",), ("b",)))),
        ("a OR b OR c d", SearchQuery(all_of=(("a", "b", "c"), ("d",)))),
        ("a AND b", SearchQuery(all_of=(("a",), ("b",)))),
        ("or and not", SearchQuery(all_of=(("or",), ("and",), ("not",)))),
        ('-"a b" c', SearchQuery(all_of=(("c",),), none_of=("a b",))),
        ("--verbose", SearchQuery(all_of=(("--verbose",),))),
        ("git-log x-y", SearchQuery(all_of=(("git-log",), ("x-y",)))),
        ("https://x.org C:\\temp 12:30", SearchQuery(
            all_of=(("https://x.org",), ("C:\\temp",), ("12:30",)))),
        ("TypeError: boom", SearchQuery(all_of=(("TypeError:",), ("boom",)))),
        ("a & b -- c", SearchQuery(all_of=(("a",), ("b",), ("c",)))),
        ('a"b c"d', SearchQuery(all_of=(("a",), ("b c",), ("d",)))),
        ("TOOL:Bash", SearchQuery(fields=(FieldTerm("tool", ("Bash",)),))),
        ('tool:"a b",c', SearchQuery(fields=(FieldTerm("tool", ("a b", "c")),))),
        ("-status:done,failed", None),
        ("-status:completed,FAILED", SearchQuery(
            fields=(FieldTerm("status", ("COMPLETE", "ERROR"), is_excluded=True),))),
        ("type:answer,other", SearchQuery(fields=(FieldTerm("type", ("FINAL_ANSWER", "OTHER")),))),
        ("failed:TRUE archived:no", SearchQuery(
            fields=(FieldTerm("failed", ("yes",)), FieldTerm("archived", ("no",))))),
        ("run:#007", SearchQuery(fields=(FieldTerm("run", ("7",)),))),
        ("after:7d", SearchQuery(since=NOW - timedelta(days=7))),
        ("after:30min before:2h", SearchQuery(
            since=NOW - timedelta(minutes=30), until=NOW - timedelta(hours=2))),
        ("after:2026-11-01T10:00+02:00", SearchQuery(since=datetime(2026, 11, 1, 8, tzinfo=UTC))),
    ],
)  # fmt: skip
def test_terms_mean_what_the_grammar_says(text: str, expected: SearchQuery | None) -> None:
    if expected is None:
        with pytest.raises(InvalidQuery):
            parse_query(text, NOW)
    else:
        assert parse_query(text, NOW) == expected


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ('a "b c', 2, "not closed"),
        ("a status:", 2, "needs a value"),
        ("status: error", 0, "needs a value"),
        ('tool:""', 0, "needs a value"),
        ("tool:a, b", 0, "needs a value"),
        ("a status:eror", 9, "Did you mean error"),
        ("status:xyz", 7, "one of pending"),
        ("a stauts:error", 2, "did you mean 'status'"),
        ("failed:maybe", 7, "yes or no"),
        ("run:last", 4, "number of a run"),
        ("run:99999999999999999999", 4, "number of a run"),
        ("after:tomorrow", 6, "not a time"),
        ("after:999999w", 6, "not a time"),
        ("-after:7d", 7, "before:"),
        ("OR b", 0, "left side"),
        ("a OR", 2, "right side"),
        ("a OR OR b", 5, "left side"),
        ("a OR -b", 5, "cannot follow OR"),
        ("tool:a OR b", 7, "several values"),
        ("a OR tool:b", 2, "several values"),
        ("a NOT b", 2, "minus"),
        ("a - b", 2, "right after it"),
        ("a -", 2, "right after it"),
        ("???", 0, "letter or digit"),
        ('a "!!"', 2, "letter or digit"),
        ("x" * (QUERY_LENGTH + 1), QUERY_LENGTH, "1,000"),
        ("a " * 51, 100, "too many terms"),
    ],
)
def test_what_is_wrong_is_explained_with_its_place(text: str, position: int, words: str) -> None:
    with pytest.raises(InvalidQuery, match=words) as caught:
        parse_query(text, NOW)
    assert caught.value.position == position


_PIECES = st.sampled_from([
    *(f"{name}:" for name in FIELDS), "OR", "AND", "NOT", "-", '"', ",", " ", "  ", "a", "é", "7d",
    "error", "2026-11-01", "1", ":", "*", "(", ")", "\\", "\0", "\ud800", "😀", "'", ";", "%s",
])  # fmt: skip


@given(st.lists(_PIECES | st.text(max_size=5), max_size=40).map("".join))
def test_every_text_is_a_query_or_says_what_is_wrong_within_it(text: str) -> None:
    problem, query = None, SearchQuery()
    try:
        query = parse_query(text, NOW)
    except InvalidQuery as error:
        problem = error
    assert problem is None or 0 <= problem.position <= len(text)
    assert problem is None or problem.message.endswith((".", "?"))
    phrases = [*query.none_of, *(phrase for group in query.all_of for phrase in group)]
    assert all(any(letter.isalnum() for letter in phrase) for phrase in phrases)
    assert all(phrase in text for phrase in phrases)
    assert all(term.values for term in query.fields)
