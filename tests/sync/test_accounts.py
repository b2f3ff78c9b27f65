"""Hosted accounts are mirrored while they are set: what was before, what lives, by one process."""

from functools import partial
from pathlib import Path

import pytest

from agent_runs.errors import (
    Conflict,
    Unavailable,
)
from agent_runs.providers.codegen.governor import Limit, Limits
from agent_runs.providers.codegen.plan import Intervals
from agent_runs.store.hosted import organizations as hosted_organizations
from agent_runs.store.runs import runs
from tests.dying import died, without_table
from tests.hosted_api import ORG, Fault, HostedApi, serve_twin
from tests.providers.codegen.kept import texts_of
from tests.sync.mirroring import account, add_history, creates, mirroring

pytestmark = pytest.mark.anyio
SLOW = Limits(Limit(20, 1.0), Limit(8, 1.0), Limit(10_000, 1.0))
CALM = Intervals(idle=5.0, newcomers=5.0)


async def test_what_was_before_is_brought_in_whole_and_only_once(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    made = add_history(api, 130)
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        state = await at_work.until_state(lambda state: state.history.whole == len(made))
        assert (state.history.total, state.history.runs, state.history.listed) == (130, 130, True)
        assert state.history.seconds_left is None
        assert state.troubles == ()
        for run in await at_work.all_runs():
            assert run.organization_id == state.organization.id == ORG
            read = await at_work.entries(run)
            assert [each.observation for each in read] == texts_of(api, int(run.upstream_id or 0))
    read = [each for each in api.requests if "/logs" in each]
    assert len(read) == len(set(read)) == len(made)


async def test_history_goes_on_where_it_stopped(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    made = add_history(api, 40)
    async with mirroring(
        tmp_path, database_url, account(api), limits=SLOW, intervals=CALM
    ) as at_work:
        state = await at_work.until_state(lambda state: state.history.whole >= 8)
        assert state.history.whole < len(made)
        assert state.history.seconds_left is not None
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.history.whole == len(made))
        for run in await at_work.all_runs():
            assert len(await at_work.entries(run)) == 2
    read = [each for each in api.requests if "/logs" in each]
    # One reading may have been under way when it was stopped.
    assert len(read) <= len(made) + 1


async def test_what_came_while_nobody_followed_is_caught_up_with(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    add_history(api, 5)
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.history.whole == 5)
    later = add_history(api, 230)
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.history.whole == 5 + len(later))


async def test_an_opened_run_comes_ahead_of_the_history(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    made = add_history(api, 60)
    async with mirroring(
        tmp_path, database_url, account(api), limits=SLOW, intervals=CALM
    ) as at_work:
        await at_work.until_state(lambda state: state.history.runs == len(made))
        oldest = (await at_work.all_runs())[-1]
        await at_work.accounts.open(oldest)
        assert len(await at_work.entries(oldest)) == 2
        assert (await at_work.accounts.states())[0].history.whole < len(made)
        requests_before = len(api.requests)
        opened = await runs.get(at_work.database, oldest.id)
        await at_work.accounts.open(opened)
        logs_of = f"/{oldest.upstream_id}/logs"
        assert not [each for each in api.requests[requests_before:] if logs_of in each]


async def test_an_upstream_that_says_no_to_everything_has_lost_nothing(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    made = add_history(api, 30)
    slow = mirroring(tmp_path, database_url, account(api), limits=SLOW, intervals=CALM)
    async with slow as at_work:
        await at_work.until_state(lambda state: state.history.runs == len(made))
        api.faults = [Fault(status=404, text="<html>gone</html>", times=None)]
        await at_work.until_state(lambda state: bool(state.troubles))
        assert all(run.status_reason is None for run in await at_work.all_runs())
        api.faults = []
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.history.whole == len(made))
        for run in await at_work.all_runs():
            assert run.status_reason is None
            assert len(await at_work.entries(run)) == 2


async def test_accounts_come_and_go_and_their_runs_stay(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    add_history(api, 2)
    with serve_twin(HostedApi()) as other:
        add_history(other, 3)
        async with mirroring(tmp_path, database_url, account(api)) as at_work:
            await at_work.until(lambda all_: len(all_) == 2)
            at_work.accounts.use([account(api), account(other)])
            listed = await at_work.until(lambda all_: len(all_) == 5)
            # Both servers call their organization the same.
            assert len({run.organization_id for run in listed}) == 2
            await at_work.until_state(lambda state: state.history.whole == 2)
            at_work.accounts.use([])
            assert await at_work.accounts.states() == []
            assert not at_work.accounts.is_set
            assert len(await at_work.all_runs()) == 5
            with pytest.raises(Conflict, match="no token here"):
                await at_work.system.runs.resume(listed[0].id, "Go on")
            local = await at_work.create("/say here")
            assert local.provider == "acp"


async def test_all_organizations_of_a_token_are_found_when_none_is_named(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    add_history(api, 1)
    async with mirroring(tmp_path, database_url, account(api, org_id=None)) as at_work:
        (run,) = await at_work.until(lambda all_: len(all_) == 1)
        state = (await at_work.accounts.states())[0]
        assert (run.organization_id, state.organization.name) == (ORG, "Twin")
    api.faults = [Fault(status=503, times=None)]
    async with mirroring(tmp_path, database_url, account(api, org_id=None)) as at_work:
        # Known from before, though it cannot be asked now.
        await at_work.until_state(lambda state: bool(state.troubles))
        made = await at_work.create("Waits")
        assert made.status_reason == "waits_for_upstream"


async def test_an_account_is_followed_once_the_database_can_be_used(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    add_history(api, 1)
    async with mirroring(tmp_path, database_url) as at_work:
        async with without_table(at_work.database, "hosted_organization"):
            at_work.accounts.use([account(api)])
            await died(f"account {api.url}")
        await at_work.until(lambda all_: len(all_) == 1)


async def test_an_organization_is_followed_on_after_the_database_was_sick(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        async with without_table(at_work.database, "hosted_creation"):
            at_work.accounts.wake(ORG)
            await died("organization")
        made = await at_work.create("/say on we go")
        await at_work.until(lambda all_: all_[0].upstream_id is not None)
        assert (await at_work.all_runs())[0].id == made.id


async def test_an_account_that_was_never_reached_says_so(
    tmp_path: Path, sqlite_url: str, api: HostedApi
) -> None:
    api.faults = [Fault(status=401, times=None)]
    async with mirroring(tmp_path, sqlite_url, account(api, org_id=None)) as at_work:
        ((root, condition),) = await at_work.until_troubles()
        assert (root, condition.trouble) == (api.url, "token_refused")
        with pytest.raises(Unavailable, match="has not answered yet"):
            await at_work.create("Where to?")
        assert await at_work.all_runs() == []


async def test_one_process_follows_and_another_takes_over(
    tmp_path: Path, postgres_url: str, api: HostedApi
) -> None:
    add_history(api, 1)
    here = partial(mirroring, alone=False)
    async with here(tmp_path / "a", postgres_url, account(api), worker="one") as first:
        await first.until_state(lambda state: state.followed)
        async with here(tmp_path / "b", postgres_url, account(api), worker="two") as second:
            state = await second.until_state(lambda _: True)
            assert not state.followed
            async with first.database.begin() as transaction:
                # As if it had been away for so long that it was taken for dead.
                await hosted_organizations.release(transaction, "one")
                assert await hosted_organizations.claim(transaction, ORG, "two")
            await second.until_state(lambda state: state.followed)
            await first.until_state(lambda state: not state.followed)
            for number in range(3):
                await first.create(f"Task {number}")
            await first.until(lambda all_: sum(run.status == "COMPLETE" for run in all_) == 4)
    assert creates(api) == 3
