"""The two SQL dialects, and a statement in one of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

Dialect = Literal["sqlite", "postgresql"]
Statement = tuple[str, Sequence[Mapping[str, Any]]]
"""SQL text, and the sets of parameters to run it with, one after another."""
