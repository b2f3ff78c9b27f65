"""What the official API knows besides runs and their entries: their mutes, repositories, models.

Both clients have these methods, and every server of the official API answers them.
"""

from __future__ import annotations  # the types in the signatures are loaded late, too

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

from agent_runs.client import late

if TYPE_CHECKING:
    from agent_runs.client.base import Call
    from agent_runs.client.calls.answers import Page, User
    from agent_runs.models import JSON, Repo

T = TypeVar("T")


class Official(ABC):
    """The blocking form."""

    @abstractmethod
    def _send(self, call: Call[T]) -> T: ...

    def ban_agent_run(self, run_id: int | str) -> JSON:
        """Stop a run and mute it."""
        return self._send(late.official.mark_agent_run(run_id, "ban"))

    def unban_agent_run(self, run_id: int | str) -> JSON:
        """Let a run that was banned be heard again."""
        return self._send(late.official.mark_agent_run(run_id, "unban"))

    def remove_agent_run_from_pr(self, run_id: int | str) -> JSON:
        """Let a run leave its pull request alone."""
        return self._send(late.official.mark_agent_run(run_id, "remove-from-pr"))

    def list_organization_repos(self, page: int = 1) -> Page[Repo]:
        """Return the organization's repositories, 100 at a time."""
        return self._send(late.official.list_organization_repos(page))

    def list_organization_users(self, page: int = 1) -> Page[User]:
        """Return the organization's members, 100 at a time."""
        return self._send(late.official.list_organization_users(page))

    def list_models(self) -> dict[str, JSON]:
        """Return the models that a new run can name: `providers` and `default_model`."""
        return self._send(late.official.list_models())


class AsyncOfficial(ABC):
    """The async form."""

    @abstractmethod
    async def _send(self, call: Call[T]) -> T: ...

    async def ban_agent_run(self, run_id: int | str) -> JSON:
        """Stop a run and mute it."""
        return await self._send(late.official.mark_agent_run(run_id, "ban"))

    async def unban_agent_run(self, run_id: int | str) -> JSON:
        """Let a run that was banned be heard again."""
        return await self._send(late.official.mark_agent_run(run_id, "unban"))

    async def remove_agent_run_from_pr(self, run_id: int | str) -> JSON:
        """Let a run leave its pull request alone."""
        return await self._send(late.official.mark_agent_run(run_id, "remove-from-pr"))

    async def list_organization_repos(self, page: int = 1) -> Page[Repo]:
        """Return the organization's repositories, 100 at a time."""
        return await self._send(late.official.list_organization_repos(page))

    async def list_organization_users(self, page: int = 1) -> Page[User]:
        """Return the organization's members, 100 at a time."""
        return await self._send(late.official.list_organization_users(page))

    async def list_models(self) -> dict[str, JSON]:
        """Return the models that a new run can name: `providers` and `default_model`."""
        return await self._send(late.official.list_models())
