"""Answers an agent's permission requests according to the run's policy.

A policy never allows more than it must: an option that applies once wins over one that always
applies. After a cancel every question is answered `cancelled`, as the protocol requires.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from agent_runs.models import JSON, PermissionPolicy
from agent_runs.providers.acp.guard import PolicyGuard
from agent_runs.providers.base import FormAnswer, PermissionQuestion

_WITHDRAW_SECONDS = 5.0
_Answer = TypeVar("_Answer")

Ask = Callable[[PermissionQuestion], Coroutine[Any, Any, str | None]]
AskForm = Callable[[PermissionQuestion], Coroutine[Any, Any, FormAnswer | None]]

_KINDS = {"allow": ("allow_once", "allow_always"), "reject": ("reject_once", "reject_always")}


@dataclass
class Permissions:
    """Decides for one turn.

    Attributes:
        policy: `allow`, `reject`, or `ask` a person.
        ask: asks the person; returns the option id, None if the question was withdrawn.
        guard: knows what needs no question.
        form: lets a person fill a form in, whatever the policy: it grants nothing.
        cancelled: nothing is allowed any more.
        decisions: kinds of the options that were chosen, such as `allow_once`.
    """

    policy: PermissionPolicy
    ask: Ask
    guard: PolicyGuard
    form: AskForm
    cancelled: bool = False
    decisions: set[str] = field(default_factory=set[str])
    _waiting: set[asyncio.Task[Any]] = field(default_factory=set[asyncio.Task[Any]])

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
        answer = await self._wait(self.ask(PermissionQuestion(tool_call, options)))
        if self.cancelled:
            return None
        if answer not in [option.get("optionId") for option in options]:
            # Nobody answered in time: the agent may continue without permission.
            return _pick(options, "reject")
        return answer

    async def fill_in(self, question: PermissionQuestion) -> FormAnswer | None:
        """Return what a person filled in, None if the question was withdrawn."""
        answer = None if self.cancelled else await self._wait(self.form(question))
        return None if self.cancelled else answer

    async def _wait(self, asking: Coroutine[Any, Any, _Answer]) -> _Answer | None:
        task = asyncio.create_task(asking, name="agent-question")
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
