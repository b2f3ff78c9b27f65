"""Runs are created at a hosted account, resumed and stopped there, each exactly once."""

from pathlib import Path

import anyio
import pytest

from agent_runs.errors import (
    Conflict,
    InvalidRequest,
    OutcomeUnknown,
    RunIsActive,
    Unavailable,
)
from agent_runs.models import AgentRunStatus
from agent_runs.providers.codegen.creation import KEY
from agent_runs.runs import webhooks
from agent_runs.store.hosted import creations
from agent_runs.store.organization import repos
from agent_runs.store.runs import deliveries, runs, turns
from tests.hosted_api import ORG, Fault, HostedApi, serve_twin
from tests.providers.codegen.kept import texts_of
from tests.sync.mirroring import account, add_history, creates, mirroring

pytestmark = pytest.mark.anyio


async def test_a_run_that_is_created_here_keeps_what_upstream_does_not_tell(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
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


async def test_runs_of_this_machine_and_hosted_ones_stand_in_one_list(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
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


async def test_runs_that_are_created_at_once_arrive_once_each(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        async with anyio.create_task_group() as tasks:
            for number in range(12):
                tasks.start_soon(at_work.create, f"Task {number}")
        listed = await at_work.until(
            lambda all_: len(all_) >= 12 and all(run.status == "COMPLETE" for run in all_)
        )
        assert len(listed) == len(api.runs) == 12
        assert {run.prompt for run in listed} == {f"Task {number}" for number in range(12)}


async def test_creates_wait_for_upstream_say_so_and_can_be_cancelled(
    tmp_path: Path, database_url: str
) -> None:
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


async def test_a_used_up_allotment_holds_back_new_runs_only(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
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


async def test_a_run_that_upstream_refuses_ends_and_says_why(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
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
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
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


async def test_a_run_that_is_cancelled_while_others_are_sent_is_never_sent(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    api.faults = [Fault(drip_seconds=0.002, only="POST")]
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        first, second = await at_work.create("first"), await at_work.create("second")
        await at_work.until(lambda all_: any(run.activity == "Sending it upstream" for run in all_))
        assert (await at_work.system.runs.stop(second.id)).status == "CANCELLED"
        await at_work.until(
            lambda all_: (
                {run.id: run.status for run in all_}
                == {first.id: "COMPLETE", second.id: "CANCELLED"}
            )
        )
        await at_work.until_state(lambda state: state.waiting == 0)
    assert [body["prompt"] for body in api.bodies] == ["first"]


async def test_an_upstream_that_gives_ids_anew_loses_and_stops_nothing(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    add_history(api, 2)
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.history.whole == 2)
        old = {run.id for run in await at_work.all_runs()}
        api.runs.clear()
        made = await at_work.create("After it began anew")
        listed = await at_work.until(
            lambda all_: any(run.id == made.id and run.status == "COMPLETE" for run in all_)
        )
        assert {run.id for run in listed} == {*old, made.id}
        assert len({run.upstream_id for run in listed if run.upstream_id}) <= 2
        for run_id in old:
            assert len(await at_work.entries(run_id)) == 2
        again = await at_work.create("And on it goes")
        await at_work.until(
            lambda all_: any(run.id == again.id and run.status == "COMPLETE" for run in all_)
        )


async def test_a_run_whose_answer_is_lost_is_stopped_once_it_is_known(
    tmp_path: Path, database_url: str
) -> None:
    api = HostedApi(beta=True)
    with serve_twin(api):
        api.faults = [Fault(drop=True, taken=True, only="POST"), None]
        async with mirroring(tmp_path, database_url, account(api)) as at_work:
            await at_work.until_state(lambda state: state.age_seconds is not None)
            made = await at_work.create("Stop me")
            await at_work.until(lambda _: bool(api.runs))
            await at_work.system.runs.stop(made.id)
            (run,) = await at_work.until(lambda all_: all_[0].status == "CANCELLED")
            assert run.id == made.id
        (there,) = api.runs.values()
        assert there["status"] == "CANCELLED"


async def test_the_same_resume_with_a_lost_answer_is_sent_once(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        made = await at_work.create("First")
        await at_work.until(lambda all_: all_[0].status == "COMPLETE")
        api.faults = [Fault(status=401, only="resume")]
        with pytest.raises(Unavailable, match="refused"):
            await at_work.system.runs.resume(made.id, "Second", key="k1")
        api.faults = [Fault(drop=True, taken=True, only="resume")]
        with pytest.raises(OutcomeUnknown):
            await at_work.system.runs.resume(made.id, "Second", key="k1")
        await at_work.system.runs.resume(made.id, "Second", key="k1")
        await at_work.until(lambda all_: all_[0].result == "Done: Second")
    assert [body["prompt"] for body in api.bodies] == ["First", "Second"]


async def test_a_waiting_run_says_what_it_waits_for(
    tmp_path: Path, sqlite_url: str, api: HostedApi
) -> None:
    api.faults = [Fault(status=401, body={"detail": "This token was revoked"}, times=None)]
    async with mirroring(tmp_path, sqlite_url, account(api)) as at_work:
        await at_work.until_state(lambda state: bool(state.troubles))
        await at_work.create("Wait")
        (run,) = await at_work.until(lambda all_: bool(all_[0].error))
        assert "revoked" in (run.error or "")


async def test_a_lost_answer_is_looked_for_and_found(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
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


async def test_a_run_is_resumed_upstream_and_keeps_its_prompts(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
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
        prompts = await turns.list_(at_work.database, made.id)
        assert [turn.prompt for turn in prompts] == ["First", "Second"]
        await at_work.until_state(lambda state: state.history.whole == 1)
        read = await at_work.entries(run)
        assert [each.observation for each in read] == texts_of(api, int(run.upstream_id or 0))


async def test_a_resume_whose_answer_is_lost_is_told_and_followed(
    tmp_path: Path, database_url: str, api: HostedApi
) -> None:
    async with mirroring(tmp_path, database_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        made = await at_work.create("First")
        await at_work.until(lambda all_: all_[0].status == "COMPLETE")
        api.faults = [Fault(drop=True, taken=True, only="resume")]
        with pytest.raises(Unavailable, match="It is unknown whether the prompt arrived"):
            await at_work.system.runs.resume(made.id, "Second")
        await at_work.until(lambda all_: all_[0].result == "Done: Second")
    assert [body["prompt"] for body in api.bodies] == ["First", "Second"]


@pytest.mark.parametrize(
    ("way", "beta", "path"),
    [("auto", True, "/beta/"), ("auto", False, "/run/ban"), ("ban", True, "/run/ban")],
)
async def test_a_run_is_stopped_the_configured_way(
    tmp_path: Path, sqlite_url: str, way: str, beta: bool, path: str
) -> None:
    with serve_twin(HostedApi(beta=beta)) as api:
        run_id = api.add_run()
        async with mirroring(tmp_path, sqlite_url, account(api, stop=way)) as at_work:
            (run,) = await at_work.until(lambda all_: len(all_) == 1)
            stopped = await at_work.system.runs.stop(run.id)
            assert stopped.status == "CANCELLED"
        assert api.runs[run_id]["status"] == "CANCELLED"
        posts = [each for each in api.requests if each.startswith("POST")]
        assert path in posts[-1]


async def test_a_run_that_may_not_be_stopped_from_here_goes_on(
    tmp_path: Path, sqlite_url: str, api: HostedApi
) -> None:
    run_id = api.add_run()
    async with mirroring(tmp_path, sqlite_url, account(api, stop="none")) as at_work:
        (run,) = await at_work.until(lambda all_: len(all_) == 1)
        with pytest.raises(Conflict, match="AGENT_RUNS_HOSTED_STOP"):
            await at_work.system.runs.stop(run.id)
    assert api.runs[run_id]["status"] == "ACTIVE"


async def test_a_repository_of_the_other_kind_is_refused(
    tmp_path: Path, sqlite_url: str, api: HostedApi
) -> None:
    async with mirroring(tmp_path, sqlite_url, account(api)) as at_work:
        await at_work.until_state(lambda state: state.age_seconds is not None)
        async with at_work.database.begin() as transaction:
            local = await repos.insert(transaction, name="local", url="/somewhere")
        with pytest.raises(InvalidRequest, match="not a repository of the hosted organization"):
            await at_work.create("There", provider="codegen", repo_id=local.id)
        hosted = next(repo for repo in await at_work.until_repos(2) if repo.upstream_id)
        with pytest.raises(InvalidRequest, match="belongs to a hosted account"):
            await at_work.create("Here", provider="acp", repo_id=hosted.id)
        assert await at_work.all_runs() == []
