"""What a person fills in must fit the form; text stands for numbers and for yes and no."""

import pytest

from agent_runs.errors import InvalidRequest
from agent_runs.models import JSON
from agent_runs.questions import FormChoice, FormField, QuestionForm, filled_in

FORM = QuestionForm(
    message="Which?",
    fields=(
        FormField(name="db", kind="choice", required=True, choices=(FormChoice(value="SQLite"),)),
        FormField(name="note", kind="text"),
        FormField(name="size", kind="integer"),
        FormField(name="share", kind="number"),
        FormField(name="fast", kind="yes_no"),
        FormField(
            name="parts", kind="choices", choices=(FormChoice(value="a"), FormChoice(value="b"))
        ),
    ),
)


def test_text_stands_for_what_a_field_wants_and_empty_values_are_left_out() -> None:
    given = {"db": "SQLite", "size": "5", "share": "0.5", "fast": "Yes", "parts": "a", "note": ""}
    filled = {"db": "SQLite", "size": 5, "share": 0.5, "fast": True, "parts": ["a"]}
    assert filled_in(FORM, given) == filled
    assert filled_in(FORM, filled) == filled


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "'db' is required"),
        ({"db": None}, "'db' is required"),
        ({"db": "Oracle"}, "'db' must be one of 'SQLite'"),
        ({"db": 5}, "'db' must be one of"),
        ({"db": "SQLite", "colour": "red"}, "no field 'colour'. It has 'db', 'note'"),
        ({"db": "SQLite", "note": "x" * 10_001}, "'note' must be text of at most 10,000"),
        ({"db": "SQLite", "size": "many"}, "'size' must be a whole number"),
        ({"db": "SQLite", "size": 1.5}, "'size' must be a whole number"),
        ({"db": "SQLite", "size": True}, "'size' must be a whole number"),
        ({"db": "SQLite", "share": "inf"}, "'share' must be a number"),
        ({"db": "SQLite", "fast": "maybe"}, "'fast' must be true or false"),
        ({"db": "SQLite", "parts": ["a", "c"]}, "'parts' must be a list of 'a', 'b'"),
        ({"db": "SQLite", "parts": {"a": 1}}, "'parts' must be a list of 'a', 'b'"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_name_of_the_field(
    content: dict[str, JSON], words: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        filled_in(FORM, content)
    assert words in refused.value.message
