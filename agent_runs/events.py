"""What subscribers receive: pure data, in the order of the event table.

A stored event is written in the same transaction as the change it reports. Its `id` is the SSE id,
so a subscriber that reconnects with the last id it saw misses nothing. A `Draft` is text that an
agent is still writing: it is never stored and has no id.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

CHANNEL = "agent_runs_events"
"""PostgreSQL channel whose empty notifications say that events were committed."""


class EventKind(StrEnum):
    """Names of the events on the wire (the SSE `event:` field)."""

    RUN_CREATED = "run.created"
    RUN_UPDATED = "run.updated"
    RUN_FINISHED = "run.finished"
    LOGS_APPENDED = "logs.appended"
    PERMISSION_REQUESTED = "permission.requested"
    PERMISSION_ANSWERED = "permission.answered"
    DRAFT = "draft"
    RESET = "reset"


@dataclass(frozen=True)
class StoredEvent:
    """One row of the event table.

    Attributes:
        id: rises in the order of commits; gaps are possible.
        kind: an `EventKind`.
        run_id: the run it is about.
        text: JSON object as text. run.*: the run as in lists; logs.appended:
            `{"agent_run_id", "first_seq", "log_count"}`; permission.*: the permission request.
    """

    id: int
    kind: str
    run_id: int
    text: str

    @cached_property
    def frame(self) -> bytes:
        """The event as Server-Sent-Events bytes, made once for all subscribers."""
        return f"id: {self.id}\nevent: {self.kind}\ndata: {self.text}\n\n".encode()


@dataclass(frozen=True)
class Draft:
    """Text that an agent is writing: `{"agent_run_id", "kind": "answer"|"thought", "text"}`."""

    run_id: int
    text: str

    @cached_property
    def frame(self) -> bytes:
        """The draft as Server-Sent-Events bytes, without an id."""
        return f"event: {EventKind.DRAFT}\ndata: {self.text}\n\n".encode()


@dataclass(frozen=True)
class Reset:
    """Events after the subscriber's last id were pruned: it must reload, then can continue.

    Attributes:
        last_id: newest event id; the next event follows it.
    """

    last_id: int

    @cached_property
    def frame(self) -> bytes:
        """The reset as Server-Sent-Events bytes; its id lets a reconnect continue from here."""
        body = f'{{"last_id":{self.last_id}}}'
        return f"id: {self.last_id}\nevent: {EventKind.RESET}\ndata: {body}\n\n".encode()


Event = StoredEvent | Draft | Reset
