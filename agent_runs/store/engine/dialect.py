"""The two kinds of SQL that are spoken, and a statement in one of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Dialect = Literal["sqlite", "postgresql"]
Statement = tuple[str, Sequence[Mapping[str, Any]]]
"""SQL text and the parameter sets to run it with, one after the other."""
