"""Exit codes; `docs/cli.md` explains them."""

from agent_runs.errors import AgentRunsError, InvalidRequest, WaitTimeout

COMPLETE = 0
FAILED = 1
USAGE = 2
TIMEOUT = 124
INTERRUPTED = 130


def code_for(error: AgentRunsError) -> int:
    """Return the exit code of a command that ended with this error."""
    if isinstance(error, InvalidRequest):
        return USAGE
    return TIMEOUT if isinstance(error, WaitTimeout) else FAILED
