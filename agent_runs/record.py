"""What all models are made of: a frozen record that can be read like a dictionary."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

JSON = Any
"""A decoded JSON value: the one place where `Any` is right."""


class Record(BaseModel):
    """A frozen model that can also be read like a dictionary: `run["id"]`, `log.get("thought")`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def __getitem__(self, name: str) -> JSON:
        """Return the field `name`; KeyError if there is none."""
        try:
            return getattr(self, name)
        except AttributeError:
            raise KeyError(name) from None

    def __contains__(self, name: object) -> bool:
        """Tell whether a field of that name exists."""
        return name in type(self).model_fields or name in (self.model_extra or {})

    def get(self, name: str, default: JSON = None) -> JSON:
        """Return the field `name`, or `default` if it is missing or null."""
        try:
            value = self[name]
        except KeyError:
            return default
        return default if value is None else value

    def keys(self) -> Iterator[str]:
        """Field names, official ones first; with `[]` this makes `dict(run)` work."""
        yield from type(self).model_fields
        yield from self.model_extra or {}


class Reply(Record):
    """An answer that this server always sends whole; the defaults are for other versions of it."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
