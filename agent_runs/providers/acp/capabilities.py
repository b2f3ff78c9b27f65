"""What we tell an agent about ourselves when it starts."""

from agent_runs import __version__
from agent_runs.models import JSON
from agent_runs.providers.acp.agents import AgentProfile


def introduction(profile: AgentProfile) -> dict[str, JSON]:
    """Return the parameters of `initialize`."""
    return {
        "protocolVersion": 1,
        "clientInfo": {"name": "agent_runs", "title": "agent_runs", "version": __version__},
        "clientCapabilities": {
            "fs": {"readTextFile": profile.fs, "writeTextFile": profile.fs},
            "terminal": profile.terminal,
            "elicitation": {"form": {}, "url": {}},
            "session": {"notices": {}, "compaction": {}},
            # Output without a fence around it, and the exit code, of commands that it runs.
            "_meta": {"terminal_output": True},
        },
    }
