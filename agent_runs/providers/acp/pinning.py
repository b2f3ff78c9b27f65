"""Holds a session to its pin, and sets what the run chooses: modes and options.

The pin is set after each start, and again whenever the session leaves it by itself.
Source: https://agentclientprotocol.com/protocol/session-modes
"""

from collections.abc import Mapping, Sequence

from acp.exceptions import RequestError

from agent_runs.models import JSON, PermissionPolicy
from agent_runs.providers.acp import outcome
from agent_runs.providers.acp.agents import AgentProfile
from agent_runs.providers.acp.session import Session
from agent_runs.providers.acp.session_options import values_of

_MOST_CHANGES = 20
_MODE = "mode"


class Pinning:
    """Sets what a run's policy needs, and what the run chooses within it."""

    def __init__(self, session: Session, profile: AgentProfile, policy: PermissionPolicy) -> None:
        self._session = session
        self._profile = profile
        self._policy: PermissionPolicy = policy
        self._pin = profile.pin(policy)
        self._changes = 0
        self._is_setting = False

    async def hold(self, choices: Mapping[str, str]) -> None:
        """Set the pin and the choices now, and keep the pin from now on.

        Args:
            choices: option → value; `mode` is a session mode, too.

        Raises:
            TurnFailed: the agent does not offer a choice, the policy forbids it, or the pin cannot
                be set and the policy is not `allow`.
        """
        self._session.on_options = self._watch
        await self._set()
        for name, value in choices.items():
            await self._choose(name, value)

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

    async def _choose(self, name: str, value: str) -> None:
        options = self._session.options
        option = options.option(name)
        offered = options.modes if option is None and name == _MODE else values_of(option or {})
        # Some modes are named by a URL, whose last part is what people call them.
        value = next((each for each in offered if each.rpartition("#")[2] == value), value)
        try:
            if value not in offered:
                raise _missing(value, offered)
            self._check_allowed(name, value, option or {})
            if option is None and name == _MODE:
                await self._set_mode(value)
            else:
                await self._set_option(name, value)
        except (RequestError, _NotOffered) as exc:
            raise outcome.option_unavailable(self._profile, name, str(exc)) from exc

    def _check_allowed(self, name: str, value: str, option: Mapping[str, JSON]) -> None:
        if self._policy == "allow":
            return
        if _MODE in (name, option.get("category")):
            if value not in self._asking_modes:
                raise _NotOffered(
                    f"the permission policy {self._policy!r} needs a mode that asks "
                    f"({', '.join(sorted(self._asking_modes)) or 'it has none'}), not {value!r}"
                )
        elif name in self._pin.options or option.get("category") == "permissions":
            raise _NotOffered(f"the permission policy {self._policy!r} decides it")

    @property
    def _asking_modes(self) -> set[str]:
        own = (self._pin.mode, self._pin.options.get(_MODE))
        return {mode for mode in (*own, *self._pin.modes) if mode is not None}

    async def _set_option(self, name: str, value: str) -> None:
        options = self._session.options
        option = options.option(name)
        if option is None or value not in values_of(option):
            raise _missing(value, values_of(option or {}))
        answer = await self._session.call(
            "session/set_config_option", configId=option.get("id"), value=value
        )
        options.take_options(answer)
        present = (options.option(name) or {}).get("currentValue")
        if answer and present not in (None, value):
            raise _NotOffered(f"the option {name!r} was set to {value!r}, but is {present!r}")

    async def _set_mode(self, mode: str) -> None:
        options = self._session.options
        if options.mode == mode:
            return
        if options.modes and mode not in options.modes:
            raise _missing(mode, options.modes)
        await self._session.call("session/set_mode", modeId=mode)
        options.set_mode(mode)

    def _watch(self) -> None:
        """Set the pin again if the session has left it; where all is allowed, it may."""
        if self._policy == "allow" or self._is_setting or self._is_held():
            return
        self._changes += 1
        if self._changes > _MOST_CHANGES:
            words = f"it left the mode that asks {_MOST_CHANGES} times"
            self._session.fail(outcome.policy_not_honoured(self._profile, self._policy, words))
        else:
            self._session.spawn(self._set_again(), "agent-pin")

    async def _set_again(self) -> None:
        try:
            await self._set()
        except outcome.TurnFailed as failure:
            self._session.fail(failure)

    def _is_held(self) -> bool:
        options = self._session.options
        modes = self._asking_modes
        if self._pin.mode is not None and options.mode is not None and options.mode not in modes:
            return False
        for name, value in self._pin.options.items():
            present = (options.option(name) or {}).get("currentValue", value)
            if present != value and not (name == _MODE and present in modes):
                return False
        return True


class _NotOffered(Exception):
    """The agent does not offer what is needed, or the policy forbids it."""


def _missing(value: str, offered: Sequence[str]) -> _NotOffered:
    if not offered:
        return _NotOffered("the agent does not have it")
    return _NotOffered(f"{value!r} is not offered, only {', '.join(offered)}")
