"""How turns end: official status, a machine word, and a text for people.

Every text says what happened, what is safe and what to do next.
"""

from collections.abc import Sequence

from agent_runs.models import AgentRunStatus
from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.quotas import Quota
from agent_runs.providers.base import TurnOutcome

_SAFE = "The workspace is kept"


class TurnFailed(Exception):
    """The turn cannot continue; `ending` says how it ends."""

    def __init__(self, reason: str, error: str, status: str = AgentRunStatus.ERROR) -> None:
        super().__init__(error)
        self.ending = TurnOutcome(status, reason, error)


CANCELLED = TurnOutcome(AgentRunStatus.CANCELLED, "stopped")

REJECTED = TurnOutcome(
    AgentRunStatus.ERROR,
    "permission_rejected",
    "The agent ended its turn because an action was rejected. "
    f"{_SAFE}; resume the run and say how to continue.",
)
"""The outcome of a turn that the agent ended after a rejection."""

_BY_STOP_REASON = {
    "end_turn": TurnOutcome(AgentRunStatus.COMPLETE),
    "cancelled": TurnOutcome(AgentRunStatus.CANCELLED, "cancelled_by_agent"),
    "max_tokens": TurnOutcome(
        AgentRunStatus.OUT_OF_TOKENS,
        "max_tokens",
        f"The model ran out of tokens before it was done. {_SAFE}; resume the run to continue.",
    ),
    "max_turn_requests": TurnOutcome(
        AgentRunStatus.MAX_ITERATIONS_REACHED,
        "max_turn_requests",
        "The agent reached its limit of model requests for one turn. "
        f"{_SAFE}; resume the run to continue.",
    ),
    "refusal": TurnOutcome(
        AgentRunStatus.ERROR,
        "refusal",
        f"The model refused to continue. {_SAFE}; resume the run with a different prompt.",
    ),
}


def ending_of(stop_reason: str) -> TurnOutcome:
    """Return how a turn ended that the agent ended with this stop reason."""
    ending = _BY_STOP_REASON.get(stop_reason)
    if ending is not None:
        return ending
    return TurnOutcome(
        AgentRunStatus.ERROR,
        "unknown_stop_reason",
        f"The agent stopped for an unknown reason: {stop_reason!r}. "
        f"{_SAFE}; resume the run to continue.",
    )


def agent_missing(profile: AgentProfile, why: str) -> TurnFailed:
    """The agent's program is missing."""
    return TurnFailed(
        "agent_missing",
        f"The agent {profile.name!r} cannot be started: {why}. Nothing was done; "
        "install it and resume the run, or start a new run with another agent.",
    )


def crashed(
    profile: AgentProfile, exit_code: int | None, words: str, hidden: Sequence[str] = ()
) -> TurnFailed:
    """The agent process ended before its turn did; `hidden` is what the sandbox did not show."""
    how = f"with exit code {exit_code}" if exit_code is not None else "without an exit code"
    if exit_code is not None and exit_code < 0:
        how = f"by signal {-exit_code}"
    output = f" Its last output:\n{words}\n" if words else " "
    if hidden:
        output += (
            f"The sandbox does not show {', '.join(hidden)} to it: name the folder in `read_only` "
            "of the agent, or set AGENT_RUNS_SANDBOX=none. "
        )
    return TurnFailed(
        "agent_crashed",
        f"The agent {profile.name!r} ended unexpectedly, {how}.{output}"
        f"{_SAFE}; resume the run to start it again.",
    )


def not_logged_in(profile: AgentProfile, words: str, sentence: str | None = None) -> TurnFailed:
    """The agent needs a login or a key; `sentence` is its own about that."""
    hint = (profile.login_hint or sentence or "log in with the agent's own program").rstrip(".")
    return TurnFailed(
        "not_logged_in",
        f"The agent {profile.name!r} is not logged in: {words}. To log in: {hint}. "
        f"{_SAFE}; resume the run afterwards.",
    )


def quota_used_up(profile: AgentProfile, quota: Quota) -> TurnFailed:
    """The agent's plan or key has nothing left."""
    when = f" It can continue at {quota.resets_at:%Y-%m-%d %H:%M} UTC." if quota.resets_at else ""
    return TurnFailed(
        "quota",
        f"The agent {profile.name!r} has used up its quota: {quota.words.rstrip('.')}.{when} "
        f"{_SAFE}; resume the run then, or now with another model or key.",
    )


def request_failed(profile: AgentProfile, words: str) -> TurnFailed:
    """The agent answered a request with an error."""
    return TurnFailed(
        "agent_error",
        f"The agent {profile.name!r} reported an error: {words}. "
        f"{_SAFE}; resume the run to try again.",
    )


def wrong_protocol(profile: AgentProfile, version: object) -> TurnFailed:
    """The agent speaks another version of the protocol."""
    return TurnFailed(
        "protocol_version",
        f"The agent {profile.name!r} speaks version {version!r} of the Agent Client Protocol, but "
        f"version 1 is required. {_SAFE}; install a version of the agent that speaks it, then "
        "resume the run.",
    )


def bad_protocol(profile: AgentProfile, words: str) -> TurnFailed:
    """The agent violated the protocol."""
    return TurnFailed(
        "protocol_error",
        f"The agent {profile.name!r} violated the Agent Client Protocol: {words}. "
        f"{_SAFE}; resume the run to try again, or update the agent.",
    )


def images_unsupported(profile: AgentProfile) -> TurnFailed:
    """The prompt has images that the agent does not take."""
    return TurnFailed(
        "images_unsupported",
        f"The agent {profile.name!r} does not take images, so nothing was sent to it. "
        f"{_SAFE}; resume the run without images, or start a new run with another agent.",
    )


def model_unchosen(profile: AgentProfile, model: str) -> TurnFailed:
    """The agent would use a service that nobody has chosen."""
    return TurnFailed(
        "model_unchosen",
        f"The agent {profile.name!r} would send your code to the model {model!r}, which nobody has "
        f"chosen, so it got nothing. {_SAFE}; name a model, here or in the agent's own settings, "
        "then resume the run.",
    )


def model_unavailable(profile: AgentProfile, model: str, words: str) -> TurnFailed:
    """The agent does not offer the model that the run requests."""
    return TurnFailed(
        "model_unavailable",
        f"The agent {profile.name!r} cannot use the model {model!r}: {words}. "
        f"{_SAFE}; resume the run with another model.",
    )


def option_unavailable(profile: AgentProfile, name: str, why: str) -> TurnFailed:
    """The agent does not offer a choice that the run makes."""
    return TurnFailed(
        "option_unavailable",
        f"The agent {profile.name!r} cannot use the option {name!r}: {why}. Nothing was sent to "
        f"it. {_SAFE}; resume the run with another choice.",
    )


def policy_unsupported(profile: AgentProfile, policy: str, why: str) -> TurnFailed:
    """The agent cannot be made to ask before it acts."""
    return TurnFailed(
        "policy_unsupported",
        f"The agent {profile.name!r} cannot keep to the permission policy {policy!r}: {why}. "
        f"Nothing was sent to it. {_SAFE}; resume the run with the policy 'allow', update the "
        "agent, or start a new run with another agent.",
    )


def policy_not_honoured(profile: AgentProfile, policy: str, action: str) -> TurnFailed:
    """The agent acted without a question although the policy needs one."""
    return TurnFailed(
        "policy_not_honoured",
        f"The agent {profile.name!r} was ended because it acted without permission, although the "
        f"permission policy is {policy!r}. What it did: {action}. {_SAFE}; check the changes "
        "before you use them, then resume the run with the policy 'allow' or start a new run with "
        "another agent.",
    )


def no_workspace(words: str) -> TurnFailed:
    """The workspace cannot be created."""
    return TurnFailed(
        "workspace_failed",
        f"The workspace could not be created: {words}. Nothing was done; check the repository, "
        "then resume the run.",
    )


def session_lost(reason: str | None) -> str:
    """Return what to tell when an agent could not continue its earlier session."""
    said = f" It said: {reason}." if reason else " It cannot take up sessions at all."
    return (
        f"The agent could not continue its earlier session and began a new one.{said} "
        "The work tree is as it was left, and the agent got a summary of the run so far."
    )


def too_much_to_copy(profile: AgentProfile, words: str) -> TurnFailed:
    """The login of the person is too large to be copied for each run."""
    return TurnFailed(
        "login_too_large",
        f"The login of the agent {profile.name!r} was not copied: {words}. {_SAFE}; name less in "
        "`login_files` of the agent, then resume the run.",
    )


def timed_out(reason: str, seconds: float, sentence: str | None = None) -> TurnFailed:
    """A limit was reached; `sentence` is what the agent says about logging in."""
    what = {
        "start_timeout": f"The agent was not ready within {seconds:g} s",
        "idle_timeout": f"The agent said nothing for {seconds:g} s",
        "time_limit": f"The turn took longer than {seconds:g} s",
    }[reason]
    wait = f" It may wait for a login: {sentence.rstrip('.')}." if sentence else ""
    return TurnFailed(
        reason,
        f"{what} and was stopped.{wait} {_SAFE}; resume the run to continue, or raise the limit "
        "in the settings.",
        AgentRunStatus.TIMEOUT,
    )
