"""Terms of a WHERE clause, with their parameters."""

from collections.abc import Iterable
from typing import Any


def any_of(column: str, values: Iterable[Any], params: dict[str, Any]) -> str:
    """Return the term for `column` having one of `values`, and add these to `params`."""
    names = {f"{column}_{at}": value for at, value in enumerate(values)}
    params |= names
    return f"{column} in ({', '.join(f':{name}' for name in names)})"


def all_of(terms: list[str]) -> str:
    """Return the WHERE clause for all terms, empty if there are none."""
    return f" where {' and '.join(terms)}" if terms else ""


def contains(column: str, param: str) -> str:
    """Return the term for `column` containing a text; the parameter comes from `containing`."""
    return f"{column} like :{param} escape '!'"


def containing(text: str) -> str:
    """Return the LIKE pattern for texts that contain `text` literally."""
    for character in "!%_":
        text = text.replace(character, "!" + character)
    return f"%{text}%"
