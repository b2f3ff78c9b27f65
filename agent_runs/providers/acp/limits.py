"""Limits of time and size for agents."""

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
