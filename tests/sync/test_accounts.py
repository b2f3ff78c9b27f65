"""A hosted account is mirrored: its history, what lives there, what is created from here."""

from functools import partial

import anyio
import pytest

from agent_runs.errors import Conflict, InvalidRequest, RunIsActive, Unavailable
from agent_runs.models import AgentRunStatus
from agent_runs.providers.codegen.creation import KEY
from agent_runs.providers.codegen.governor import Limit, Limits
from agent_runs.providers.codegen.plan import Intervals
from agent_runs.runs import webhooks
from agent_runs.store import creations, deliveries, hosted_organizations, repos, runs, turns
from tests.hosted_api import ORG, Fault, HostedApi, serve_twin
from tests.hosted_api_life import RealClock, working_life
from tests.providers.codegen.kept import texts_of
from tests.sync.mirroring import account, mirroring

pytestmark = pytest.mark.anyio
SLOW = Limits(Limit(20, 1.0), Limit(8, 1.0), Limit(10_000, 1.0))
CALM = Intervals(idle=5.0, newcomers=5.0)


@pytest.fixture
def api():
    clock = RealClock()
    twin = HostedApi(clock=clock, life=partial(working_life, every_seconds=0.02))
    with serve_twin(twin):
        yield twin


def add_history(api: HostedApi, number: int) -> list[int]:
    made = []
    for at in range(number):
        made.append(api.add_run("COMPLETE", result=f"result {at}"))
        api.add_log(made[-1], observation=f"entry of {at}")
        api.add_log(made[-1], "FINAL_ANSWER", observation=f"result {at}")
    return made


def creates(api: HostedApi) -> int:
    return sum(each.startswith("POST") and each.endswith("/agent/run") for each in api.requests)


async def test_what_was_before_is_brought_in_whole_and_only_once(tmp_path, database_url, api):
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


async def test_history_goes_on_where_it_stopped(tmp_path, database_url, api):
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


async def test_what_came_while_nobody_followed_is_caught_up_with(tmp_path, database_url, api):
    add_history(api, 5)
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.history.whole == 5)
    later = add_history(api, 230)
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.history.whole == 5 + len(later))


async def test_an_opened_run_comes_ahead_of_the_history(tmp_path, database_url, api):
    made = add_history(api, 60)
    async with mirroring(
        tmp_path, database_url, account(api), limits=SLOW, intervals=CALM
    ) as at_work:
        await at_work.until_state(lambda state: state.history.runs == len(made))
        oldest = (await at_work.all_runs())[-1]
        await at_work.accounts.open(oldest)
        assert len(await at_work.entries(oldest)) == 2
        assert (await at_work.accounts.states())[0].history.whole < len(made)
        asked = len(api.requests)
        opened = await runs.get(at_work.database, oldest.id)
        await at_work.accounts.open(opened)
        logs_of = f"/{oldest.upstream_id}/logs"
        assert not [each for each in api.requests[asked:] if logs_of in each]


async def test_a_run_that_is_created_here_keeps_what_upstream_does_not_tell(
    tmp_path, database_url, api
):
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        (repo,) = await at_work.until_repos(1)
        made = await at_work.create("Mend the shop", model="claude-sonnet", repo_id=repo.id)
        assert (made.provider, made.organization_id) == ("codegen", ORG)
        (run,) = await at_work.until(lambda all_: all_[0].status == "COMPLETE")
        assert run.id == made.id
        assert (run.prompt, run.model, run.repo_id) == ("Mend the shop", "claude-sonnet", repo.id)
        assert (run.user_id, run.result) == (1, "Done: Mend the shop")
        assert run.status_reason is None
        await at_work.until_state(lambda state: state.history.whole == 1)
        read = await at_work.entries(run)
        assert [each.observation for each in read] == texts_of(api, int(run.upstream_id or 0))
    (body,) = api.bodies
    assert (body["prompt"], body["model"], body["repo_id"]) == (
        "Mend the shop",
        "claude-sonnet",
        11,
    )
    assert KEY in body["metadata"]


async def test_runs_of_this_machine_and_hosted_ones_stand_in_one_list(tmp_path, database_url, api):
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        here = await at_work.create("/say here", provider="acp")
        named = await at_work.create("/say here too", agent="scripted")
        there = await at_work.create("there")
        both = await at_work.until(
            lambda all_: len(all_) == 3 and all(run.status == "COMPLETE" for run in all_)
        )
        assert {run.id: run.provider for run in both} == {
            here.id: "acp",
            named.id: "acp",
            there.id: "codegen",
        }


async def test_runs_that_are_created_at_once_arrive_once_each(tmp_path, database_url, api):
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        async with anyio.create_task_group() as tasks:
            for number in range(12):
                tasks.start_soon(at_work.create, f"Task {number}")
        found = await at_work.until(
            lambda all_: len(all_) >= 12 and all(run.status == "COMPLETE" for run in all_)
        )
        assert len(found) == len(api.runs) == 12
        assert {run.prompt for run in found} == {f"Task {number}" for number in range(12)}


async def test_creates_wait_for_upstream_say_so_and_can_be_cancelled(tmp_path, database_url):
    api = HostedApi()
    with serve_twin(api):
        port = int(api.url.rpartition(":")[2])
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: bool(state.troubles))
        wanted, unwanted = await at_work.create("wanted"), await at_work.create("unwanted")
        assert (wanted.status, wanted.status_reason) == ("PENDING", "waits_for_upstream")
        waiting = await at_work.until_state(lambda state: state.waiting == 2)
        assert waiting.troubles[0].trouble == "offline"
        stopped = await at_work.system.runs.stop(unwanted.id)
        assert stopped.status == AgentRunStatus.CANCELLED
        with serve_twin(api, port):
            await at_work.until(lambda all_: any(run.upstream_id for run in all_))
            state = await at_work.until_state(lambda state: not state.troubles)
            assert state.waiting == 0
    assert [body["prompt"] for body in api.bodies] == ["wanted"]


async def test_a_used_up_allotment_holds_back_new_runs_only(tmp_path, database_url, api):
    api.allotment = 0
    (before,) = add_history(api, 1)
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.history.whole == 1)
        made = await at_work.create("One too many")
        state = await at_work.until_state(lambda state: bool(state.troubles))
        assert state.troubles[0].trouble == "allotment_used_up"
        run = await runs.get(at_work.database, made.id)
        assert run.status_reason == "waits_for_upstream"
        assert "allotment" in (run.error or "")
        api.add_log(before, observation="still read")
        api.runs[before]["status"] = "ACTIVE"
        await at_work.until_state(lambda _: f"/{before}/logs?skip=0" in str(api.requests[-9:]))
        assert (await at_work.system.runs.stop(made.id)).status == "CANCELLED"
    assert creates(api) == 1


async def test_a_run_that_upstream_refuses_ends_and_says_why(tmp_path, database_url, api):
    api.faults = [Fault(status=422, only="POST", times=None)]
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        made = await at_work.create("Impossible")
        (run,) = await at_work.until(lambda all_: all_[0].status == "ERROR")
        assert (run.id, run.status_reason) == (made.id, "refused_upstream")
        assert "Nothing was created there" in (run.error or "")
        (entry,) = await at_work.entries(run)
        assert entry.message_type == "ERROR"


async def test_the_end_of_a_run_that_was_made_here_is_told_and_no_other(
    tmp_path, database_url, api
):
    foreign = api.add_run()
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await webhooks.set_organization_webhook(
            at_work.database, 1, webhooks.Webhook("https://example.com/hook", None), enabled=True
        )
        await at_work.until(lambda all_: len(all_) == 1)
        made = await at_work.create("Tell me")
        api.runs[foreign]["status"] = "COMPLETE"
        await at_work.until(lambda all_: all(run.status == "COMPLETE" for run in all_))
        planned, total = await deliveries.page(at_work.database, run_id=None, skip=0, limit=10)
        assert (total, planned[0].agent_run_id) == (1, made.id)


async def test_a_lost_answer_is_looked_for_and_found(tmp_path, database_url, api):
    api.faults = [Fault(drop=True, taken=True, only="POST")]
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        made = await at_work.create("Only once")
        (run,) = await at_work.until(lambda all_: all_[0].status == "COMPLETE")
        assert run.id == made.id
        stored = await creations.get(at_work.database, made.id)
        assert stored
        assert stored.state == "created"
    assert len(api.runs) == creates(api) == 1


async def test_a_run_is_resumed_upstream_and_keeps_its_prompts(tmp_path, database_url, api):
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        made = await at_work.create("First")
        await at_work.until(lambda all_: all_[0].status == "COMPLETE")
        resumed = await at_work.system.runs.resume(made.id, "Second")
        assert (resumed.status, resumed.turn) == ("ACTIVE", 2)
        with pytest.raises(RunIsActive):
            await at_work.system.runs.resume(made.id, "Third")
        (run,) = await at_work.until(lambda all_: all_[0].result == "Done: Second")
        assert run.status == "COMPLETE"
        asked = await turns.list_(at_work.database, made.id)
        assert [turn.prompt for turn in asked] == ["First", "Second"]
        await at_work.until_state(lambda state: state.history.whole == 1)
        read = await at_work.entries(run)
        assert [each.observation for each in read] == texts_of(api, int(run.upstream_id or 0))


async def test_a_resume_whose_answer_is_lost_is_told_and_followed(tmp_path, database_url, api):
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        made = await at_work.create("First")
        await at_work.until(lambda all_: all_[0].status == "COMPLETE")
        api.faults = [Fault(drop=True, taken=True, only="resume")]
        with pytest.raises(Unavailable, match="Nobody knows whether the prompt arrived"):
            await at_work.system.runs.resume(made.id, "Second")
        await at_work.until(lambda all_: all_[0].result == "Done: Second")
    assert [body["prompt"] for body in api.bodies] == ["First", "Second"]


@pytest.mark.parametrize(
    ("way", "beta", "path"),
    [("auto", True, "/beta/"), ("auto", False, "/run/ban"), ("ban", True, "/run/ban")],
)
async def test_a_run_is_stopped_the_configured_way(tmp_path, sqlite_url, way, beta, path):
    with serve_twin(HostedApi(beta=beta)) as api:
        run_id = api.add_run()
        async with mirroring(tmp_path, sqlite_url, account(api, stop=way)) as at_work:
            (run,) = await at_work.until(lambda all_: len(all_) == 1)
            stopped = await at_work.system.runs.stop(run.id)
            assert stopped.status == "CANCELLED"
        assert api.runs[run_id]["status"] == "CANCELLED"
        posts = [each for each in api.requests if each.startswith("POST")]
        assert path in posts[-1]


async def test_a_run_that_may_not_be_stopped_from_here_goes_on(tmp_path, sqlite_url, api):
    run_id = api.add_run()
    async with mirroring(tmp_path, sqlite_url, account(api, stop="none")) as at_work:
        (run,) = await at_work.until(lambda all_: len(all_) == 1)
        with pytest.raises(Conflict, match="AGENT_RUNS_HOSTED_STOP"):
            await at_work.system.runs.stop(run.id)
    assert api.runs[run_id]["status"] == "ACTIVE"


async def test_accounts_come_and_go_and_their_runs_stay(tmp_path, database_url, api):
    add_history(api, 2)
    with serve_twin(HostedApi()) as other:
        add_history(other, 3)
        async with mirroring(tmp_path, database_url, account(api)) as at_work:
            await at_work.until(lambda all_: len(all_) == 2)
            at_work.accounts.use([account(api), account(other)])
            found = await at_work.until(lambda all_: len(all_) == 5)
            # Both servers call their organization the same.
            assert len({run.organization_id for run in found}) == 2
            await at_work.until_state(lambda state: state.history.whole == 2)
            at_work.accounts.use([])
            assert await at_work.accounts.states() == []
            assert not at_work.accounts.is_set
            assert len(await at_work.all_runs()) == 5
            with pytest.raises(Conflict, match="no token here"):
                await at_work.system.runs.resume(found[0].id, "Go on")
            local = await at_work.create("/say here")
            assert local.provider == "acp"


async def test_all_organizations_of_a_token_are_found_when_none_is_named(
    tmp_path, database_url, api
):
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


async def test_an_account_that_was_never_reached_says_so(tmp_path, sqlite_url, api):
    api.faults = [Fault(status=401, times=None)]
    async with mirroring(tmp_path, sqlite_url, account(api, org_id=None)) as at_work:
        ((root, condition),) = await at_work.until_troubles()
        assert (root, condition.trouble) == (api.url, "token_refused")
        with pytest.raises(InvalidRequest, match="not reached yet"):
            await at_work.create("Where to?")
        assert await at_work.all_runs() == []


async def test_one_process_follows_and_another_takes_over(tmp_path, postgres_url, api):
    add_history(api, 1)
    here = partial(mirroring, alone=False)
    async with here(tmp_path / "a", postgres_url, account(api), worker="one") as first:
        await first.until_state(lambda state: state.followed)
        async with here(tmp_path / "b", postgres_url, account(api), worker="two") as second:
            state = await second.until_state(lambda _: True)
            assert not state.followed
            async with first.database.begin() as transaction:
                await hosted_organizations.release(transaction, "one")
            await second.until_state(lambda state: state.followed)


async def test_a_repository_of_the_other_kind_is_refused(tmp_path, sqlite_url, api):
    async with mirroring(tmp_path, sqlite_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        async with at_work.database.begin() as transaction:
            local = await repos.insert(transaction, name="local", url="/somewhere")
        with pytest.raises(InvalidRequest, match="not a repository of the hosted organization"):
            await at_work.create("There", provider="codegen", repo_id=local.id)
        hosted = next(repo for repo in await at_work.until_repos(2) if repo.upstream_id)
        with pytest.raises(InvalidRequest, match="a repository of a hosted account"):
            await at_work.create("Here", provider="acp", repo_id=hosted.id)
        assert await at_work.all_runs() == []
