"""What an agent asks a person: permission for an action, or a form to fill in."""

import math
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Literal, cast

from pydantic import Field

from agent_runs.errors import InvalidRequest
from agent_runs.record import JSON, Record

MOST_FIELDS = 50
MOST_CHOICES = 100
LONGEST_TEXT = 10_000

FieldKind = Literal["text", "number", "integer", "yes_no", "choice", "choices"]

_WORDS = {"yes": True, "true": True, "no": False, "false": False}


class FormChoice(Record):
    """One answer to choose."""

    value: str = Field(description="what to answer with")
    title: str = Field(default="", description="label for people")
    description: str = Field(default="", description="what it means")


class FormField(Record):
    """One thing to fill in."""

    name: str = Field(description="name in `content`")
    kind: FieldKind = Field(description="text, number, integer, yes_no, choice or choices")
    title: str = Field(default="", description="label for people")
    description: str = Field(default="", description="what is asked")
    required: bool = Field(default=False, description="whether an answer needs it")
    choices: tuple[FormChoice, ...] = Field(default=(), description="the only possible values")
    default: JSON = Field(default=None, description="what the agent proposes")


class QuestionForm(Record):
    """A form to fill in, or an address to visit. Source: ACP, elicitation/create."""

    message: str = Field(description="the question")
    fields: tuple[FormField, ...] = Field(default=(), description="what to fill in")
    url: str | None = Field(default=None, description="page to open in a browser")


class PermissionOption(Record):
    """One answer that an agent offers. Source: ACP, session/request_permission."""

    option_id: str = Field(description="id to answer with")
    name: str = Field(description="label in the agent's words")
    kind: str = Field(description="allow_once, allow_always, reject_once, reject_always or cancel")


class PermissionRequest(Record):
    """A question of an agent that a person has to answer."""

    id: int = Field(description="id of the question")
    agent_run_id: int = Field(description="run whose agent asks")
    turn: int = Field(description="number of the turn, from 1")
    created_at: datetime = Field(description="when it was asked")
    tool_call: dict[str, JSON] = Field(description="the tool call as the agent described it")
    options: tuple[PermissionOption, ...] = Field(description="the possible answers")
    form: QuestionForm | None = Field(
        default=None, description="what to fill in; null: it asks for permission"
    )
    state: str = Field(description="pending, answered, or withdrawn (its time or turn was over)")
    option_id: str | None = Field(default=None, description="the answer, once there is one")
    content: dict[str, JSON] = Field(
        default_factory=dict, description="what was filled in, by the names of the form's fields"
    )
    answered_at: datetime | None = Field(default=None, description="when it was answered")


def filled_in(form: QuestionForm, content: Mapping[str, JSON]) -> dict[str, JSON]:
    """Return the content of a form, as its fields want it; text may stand for other values.

    Raises:
        InvalidRequest: it does not fit the form.
    """
    fields = {field.name: field for field in form.fields}
    for name in content:
        if name not in fields:
            names = ", ".join(map(repr, fields)) or "none"
            raise InvalidRequest(f"content: the form has no field {name[:100]!r}. It has {names}.")
    given = {name: value for name, value in content.items() if value not in (None, "", [])}
    for field in form.fields:
        if field.required and field.name not in given:
            raise InvalidRequest(f"content: {field.name!r} is required. Nothing was answered.")
    return {name: _fitting(fields[name], value) for name, value in given.items()}


def _fitting(field: FormField, value: JSON) -> JSON:
    value = _from_text(field, value)
    values = {choice.value for choice in field.choices}
    fits = {
        "text": isinstance(value, str) and len(value) <= LONGEST_TEXT,
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "yes_no": isinstance(value, bool),
        "choice": isinstance(value, str) and value in values,
        "choices": _are_all(value, values),
    }
    if fits[field.kind]:
        return value
    wanted = {
        "text": f"text of at most {LONGEST_TEXT:,} characters",
        "integer": "a whole number",
        "yes_no": "true or false",
        "choice": f"one of {', '.join(map(repr, sorted(values)))}",
        "choices": f"a list of {', '.join(map(repr, sorted(values)))}",
    }.get(field.kind, f"a {field.kind}")
    raise InvalidRequest(f"content: {field.name!r} must be {wanted}. Nothing was answered.")


def _are_all(value: JSON, values: Collection[str]) -> bool:
    if not isinstance(value, list):
        return False
    return all(isinstance(one, str) and one in values for one in cast("list[JSON]", value))


def _from_text(field: FormField, value: JSON) -> JSON:
    """Return the value that a text stands for: forms of pages and command lines hold only text."""
    if not isinstance(value, str) or field.kind in ("text", "choice"):
        return value
    if field.kind == "choices":
        return [value]
    if field.kind == "yes_no":
        return _WORDS.get(value.strip().lower())
    try:
        number = float(value)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number
