"""What every agent does on any day: it works, remembers, can be stopped, and may crash."""

import base64
import subprocess
from pathlib import Path

import anyio
import pytest

from tests.agents.driven import WRITE, Driven
from tests.agents.known import (
    KEEPS_EXIT_CODE,
    KEEPS_OUTPUT,
    OTHER_MODELS,
    SAVES_LATE,
    SEES_NO_IMAGES,
    TAKES_ANY_MODEL,
    but,
    long_only,
)
from tests.offline_model.script import ANSWER, FAILING_CODE, FILE, TEXT

pytestmark = [pytest.mark.anyio, pytest.mark.agents]

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def test_it_writes_a_file_and_checks_it(run: Driven) -> None:
    outcome = await run.turn(WRITE)
    assert (outcome.status, outcome.error) == ("COMPLETE", None), run.told()
    assert (outcome.result or "").endswith("".join(ANSWER)), run.told()
    assert (run.work / FILE).read_text() == TEXT
    assert "".join(f"+{line}\n" for line in TEXT.splitlines()) in await run.acp.diff(1)
    assert len(run.actions) >= 2, run.told()
    shown = str([each.observation for each in run.actions])
    assert "2 hello.txt" in shown or run.agent.name in KEEPS_OUTPUT, run.told()
    assert run.last.questions == []


@but(dict.fromkeys(SAVES_LATE, "it cannot load a session of less than a minute"))
async def test_it_remembers_the_turn_before_in_a_new_process(run: Driven) -> None:
    await run.turn("The codeword is BANANA. Say hello")
    outcome = await run.turn("What is the codeword?")
    assert (outcome.status, outcome.result) == ("COMPLETE", "It is BANANA."), run.told()
    assert run.actions == []
    assert run.model.received[-1].everything.count("What is the codeword?") == 1


async def test_it_can_be_stopped_in_the_middle_of_a_command(run: Driven) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(run.turn, "Run a slow command")
        await run.until_it_works()
        await run.acp.cancel(1)
    assert run.outcome is not None
    assert (run.outcome.status, run.outcome.status_reason) == ("CANCELLED", "stopped")
    assert len(run.actions) <= 1, run.told()


@long_only
async def test_a_run_whose_agent_was_killed_says_so_and_can_go_on(run: Driven) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(run.turn, "Run a slow command")
        await run.until_it_works()
        run.kill()
    assert run.outcome is not None
    assert run.outcome.status_reason == "agent_crashed", run.told()
    outcome = await run.turn(WRITE)
    assert (outcome.status, outcome.error) == ("COMPLETE", None), run.told()
    assert (run.work / FILE).exists()


@long_only
@but(dict.fromkeys(KEEPS_EXIT_CODE, "it tells no exit code"))
async def test_a_failed_command_has_its_exit_code(run: Driven) -> None:
    outcome = await run.turn("Run a failing command")
    assert outcome.status == "COMPLETE", run.told()
    (action,) = run.actions
    assert (action.tool_output or {}).get("exit_code") == FAILING_CODE, run.told()


@long_only
async def test_the_model_of_the_run_is_the_one_that_is_asked(run: Driven) -> None:
    if run.agent.name not in OTHER_MODELS:
        pytest.skip("takes its model from its settings alone")
    wanted = OTHER_MODELS[run.agent.name]
    outcome = await run.turn(WRITE, model=wanted)
    assert outcome.status == "COMPLETE", run.told()
    asked = {each.model for each in run.model.received if WRITE in each.everything}
    assert wanted.rpartition("/")[2] in asked, run.told()


@long_only
@but(dict.fromkeys(TAKES_ANY_MODEL, "a gateway may have any model"))
async def test_a_model_that_it_does_not_have_is_refused(run: Driven) -> None:
    outcome = await run.turn(WRITE, model="no-such-model")
    assert outcome.status_reason == "model_unavailable", run.told()
    assert not (run.work / FILE).exists()


@long_only
async def test_it_sees_an_image(run: Driven) -> None:
    image = f"data:image/png;base64,{base64.b64encode(PIXEL).decode()}"
    outcome = await run.turn("How many images do you see?", images=(image,))
    seen = 0 if run.agent.name in SEES_NO_IMAGES else 1
    assert outcome.result == f"I see images: {seen}.", run.told()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "README.md").write_text("A project\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "Begin"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


@long_only
async def test_its_commits_have_the_name_of_the_person(run: Driven, repository: Path) -> None:
    run.repo_url = str(repository)
    outcome = await run.turn(f"Write {FILE} and commit it")
    assert outcome.status == "COMPLETE", run.told()
    log = ["git", "log", "-1", "--format=%s by %an <%ae>"]
    said = subprocess.run(log, cwd=run.work, capture_output=True, text=True, check=True).stdout
    assert said == "Say hello by Ada Person <ada@example.com>\n", run.told()
    assert f"+++ b/{FILE}" in await run.acp.diff(1)
