"""Answers an agent's permission requests according to the run's policy.

A policy never allows more than it must: an option that applies once wins over one that always
applies. After a cancel every question is answered `cancelled`, as the protocol requires.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from agent_runs.models import JSON, PermissionPolicy
from agent_runs.providers.acp.guard import PolicyGuard
from agent_runs.providers.base import PermissionQuestion

_WITHDRAW_SECONDS = 5.0

Ask = Callable[[PermissionQuestion], Coroutine[Any, Any, str | None]]

_KINDS = {"allow": ("allow_once", "allow_always"), "reject": ("reject_once", "reject_always")}


@dataclass
class Permissions:
    """Decides for one turn.

    Attributes:
        policy: `allow`, `reject`, or `ask` a person.
        ask: asks the person; returns the option id, None if the question was withdrawn.
        guard: knows what needs no question.
        cancelled: nothing is allowed any more.
        decisions: kinds of the options that were chosen, such as `allow_once`.
    """

    policy: PermissionPolicy
    ask: Ask
    guard: PolicyGuard
    cancelled: bool = False
    decisions: set[str] = field(default_factory=set[str])
    _waiting: set[asyncio.Task[str | None]] = field(default_factory=set[asyncio.Task[str | None]])

    @property
    def waiting(self) -> bool:
        """Tell whether a question waits for a person."""
        return bool(self._waiting)

    @property
    def rejected(self) -> bool:
        """Tell whether an action was rejected."""
        return not self.decisions.isdisjoint(_KINDS["reject"])

    def may_act(self, command: str = "") -> bool:
        """Tell whether the agent may let us act: write a file, or run a shell command.

        Such requests do not name the question that they follow, so one that was allowed stands for
        all; under `reject` there is none.
        """
        if self.policy == "allow" or (command and self.guard.lets_through(command)):
            return True
        return not self.decisions.isdisjoint(_KINDS["allow"])

    def cancel(self) -> None:
        """Withdraw open questions, and allow nothing from now on."""
        self.cancelled = True
        for task in self._waiting:
            task.cancel()

    async def close(self) -> None:
        """Withdraw open questions and wait, for a bounded time, until that is done."""
        self.cancel()
        if self._waiting:
            await asyncio.wait(list(self._waiting), timeout=_WITHDRAW_SECONDS)

    async def choose(
        self, tool_call: dict[str, JSON], options: list[dict[str, JSON]]
    ) -> str | None:
        """Return the id of the chosen option, None for `cancelled`."""
        choice = await self._choose(tool_call, options)
        for option in options:
            if choice is not None and option.get("optionId") == choice:
                self.decisions.add(str(option.get("kind")))
        return choice

    async def _choose(
        self, tool_call: dict[str, JSON], options: list[dict[str, JSON]]
    ) -> str | None:
        if self.cancelled:
            return None
        if self.policy != "ask":
            return _pick(options, self.policy)
        answer = await self._ask(PermissionQuestion(tool_call=tool_call, options=options))
        if self.cancelled:
            return None
        if answer not in [option.get("optionId") for option in options]:
            # Nobody answered in time: the agent may continue without permission.
            return _pick(options, "reject")
        return answer

    async def _ask(self, question: PermissionQuestion) -> str | None:
        task = asyncio.create_task(self.ask(question), name="agent-question")
        self._waiting.add(task)
        try:
            return await task
        except asyncio.CancelledError:
            if not self.cancelled:
                raise
            return None
        finally:
            self._waiting.discard(task)
            task.cancel()


def _pick(options: list[dict[str, JSON]], decision: str) -> str | None:
    for kind in _KINDS[decision]:
        for option in options:
            if option.get("kind") == kind:
                return str(option.get("optionId"))
    return None
