"""All hosted accounts: follows those that the settings name."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import anyio

from agent_runs.client.asynchronous.client import AsyncCodegenClient
from agent_runs.client.calls.answers import User
from agent_runs.client.credentials import Credentials
from agent_runs.errors import AgentRunsError, Conflict, Unavailable
from agent_runs.models import JSON, AgentRun
from agent_runs.providers.codegen.condition import Condition, Conditions
from agent_runs.providers.codegen.governor import Governor, Governors, Limits, Priority
from agent_runs.providers.codegen.plan import Intervals
from agent_runs.providers.codegen.upstream import asking, asking_for_a_person, connect
from agent_runs.store.engine.database import Database
from agent_runs.store.hosted import organizations as hosted_organizations
from agent_runs.store.hosted.organizations import HostedOrganization
from agent_runs.sync.account import Account
from agent_runs.sync.following import Following, FollowingState
from agent_runs.tasks import Background, Restart, watched

logger = logging.getLogger(__name__)

T = TypeVar("T")
_OPEN_SECONDS = 15.0
_AGAIN_SECONDS = 5.0
_CACHE_SECONDS = 600.0


@dataclass
class _Served:
    account: Account
    scope: anyio.CancelScope
    conditions: Conditions
    organizations: list[Following] = field(default_factory=list[Following])


class Accounts:
    """The accounts of this server.

    Args:
        worker: unique name of this process.
        limits: what each token may send; the documented limits by default.
    """

    def __init__(
        self,
        database: Database,
        *,
        worker: str,
        limits: Limits | None = None,
        intervals: Intervals | None = None,
        timeout_seconds: float = 30.0,
    ) -> None:
        self._database = database
        self._worker = worker
        self._intervals = intervals or Intervals()
        self._timeout = timeout_seconds
        self._governors = Governors(limits)
        self._served: list[_Served] = []
        self._tasks = Background()
        self._opening: dict[int, asyncio.Task[None]] = {}
        self._cache: dict[tuple[int, str], tuple[float, Any]] = {}

    @contextlib.asynccontextmanager
    async def living(self) -> AsyncGenerator[None]:
        """Follow while the block runs."""
        try:
            yield
        finally:
            await self._tasks.close()
            with contextlib.suppress(Unavailable):
                async with self._database.begin() as transaction:
                    await hosted_organizations.release(transaction, self._worker)

    def use(self, accounts: Sequence[Account]) -> None:
        """Follow these accounts from now on and no others; those that stay are not disturbed."""
        for served in [served for served in self._served if served.account not in accounts]:
            self._served.remove(served)
            served.scope.cancel()
        present = [served.account for served in self._served]
        for account in accounts:
            if account not in present:
                served = _Served(account, anyio.CancelScope(), Conditions())
                self._served.append(served)
                self._tasks.start(self._serve(served), f"account {account.root}")

    @property
    def default_organization(self) -> int | None:
        """Where a new run without an organization goes; None: there is no account."""
        return next((following.organization.id for following in self._all()), None)

    @property
    def is_set(self) -> bool:
        """Tell whether there is an account, even if it has not answered yet."""
        return bool(self._served)

    def follows(self, organization_id: int) -> bool:
        """Tell whether new runs can be created in an organization."""
        return any(following.organization.id == organization_id for following in self._all())

    def wake(self, organization_id: int) -> None:
        """Send new runs now."""
        for following in self._all():
            if following.organization.id == organization_id:
                following.creator.wake()

    def of(self, run: AgentRun) -> tuple[Following, str]:
        """Return the `Following` of a run, and its id there.

        Raises:
            Conflict: upstream has not accepted it yet, or there is no account for it any more.
        """
        places = self._places_of(run)
        if places:
            return places[0]
        if run.upstream_id is None:
            raise Conflict(f"The hosted account has not accepted run {run.id} yet. Wait for it.")
        raise Conflict(
            f"Run {run.id} works on another server, for which there is no token here any more. "
            "What was mirrored stays. Set the token again to continue."
        )

    async def states(self) -> list[FollowingState]:
        """Return how each organization with an account is followed."""
        return [await following.state() for following in self._all()]

    @property
    def troubles(self) -> list[tuple[str, Condition]]:
        """What is wrong with accounts whose organizations are still unknown: `(root, what)`."""
        return [
            (served.account.root, condition)
            for served in self._served
            if not served.organizations
            for condition in served.conditions.all
        ]

    async def models(self, organization_id: int) -> dict[str, JSON]:
        """Return the models of a hosted organization, as upstream lists them."""
        return await self._cached(organization_id, "models", lambda client: client.list_models())

    async def users(self, organization_id: int) -> list[User]:
        """Return the first 100 members of a hosted organization."""
        page = await self._cached(
            organization_id, "users", lambda client: client.list_organization_users()
        )
        return list(page.items)

    def look(self, run: AgentRun) -> None:
        """Count a run as watched for a while: its entries are read first."""
        for following, upstream_id in self._places_of(run):
            following.watched.look(upstream_id)

    @contextlib.contextmanager
    def watching(self, run: AgentRun) -> Generator[None]:
        """Count a run as watched while the block runs."""
        with contextlib.ExitStack() as stack:
            for following, upstream_id in self._places_of(run):
                stack.enter_context(following.watched.hold(upstream_id))
            yield

    async def open(self, run: AgentRun) -> None:
        """Read a run's entries now if none are here; wait for them, but not for long.

        The state of the organization says what went wrong; what is stored can always be read.
        """
        task = await self.open_soon(run)
        if task is not None:
            await asyncio.wait([task], timeout=_OPEN_SECONDS)

    async def open_soon(self, run: AgentRun) -> asyncio.Task[None] | None:
        """Do the same without waiting; None if there is nothing to read."""
        for following, upstream_id in self._places_of(run):
            if run.log_count or await following.is_whole(upstream_id):
                break
            task = self._opening.get(run.id)
            if task is None:
                name = f"open-{run.id}"
                reading = watched(name, partial(_read, following, upstream_id))
                task = self._opening[run.id] = self._tasks.start(reading, name)
                task.add_done_callback(lambda _: self._opening.pop(run.id, None))
            return task
        return None

    async def _cached(
        self,
        organization_id: int,
        what: str,
        ask: Callable[[AsyncCodegenClient], Awaitable[T]],
    ) -> T:
        """Read what changes rarely from upstream once in a while, and not for every viewer."""
        following = next((f for f in self._all() if f.organization.id == organization_id), None)
        if following is None:
            raise Conflict(f"There is no token here any more for organization {organization_id}.")
        now = anyio.current_time()
        entry = self._cache.get((organization_id, what))
        if entry is None or now - entry[0] > _CACHE_SECONDS:
            with asking_for_a_person():
                entry = self._cache[organization_id, what] = (now, await ask(following.client))
        return entry[1]

    def _all(self) -> list[Following]:
        return [following for served in self._served for following in served.organizations]

    def _places_of(self, run: AgentRun) -> list[tuple[Following, str]]:
        if run.upstream_id is None:
            return []
        return [
            (following, run.upstream_id)
            for following in self._all()
            if following.organization.id == run.organization_id
        ][:1]

    async def _serve(self, served: _Served) -> None:
        """Follow an account until it is removed, whatever happens."""
        with served.scope:
            name = f"account {served.account.root}"
            await watched(name, partial(self._follow_on, served), restart=Restart())

    async def _follow_on(self, served: _Served) -> None:
        while True:
            try:
                await self._follow_all(served)
            finally:
                served.organizations.clear()
            # Upstream has not named an organization yet.
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _follow_all(self, served: _Served) -> None:
        account = served.account
        governor = self._governors.of(account.root, account.token)
        async with contextlib.AsyncExitStack() as stack, anyio.create_task_group() as tasks:

            async def begin(organization: HostedOrganization) -> None:
                client = self._client(account, governor, organization.upstream_id)
                await stack.enter_async_context(client)
                following = Following(
                    self._database,
                    organization,
                    client,
                    governor,
                    worker=self._worker,
                    intervals=self._intervals,
                    stop_way=account.stop,
                )
                served.organizations.append(following)
                tasks.start_soon(following.run)

            for organization in await self._stored_organizations(account):
                await begin(organization)
            await self._learn(served, governor, begin)

    async def _stored_organizations(self, account: Account) -> list[HostedOrganization]:
        """Return the organizations that can be followed before upstream has answered."""
        if account.org_id is not None:
            return [await self._put(account, str(account.org_id), None)]
        stored = await hosted_organizations.list_(self._database)
        return [organization for organization in stored if organization.base_url == account.root]

    async def _learn(
        self,
        served: _Served,
        governor: Governor,
        begin: Callable[[HostedOrganization], Awaitable[None]],
    ) -> None:
        """Read the organizations and their names from upstream, and follow the new ones."""
        account = served.account
        async with self._client(account, governor, None) as client:
            while True:
                priority = Priority.BACKFILL if served.organizations else Priority.USER
                try:
                    with asking(priority):
                        page = await client.list_organizations()
                    break
                except AgentRunsError as exc:
                    served.conditions.failed(exc, anyio.current_time())
                    await asyncio.sleep(served.conditions.wait(anyio.current_time()) or 1.0)
        served.conditions.answered()
        here = {it.organization.upstream_id: it for it in served.organizations}
        for item in page.items:
            if account.org_id in {None, item.id}:
                organization = await self._put(account, str(item.id), item.name)
                if str(item.id) in here:
                    here[str(item.id)].organization = organization
                else:
                    await begin(organization)

    def _client(
        self, account: Account, governor: Governor, upstream_id: str | None
    ) -> AsyncCodegenClient:
        org_id = int(upstream_id) if upstream_id is not None and upstream_id.isdigit() else None
        return connect(
            Credentials(account.root, account.token, org_id),
            governor,
            timeout_seconds=self._timeout,
        )

    async def _put(
        self, account: Account, upstream_id: str, name: str | None
    ) -> HostedOrganization:
        async with self._database.begin() as transaction:
            return await hosted_organizations.put(
                transaction, base_url=account.root, upstream_id=upstream_id, name=name or None
            )


async def _read(following: Following, upstream_id: str) -> None:
    try:
        await following.read_now(upstream_id)
    except AgentRunsError as exc:
        logger.info("hosted run %s cannot be read now: %s", upstream_id, exc.message)
