"""How tests call the command line in this process."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str


class Cli(Protocol):
    """Calls the command as the console script does."""

    def __call__(self, *words: object) -> Done: ...
