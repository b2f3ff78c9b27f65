"""Holds a session to its pin: sets modes and options after each start, and whenever it leaves them.

Source: https://agentclientprotocol.com/protocol/session-modes
"""

from acp.exceptions import RequestError

from agent_runs.models import PermissionPolicy
from agent_runs.providers.acp import outcome
from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.session import Session
from agent_runs.providers.acp.session_options import values_of

_MOST_CHANGES = 20


class Pinning:
    """Sets what a run's policy needs, and sets it again if the session changes by itself."""

    def __init__(self, session: Session, profile: AgentProfile, policy: PermissionPolicy) -> None:
        self._session = session
        self._profile = profile
        self._policy: PermissionPolicy = policy
        self._pin = profile.pin(policy)
        self._changes = 0
        self._is_setting = False

    async def hold(self) -> None:
        """Set the pin now, and keep it from now on.

        Raises:
            TurnFailed: it cannot be set, and the policy is not `allow`.
        """
        self._session.on_options = self._watch
        await self._set()

    async def _set(self) -> None:
        self._is_setting = True
        try:
            for option, value in self._pin.options.items():
                await self._set_option(option, value)
            if self._pin.mode is not None:
                await self._set_mode(self._pin.mode)
        except (RequestError, _NotOffered) as exc:
            # An agent that cannot be pinned may still ask; where all is allowed, nothing is lost.
            if self._policy != "allow":
                raise outcome.policy_unsupported(self._profile, self._policy, str(exc)) from exc
        finally:
            self._is_setting = False

    async def _set_option(self, name: str, value: str) -> None:
        options = self._session.options
        option = options.option(name)
        if option is None or value not in values_of(option):
            offered = ", ".join(values_of(option)) if option else "no such option"
            raise _NotOffered(f"its option {name!r} must be {value!r}, but it offers {offered}")
        answer = await self._session.call(
            "session/set_config_option", configId=option.get("id"), value=value
        )
        options.take_options(answer)
        option = options.option(name) or {}
        if option.get("currentValue") not in (None, value) and answer:
            raise _NotOffered(
                f"its option {name!r} was set to {value!r}, but is {option['currentValue']!r}"
            )

    async def _set_mode(self, mode: str) -> None:
        options = self._session.options
        if options.mode == mode:
            return
        if options.modes and mode not in options.modes:
            raise _NotOffered(
                f"its mode must be {mode!r}, but it offers {', '.join(options.modes)}"
            )
        await self._session.call("session/set_mode", modeId=mode)
        options.set_mode(mode)

    def _watch(self) -> None:
        """Set the pin again if the session has left it."""
        if self._is_setting or self._is_held():
            return
        self._changes += 1
        if self._changes > _MOST_CHANGES and self._policy != "allow":
            words = f"it left the mode that asks {_MOST_CHANGES} times"
            self._session.fail(outcome.policy_not_honoured(self._profile, self._policy, words))
        elif self._changes <= _MOST_CHANGES:
            self._session.spawn(self._set_again(), "agent-pin")

    async def _set_again(self) -> None:
        try:
            await self._set()
        except outcome.TurnFailed as failure:
            self._session.fail(failure)

    def _is_held(self) -> bool:
        options = self._session.options
        if self._pin.mode is not None and options.mode not in (None, self._pin.mode):
            return False
        return all(
            (options.option(name) or {}).get("currentValue") in (None, value)
            for name, value in self._pin.options.items()
        )


class _NotOffered(Exception):
    """The agent does not offer what the pin needs."""
