"""Create, resume, stop, archive and answer, with real scripted agents on both databases."""

from pathlib import Path

import anyio
import pytest
from living_system import System, living

from agent_runs.errors import (
    Conflict,
    InvalidRequest,
    PermissionAnswered,
    RepoNotFound,
    RunIsActive,
    RunNotFound,
)
from agent_runs.filters import RunFilter
from agent_runs.models import AgentRunStatus, MessageType
from agent_runs.runs import NewRun, questions
from agent_runs.store.runs import runs
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio


async def test_a_created_run_works_to_its_end_and_tells_every_step(system: System) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(NewRun(prompt="Tidy up the notes", metadata={"ticket": 7}))
        assert run.status in {AgentRunStatus.PENDING, AgentRunStatus.ACTIVE}
        done = await system.finished(run.id)
    assert done.status == AgentRunStatus.COMPLETE
    assert done.metadata == {"ticket": 7}
    assert done.result
    assert done.summary
    assert done.started_at is not None
    assert done.activity is None
    entries = await system.logs(run.id)
    assert [entry.seq for entry in entries] == list(range(done.log_count))
    assert entries[0].message_type == MessageType.USER_MESSAGE
    assert entries[0].observation == "Tidy up the notes"
    assert entries[-1].message_type == MessageType.FINAL_ANSWER
    assert MessageType.ACTION in {entry.message_type for entry in entries}
    kinds = await system.kinds(run.id)
    assert kinds[0] == "run.created"
    assert kinds[-1] == "run.finished"


async def test_a_resumed_run_goes_on_in_its_workspace_as_a_second_turn(system: System) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(NewRun(prompt="/write note.txt first words"))
        await system.finished(run.id)
        again = await system.runs.resume(run.id, "/read note.txt")
        assert again.turn == 2
        assert again.finished_at is None
        done = await system.until(run.id, lambda r: r.turn == 2 and r.finished_at is not None)
    assert done.status == AgentRunStatus.COMPLETE
    entries = [entry for entry in await system.logs(run.id) if entry.turn == 2]
    assert entries[0].observation == "/read note.txt"
    assert any("first words" in str(entry.observation) for entry in entries[1:])


@pytest.mark.parametrize("ending", ["/say done", "/crash 3", "/stop max_tokens", "/stop refusal"])
async def test_a_run_can_be_resumed_after_every_kind_of_end(system: System, ending: str) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(NewRun(prompt=ending))
        await system.finished(run.id)
        await system.runs.resume(run.id, "/say back")
        done = await system.until(run.id, lambda r: r.turn == 2 and r.finished_at is not None)
    assert done.status == AgentRunStatus.COMPLETE
    assert done.error is None


async def test_a_run_that_works_cannot_be_resumed_or_archived(system: System) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(NewRun(prompt="/sleep 600"))
        await system.until(run.id, lambda r: r.status == AgentRunStatus.ACTIVE)
        with pytest.raises(RunIsActive, match="Wait until it ends, or stop it"):
            await system.runs.resume(run.id, "more")
        with pytest.raises(Conflict, match="Stop it before"):
            await system.runs.archive(run.id)
        await system.runs.stop(run.id)
        done = await system.finished(run.id)
    assert done.status == AgentRunStatus.CANCELLED


async def test_a_stopped_run_is_cancelled_even_when_its_agent_ignores_the_cancel(
    system: System,
) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(NewRun(prompt="/stubborn\n/sleep 600"))
        await system.until(run.id, lambda r: r.activity is not None)
        await system.runs.stop(run.id)
        done = await system.finished(run.id)
    assert done.status == AgentRunStatus.CANCELLED
    assert await system.runs.stop(run.id) == done


async def test_a_run_that_waits_for_room_is_stopped_at_once(
    tmp_path: Path, database_url: str
) -> None:
    async with living(tmp_path / "home", database_url, concurrency=1) as system:
        with anyio.fail_after(PATIENCE_SECONDS):
            first = await system.runs.create(NewRun(prompt="/sleep 600"))
            await system.until(first.id, lambda r: r.status == AgentRunStatus.ACTIVE)
            waiting = await system.runs.create(NewRun(prompt="/say never"))
            stopped = await system.runs.stop(waiting.id)
            assert stopped.status == AgentRunStatus.CANCELLED
            assert stopped.started_at is None
            await system.runs.stop(first.id)
            await system.finished(first.id)


async def test_a_run_whose_stop_could_not_be_recorded_still_gets_its_turn(
    tmp_path: Path, database_url: str
) -> None:
    async def stop_in_vain(run_id: int) -> None:
        with anyio.move_on_after(0.1):
            await system.runs.stop(run_id)

    async with living(tmp_path / "home", database_url, concurrency=1) as system:
        with anyio.fail_after(PATIENCE_SECONDS):
            first = await system.runs.create(NewRun(prompt="/sleep 600"))
            await system.until(first.id, lambda r: r.activity is not None)
            waiting = await system.runs.create(NewRun(prompt="/say at last"))
            async with system.database.begin() as transaction:
                await runs.lock(transaction, waiting.id)
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(stop_in_vain, waiting.id)
            await system.runs.stop(first.id)
            done = await system.finished(waiting.id)
    assert done.status == AgentRunStatus.COMPLETE


async def test_an_archived_run_leaves_the_list_and_comes_back(system: System) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(NewRun(prompt="/say hello"))
        await system.finished(run.id)
        await system.runs.archive(run.id)
        assert (await runs.page(system.database, RunFilter(), skip=0, limit=10))[1] == 0
        await system.runs.restore(run.id)
        assert (await runs.page(system.database, RunFilter(), skip=0, limit=10))[1] == 1


@pytest.mark.parametrize(
    ("decision", "failed"), [("allow", False), ("reject", True)], ids=["allow", "reject"]
)
async def test_a_question_pauses_the_run_until_it_is_answered(
    system: System, decision: str, failed: bool
) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(
            NewRun(prompt="/write note.txt words", permission_policy="ask")
        )
        paused = await system.until(run.id, lambda r: r.permission_id is not None)
        assert paused.status == AgentRunStatus.PAUSED
        assert paused.status_reason == "permission"
        assert paused.permission_id is not None
        with pytest.raises(InvalidRequest, match="not offered"):
            await questions.answer(
                system.database, run.id, paused.permission_id, option_id="nonsense"
            )
        answered = await questions.answer(
            system.database,
            run.id,
            paused.permission_id,
            decision="allow" if decision == "allow" else "reject",
        )
        assert answered.state == "answered"
        done = await system.finished(run.id)
        with pytest.raises(PermissionAnswered):
            await questions.answer(system.database, run.id, paused.permission_id, decision="allow")
    assert done.permission_id is None
    assert done.status_reason is None
    action = next(e for e in await system.logs(run.id) if e.message_type == MessageType.ACTION)
    assert ((action.tool_output or {})["status"] == "failed") is failed
    files = [file.path for file in await system.runs.files(run.id)]
    assert ("note.txt" in files) is not failed


async def test_stopping_a_paused_run_withdraws_its_question(system: System) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        run = await system.runs.create(
            NewRun(prompt="/write note.txt words", permission_policy="ask")
        )
        paused = await system.until(run.id, lambda r: r.permission_id is not None)
        await system.runs.stop(run.id)
        done = await system.finished(run.id)
        assert paused.permission_id is not None
        with pytest.raises(PermissionAnswered):
            await questions.answer(system.database, run.id, paused.permission_id, decision="allow")
    assert done.status == AgentRunStatus.CANCELLED
    assert done.permission_id is None


BAD: dict[str, tuple[NewRun, str]] = {
    "empty prompt": (NewRun(prompt=" \n"), "it is empty"),
    "ten megabytes": (NewRun(prompt="x" * 10_000_000), "at most 200,000"),
    "NUL": (NewRun(prompt="a\x00b"), "NUL"),
    "half a surrogate pair": (NewRun(prompt="a\ud800b"), "surrogate"),
    "no data URI": (NewRun(prompt="x", images=("https://example.org/a.png",)), "data URI"),
    "no base64": (NewRun(prompt="x", images=("data:image/png;base64,%%%",)), "base64"),
    "no image": (NewRun(prompt="x", images=("data:image/png;base64,aGVsbG8=",)), "not a png"),
    "unknown agent": (NewRun(prompt="x", agent="nobody"), "'nobody' does not exist"),
    "huge metadata": (NewRun(prompt="x", metadata={"a": "b" * 70_000}), "metadata"),
}


@pytest.mark.parametrize("case", BAD)
async def test_what_cannot_become_a_run_is_refused_and_not_stored(
    system: System, case: str
) -> None:
    new, words = BAD[case]
    with pytest.raises(InvalidRequest, match=words):
        await system.runs.create(new)
    assert await runs.latest(system.database) is None


async def test_an_unknown_repository_and_an_unknown_run_are_said_so(system: System) -> None:
    with pytest.raises(RepoNotFound):
        await system.runs.create(NewRun(prompt="x", repo_id=99))
    for call in (system.runs.stop, system.runs.archive, system.runs.restore):
        with pytest.raises(RunNotFound):
            await call(99)
    with pytest.raises(RunNotFound):
        await system.runs.resume(99, "x")


async def test_a_mode_wraps_the_words_and_keeps_them_in_the_metadata(system: System) -> None:
    with anyio.fail_after(PATIENCE_SECONDS):
        with_mode = await system.runs.create(NewRun(prompt="the login form", mode="bugfix"))
        other = await system.runs.create(NewRun(prompt="the login form", mode="haiku"))
        await system.finished(with_mode.id)
        await system.finished(other.id)
    assert with_mode.metadata == {"mode": "bugfix", "original_query": "the login form"}
    assert "the login form" in with_mode.prompt
    assert with_mode.prompt != "the login form"
    assert other.prompt == "Mode: haiku\n\nthe login form"


async def test_a_known_secret_in_a_prompt_is_never_stored(
    tmp_path: Path, database_url: str
) -> None:
    def redact(text: str) -> str:
        return text.replace("sk-canary-12345", "***")

    async with living(tmp_path / "home", database_url, redact=redact) as system:
        with anyio.fail_after(PATIENCE_SECONDS):
            run = await system.runs.create(NewRun(prompt="/say sk-canary-12345 is my key"))
            await system.finished(run.id)
            # Where its summary is cut, there is no half of one either.
            words = f"/say {'.' * 190}sk-can\n/say ary-12345"
            second = await system.runs.create(NewRun(prompt=words))
            await system.finished(second.id)
        texts = [
            *[row[0] for row in await system.database.read("select payload from run")],
            *[row[0] for row in await system.database.read("select payload from log")],
            *[row[0] for row in await system.database.read("select prompt from turn")],
            *[row[0] for row in await system.database.read("select body from event")],
        ]
    assert texts
    assert not [text for text in texts if "sk-canary" in text]
