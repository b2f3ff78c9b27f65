"""A hosted account, as the settings name it."""

from dataclasses import dataclass, field
from typing import Literal

StopWay = Literal["auto", "ban", "none"]


@dataclass(frozen=True)
class Account:
    """A token at a server of the official API.

    Attributes:
        root: address of the server, without `/v1`.
        org_id: the only organization to mirror; None: all organizations of the token.
        stop: how its runs are stopped: `auto` (the plain stop if there is one, otherwise `ban`),
            `ban`, or `none`.
    """

    root: str
    token: str = field(repr=False)
    org_id: int | None = None
    stop: StopWay = "auto"
