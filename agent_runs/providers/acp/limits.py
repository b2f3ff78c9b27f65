"""Limits of time and size for agents, and when a turn has reached one."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class AgentLimits:
    """Limits of one turn. Time in which a permission request waits for a person does not count.

    Attributes:
        start_seconds: from the start slot to an open session.
        idle_seconds: without any message from the agent.
        turn_seconds: from prompt to answer.
        grace_seconds: between asking an agent to stop and killing it.
        line_bytes: one JSON-RPC message; real agents send lines of 0.5 MB.
    """

    start_seconds: float = 60.0
    idle_seconds: float = 900.0
    turn_seconds: float = 7200.0
    grace_seconds: float = 10.0
    line_bytes: int = 50 * 1024 * 1024


class TurnClock:
    """Measures a turn from its prompt on against the limits of its time."""

    def __init__(self, limits: AgentLimits) -> None:
        self._limits = limits
        self._heard = self._counted = time.monotonic()
        self._worked = 0.0

    def hear(self) -> None:
        """Note that the agent has just sent a message."""
        self._heard = time.monotonic()

    def count(self, *, is_person_asked: bool) -> None:
        """Count the time since the last call as the agent's, unless a person decides meanwhile."""
        now = time.monotonic()
        if is_person_asked:
            self._heard = now
        else:
            self._worked += now - self._counted
        self._counted = now

    @property
    def rest_seconds(self) -> float:
        """The time until the next limit, at least 0."""
        silence = self._limits.idle_seconds - (self._counted - self._heard)
        return max(0.0, min(silence, self._limits.turn_seconds - self._worked))

    @property
    def reached(self) -> tuple[str, float] | None:
        """The limit that the turn has reached: its status reason and its seconds."""
        if self._counted - self._heard >= self._limits.idle_seconds:
            return "idle_timeout", self._limits.idle_seconds
        if self._worked >= self._limits.turn_seconds:
            return "time_limit", self._limits.turn_seconds
        return None
