"""How the dashboard reaches the API: one client per process, and what most pages need from it."""

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

from agent_runs.addresses import server_url
from agent_runs.client.asynchronous.transport import AsyncTransport
from agent_runs.client.base import Call, RetryPolicy
from agent_runs.client.calls import runs as run_calls
from agent_runs.client.calls.answers import plain
from agent_runs.client.credentials import Credentials, resolve
from agent_runs.client.wire import AsyncSystemClock
from agent_runs.dashboard.theme import agent_title
from agent_runs.errors import AgentRunsError
from agent_runs.models import JSON, LOCAL_ORGANIZATION, AgentInfo, Repo
from agent_runs.settings import api_token_for, load_settings

T = TypeVar("T")
TIMEOUT_SECONDS = 30.0
CATALOG_SECONDS = 20.0


@cache
def credentials() -> Credentials:
    """Return address and token of the API, by `AGENT_RUNS_API_URL` or else host and port."""
    settings = load_settings()
    url = settings.api_url or server_url(settings.host, settings.port)
    return Credentials(
        root=resolve(base_url=url).root,
        token=api_token_for(settings).token,
        program="agent-runs-dashboard",
    )


@cache
def _transport() -> AsyncTransport:
    return AsyncTransport(credentials(), TIMEOUT_SECONDS, RetryPolicy(), AsyncSystemClock())


async def close() -> None:
    """Close the connections to the API, and forget its address."""
    if _transport.cache_info().currsize:
        await _transport().close()
        _transport.cache_clear()
    credentials.cache_clear()


async def send(call: Call[T]) -> T:
    """Send one of the SDK's requests and return what it reads from the answer."""
    return await _transport().send(call, LOCAL_ORGANIZATION)


async def fetch(
    path: str,
    *,
    method: str = "GET",
    body: Mapping[str, JSON] | None = None,
) -> dict[str, JSON]:
    """Send a request that the SDK has no method for; return the JSON object."""
    return await send(Call(method, path, plain, body=body))


def open_events(after: int | None) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
    """Open the API's event stream after the event `after`."""
    return _transport().stream(run_calls.events(None, after))


@dataclass(frozen=True)
class Catalog:
    """Agents and repositories that runs can name."""

    agents: tuple[AgentInfo, ...] = ()
    repos: tuple[Repo, ...] = ()
    read_at: float = field(default=float("-inf"), compare=False)

    @property
    def agent_titles(self) -> dict[str, str]:
        """Titles by name."""
        return {agent.name: agent_title(agent) for agent in self.agents}

    @property
    def repo_names(self) -> dict[int, str]:
        """Names by id."""
        return {repo.id: repo.full_name or repo.name for repo in self.repos}


class CatalogCache:
    """Keeps the catalog for a while, because every page of every tab asks for it."""

    def __init__(self) -> None:
        self._latest = Catalog()

    async def read(self, *, fresh: bool = False) -> Catalog:
        """Return the catalog, at most `CATALOG_SECONDS` old; read it now if `fresh`."""
        now = time.monotonic()
        if fresh or now - self._latest.read_at > CATALOG_SECONDS:
            agents = await send(run_calls.list_agents())
            repos = await send(run_calls.list_repos())
            self._latest = Catalog(tuple(agents), tuple(repos), now)
        return self._latest

    async def latest(self) -> Catalog:
        """Return the catalog, or the last one that was read if it cannot be read now.

        A list of runs without the titles of agents is better than no list.
        """
        try:
            return await self.read()
        except AgentRunsError:
            return self._latest


catalogs = CatalogCache()
