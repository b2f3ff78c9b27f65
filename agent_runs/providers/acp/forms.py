"""Forms that an agent wants a person to fill in: read from its requests, answered in its words.

Qwen Code asks in a way of its own: as a permission request whose `_meta` holds the questions.
Source: https://agentclientprotocol.com/protocol/elicitation
"""

from collections.abc import Mapping
from typing import cast

from agent_runs.models import JSON
from agent_runs.providers.acp.text import clip, whole_characters
from agent_runs.questions import (
    MOST_CHOICES,
    MOST_FIELDS,
    FieldKind,
    FormChoice,
    FormField,
    QuestionForm,
)
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty
from agent_runs.reading.text import one_line

ANSWERS: tuple[dict[str, JSON], ...] = (
    {"optionId": "accept", "name": "Submit", "kind": "allow_once"},
    {"optionId": "decline", "name": "Decline", "kind": "reject_once"},
    {"optionId": "cancel", "name": "Dismiss", "kind": "cancel"},
)
"""Options of a form that was asked for by `elicitation/create`; their ids are its actions."""

_SHORT, _LONG, _LONGEST_ADDRESS = 200, 4000, 2000
_KINDS: dict[str, FieldKind] = {"number": "number", "integer": "integer", "boolean": "yes_no"}
_OTHER = "_other"


def form_of(params: dict[str, JSON]) -> QuestionForm:
    """Return the form of an `elicitation/create`.

    Raises:
        ValueError: it cannot be shown to a person.
    """
    message = _text(params.get("message"), _LONG) or "The agent asks for information."
    mode = params.get("mode")
    if mode == "url":
        url = text_or_empty(params.get("url"))
        if not url.startswith(("https://", "http://")) or len(url) > _LONGEST_ADDRESS:
            raise ValueError("url must be a web address of at most 2,000 characters")
        return QuestionForm(message=message, url=one_line(url))
    if mode not in ("form", None):
        raise ValueError(f"mode {one_line(str(mode), 40)!r} is not supported")
    schema = object_or_empty(params.get("requestedSchema"))
    required = schema.get("required")
    names = cast("list[JSON]", required) if isinstance(required, list) else []
    properties = object_or_empty(schema.get("properties"))
    if len(properties) > MOST_FIELDS:
        raise ValueError(f"a form may have at most {MOST_FIELDS} fields")
    fields = [
        _field(name, object_or_empty(property_), required=name in names)
        for name, property_ in properties.items()
    ]
    return QuestionForm(message=message, fields=tuple(fields))


def form_of_question(tool_call: dict[str, JSON]) -> QuestionForm | None:
    """Return the form of a permission request that is a question to a person; None for others."""
    meta = object_or_empty(tool_call.get("_meta"))
    if meta.get("qwenInteractionKind") != "user_question":
        return None
    raw = object_or_empty(tool_call.get("rawInput"))
    questions = objects_or_empty(meta.get("qwenQuestions")) or objects_or_empty(
        raw.get("questions")
    )
    fields: list[FormField] = []
    for number, question in enumerate(questions[: MOST_FIELDS // 2]):
        choices = [
            FormChoice(value=label, description=_text(option.get("description"), _LONG))
            for option in objects_or_empty(question.get("options"))[:MOST_CHOICES]
            if (label := _text(option.get("label"), _SHORT))
        ]
        kind: FieldKind = "choices" if question.get("multiSelect") else "choice"
        title, words = _text(question.get("header"), _SHORT), _text(question.get("question"), _LONG)
        if choices:
            fields.append(
                FormField(
                    name=str(number),
                    kind=kind,
                    title=title,
                    description=words,
                    choices=tuple(choices),
                )
            )
        other = f"{title or 'Answer'}: in your own words" if choices else title
        fields.append(
            FormField(
                name=f"{number}{_OTHER}",
                kind="text",
                title=other,
                description="" if choices else words,
            )
        )
    message = _text(tool_call.get("title"), _LONG) or "The agent asks a question."
    return QuestionForm(message=message, fields=tuple(fields))


def answers_to_question(content: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the answers to a question of Qwen Code: number of the question → text."""
    answers: dict[str, JSON] = {}
    for name, value in content.items():
        number = name.removesuffix(_OTHER)
        words = ", ".join(map(str, cast("list[JSON]", value))) if isinstance(value, list) else value
        before = answers.get(number)
        answers[number] = f"{before}, {words}" if before else str(words)
    return answers


def _field(name: str, property_: dict[str, JSON], *, required: bool) -> FormField:
    items = object_or_empty(property_.get("items"))
    is_list = property_.get("type") == "array"
    choices = _choices(items if is_list else property_)
    kind: FieldKind = _KINDS.get(text_or_empty(property_.get("type")), "text")
    if is_list or choices:
        kind = "choices" if is_list else "choice"
    if len(name) > _SHORT:
        raise ValueError(f"the name of a field may have at most {_SHORT} characters")
    default = property_.get("default")
    if not isinstance(default, bool | int | float):
        default = _text(default, _LONG) or None
    return FormField(
        name=name,
        kind=kind,
        title=_text(property_.get("title"), _SHORT),
        description=_text(property_.get("description"), _LONG),
        required=required,
        choices=choices,
        default=default,
    )


def _choices(schema: dict[str, JSON]) -> tuple[FormChoice, ...]:
    titled = objects_or_empty(schema.get("oneOf")) or objects_or_empty(schema.get("anyOf"))
    values = schema.get("enum")
    plain = cast("list[JSON]", values) if isinstance(values, list) else []
    if len(titled) + len(plain) > MOST_CHOICES:
        raise ValueError(f"a field may have at most {MOST_CHOICES} choices")
    choices = [
        FormChoice(
            value=whole_characters(text_or_empty(option.get("const"))),
            title=_text(option.get("title"), _SHORT),
            description=_text(option.get("description"), _LONG),
        )
        for option in titled
    ]
    choices += [FormChoice(value=whole_characters(text_or_empty(value))) for value in plain]
    # A value goes back as it came, so it cannot be cut.
    return tuple(choice for choice in choices if 0 < len(choice.value) <= _LONG)


def _text(value: JSON, limit: int) -> str:
    return whole_characters(clip(text_or_empty(value).strip(), limit))
