"""The permission policy of a run holds, whatever mode its agent starts in and whatever it does."""

import shutil
import subprocess
from pathlib import Path

import pytest
from acp_parts import MODES, OPTIONS, MemoryRecorder, moded, odd_agent, provider, request, work

from agent_runs.models import PermissionPolicy
from agent_runs.providers.acp.agents import BUILT_IN, AgentProfile
from agent_runs.providers.acp.guard import PolicyGuard
from agent_runs.providers.acp.pins import Pin
from agent_runs.providers.base import PermissionQuestion

pytestmark = pytest.mark.anyio

HIDING = Pin(hidden=(".odd",))


@pytest.mark.parametrize(("policy", "mode"), [("reject", "ask"), ("ask", "ask"), ("allow", "auto")])
async def test_the_session_gets_the_mode_of_the_policy(
    tmp_path: Path, policy: PermissionPolicy, mode: str
) -> None:
    outcome, _ = await work(tmp_path, "/think", moded(), agent="odd", permission_policy=policy)
    assert outcome.status == "COMPLETE"
    assert outcome.result
    assert f"mode {mode}" in outcome.result


async def test_the_mode_is_set_again_when_the_session_is_taken_up(tmp_path: Path) -> None:
    recorder = MemoryRecorder()
    async with provider(tmp_path, moded()) as acp:
        first = request("/think", agent="odd", permission_policy="reject")
        await acp.work(first, recorder)
        again = request(
            "/think",
            agent="odd",
            permission_policy="reject",
            turn=2,
            session_id=recorder.run["session_id"],
        )
        outcome = await acp.work(again, recorder)
    assert outcome.result == "mode ask told ['ask']"


@pytest.mark.parametrize("policy", ["reject", "ask"])
async def test_an_agent_that_cannot_be_pinned_gets_no_prompt(
    tmp_path: Path, policy: PermissionPolicy
) -> None:
    agent = moded(MODES.replace('"ask", ', ""))
    prompt = "/write hello.txt hello"
    outcome, recorder = await work(tmp_path, prompt, agent, agent="odd", permission_policy=policy)
    assert (outcome.status, outcome.status_reason) == ("ERROR", "policy_unsupported")
    assert outcome.error
    assert "'ask' is not offered, only auto, plan" in outcome.error
    assert not recorder.of("ACTION")


async def test_where_all_is_allowed_an_agent_without_the_mode_works_all_the_same(
    tmp_path: Path,
) -> None:
    agent = moded(MODES.replace('"auto", ', "").replace('mode = "auto"', 'mode = "ask"'))
    outcome, _ = await work(tmp_path, "/think", agent, agent="odd", permission_policy="allow")
    assert outcome.status == "COMPLETE"


async def test_an_agent_that_never_asks_is_refused(tmp_path: Path) -> None:
    agent = moded(policies=("allow",))
    outcome, _ = await work(tmp_path, "/think", agent, agent="odd", permission_policy="ask")
    assert outcome.status_reason == "policy_unsupported"
    assert outcome.error
    assert "it never asks" in outcome.error


async def test_an_option_is_set_and_read_back(tmp_path: Path) -> None:
    asking = Pin(options={"mode": "ask"})
    keeps = odd_agent(OPTIONS.replace("KEEP", 'self.value = params["value"]'), asking=asking)
    outcome, _ = await work(tmp_path, "/think", keeps, agent="odd", permission_policy="ask")
    assert outcome.result == "value ask"
    lies = odd_agent(OPTIONS.replace("KEEP", "pass"), asking=asking)
    outcome, _ = await work(tmp_path / "lies", "/think", lies, agent="odd", permission_policy="ask")
    assert outcome.status_reason == "policy_unsupported"
    assert outcome.error
    assert "was set to 'ask', but is 'accept'" in outcome.error


LEAVES = (
    MODES
    + """
    async def leave(self, session_id):
        self.mode = "auto"
        update = {"sessionUpdate": "current_mode_update", "currentModeId": "auto"}
        params = {"sessionId": session_id, "update": update}
        await self.peer.send({"method": "session/update", "params": params})
    async def _prompt(self, params):
        for _ in range(TIMES):
            await self.leave(params["sessionId"])
            while self.mode == "auto":
                await asyncio.sleep(0.01)
        params["prompt"][0]["text"] = f"/say told {self.told}"
        return await super()._prompt(params)
"""
)


async def test_a_mode_that_the_agent_leaves_by_itself_is_set_again(tmp_path: Path) -> None:
    agent = moded(LEAVES.replace("TIMES", "2"))
    outcome, _ = await work(tmp_path, "/think", agent, agent="odd", permission_policy="reject")
    assert outcome.result == "told ['ask', 'ask', 'ask']"
    assert outcome.status == "COMPLETE"


async def test_an_agent_that_keeps_leaving_its_mode_is_ended(tmp_path: Path) -> None:
    agent = moded(LEAVES.replace("TIMES", "1000"))
    outcome, _ = await work(tmp_path, "/think", agent, agent="odd", permission_policy="reject")
    assert outcome.status_reason == "policy_not_honoured"


ACTS = """
class Odd(Scripted):
    async def _prompt(self, params):
        calls = CALLS
        for number, (kind, title, fields) in enumerate(calls):
            update = {"sessionUpdate": "tool_call", "toolCallId": f"c{number}", "kind": kind,
                      "title": title, "status": "completed", **fields}
            message = {"sessionId": params["sessionId"], "update": update}
            await self.peer.send({"method": "session/update", "params": message})
        await asyncio.sleep(3600 if LINGERS else 0)
        return await super()._prompt(params)
"""
Call = tuple[str, str, dict[str, object]]
NOTHING: dict[str, object] = {}
DIFF: dict[str, object] = {
    "content": [{"type": "diff", "path": "/x", "oldText": None, "newText": "y"}]
}


def acting(*calls: Call, lingers: bool = False) -> AgentProfile:
    body = ACTS.replace("CALLS", repr(calls)).replace("LINGERS", repr(lingers))
    return odd_agent(body, unasked_commands=("ls", "git status", "find"))


def command(words: object) -> dict[str, object]:
    return {"rawInput": {"command": words}}


@pytest.mark.parametrize("policy", ["ask", "reject"])
@pytest.mark.parametrize(
    ("call", "action"),
    [
        (("edit", "Write x", NOTHING), "edit: Write x"),
        (("delete", "Remove x", NOTHING), "delete: Remove x"),
        (("fetch", "Get a page", NOTHING), "fetch: Get a page"),
        (("other", "Change x", DIFF), "other: Change x"),
        (("execute", "Run", command("rm -r x")), "rm -r x"),
        (("execute", "Run", command("ls && rm x")), "ls && rm x"),
        (("execute", "Run", command("ls > x")), "ls > x"),
        (("execute", "Run", command("ls $(rm x)")), "ls $(rm x)"),
        (("execute", "Run", command("find . -delete")), "find . -delete"),
        (("execute", "Run", command(["bash", "-lc", "lsof"])), "lsof"),
    ],
)
async def test_the_first_action_without_a_question_ends_the_turn(
    tmp_path: Path,
    policy: PermissionPolicy,
    call: Call,
    action: str,
) -> None:
    agent = acting(call, lingers=True)
    outcome, recorder = await work(tmp_path, "Hi", agent, agent="odd", permission_policy=policy)
    assert (outcome.status, outcome.status_reason) == ("ERROR", "policy_not_honoured")
    assert outcome.error
    assert action in outcome.error
    assert recorder.of("ACTION"), "what it did is in the log"


async def test_an_agent_that_acts_although_it_was_rejected_is_ended(tmp_path: Path) -> None:
    agent = odd_agent("""
class Odd(Scripted):
    async def _prompt(self, params):
        session = {"sessionId": params["sessionId"]}
        call = {"toolCallId": "1", "kind": "delete", "title": "Remove x"}
        options = [{"optionId": "no", "name": "No", "kind": "reject_once"}]
        question = {**session, "toolCall": call, "options": options}
        await self.peer.request("session/request_permission", question)
        update = {"sessionUpdate": "tool_call", **call, "status": "completed"}
        message = {"method": "session/update", "params": {**session, "update": update}}
        await self.peer.send(message)
        await asyncio.sleep(3600)
""")
    outcome, _ = await work(tmp_path, "Hi", agent, agent="odd", permission_policy="reject")
    assert outcome.status_reason == "policy_not_honoured"
    assert "delete: Remove x" in str(outcome.error)


async def test_what_only_reads_needs_no_question(tmp_path: Path) -> None:
    free: list[Call] = [
        ("read", "Read x", {}),
        ("search", "Search x", {}),
        ("think", "Plan", {}),
        ("execute", "Look", {"rawInput": {"command": "ls -la | ls && git status --short"}}),
        ("edit", "Write x", {"status": "failed"}),
    ]
    outcome, _ = await work(
        tmp_path, "/think", acting(*free), agent="odd", permission_policy="reject"
    )
    assert outcome.status == "COMPLETE"


def test_a_command_that_cannot_be_read_is_not_let_through() -> None:
    guard = PolicyGuard("reject", ("ls",))
    assert guard.lets_through("ls -l 'a b'")
    assert not guard.lets_through("ls 'a")
    assert not guard.lets_through("")
    assert PolicyGuard("allow").lets_through("rm x")


@pytest.mark.parametrize("directive", ["/write hello.txt hello", "/run touch hello.txt"])
async def test_a_rejected_action_does_not_happen(tmp_path: Path, directive: str) -> None:
    outcome, recorder = await work(tmp_path, directive, permission_policy="reject")
    assert outcome.status == "COMPLETE"
    assert not list(tmp_path.glob("runs/1/work/hello.txt"))
    (action,) = recorder.of("ACTION")
    assert action.tool_output
    assert action.tool_output["permission"] == {
        "choice": "reject",
        "kind": "reject_once",
        "policy": "reject",
    }


PUSHY = """
class Odd(Scripted):
    async def _prompt(self, params):
        session = {"sessionId": params["sessionId"]}
        for method, fields in (
            ("fs/write_text_file", {"path": params["prompt"][1]["text"], "content": "x"}),
            ("terminal/create", {"command": "touch there.txt"}),
        ):
            try:
                await self.peer.request(method, {**session, **fields})
            except Refused as refused:
                await self.peer.send({"method": "session/update", "params": {**session, "update": {
                    "sessionUpdate": "agent_message_chunk",
                    "content": {"type": "text", "text": str(refused)}}}})
        return {"stopReason": "end_turn"}
"""


@pytest.mark.parametrize("policy", ["ask", "reject"])
async def test_we_do_nothing_for_an_agent_that_did_not_ask(
    tmp_path: Path, policy: PermissionPolicy
) -> None:
    target = str((tmp_path / "runs/1/work/here.txt").resolve())
    outcome, _ = await work(
        tmp_path, "Hi", odd_agent(PUSHY), agent="odd", permission_policy=policy, rules=target
    )
    assert outcome.result
    assert outcome.result.count("ask for permission") == 2
    assert not list(tmp_path.glob("runs/1/work/*.txt"))


async def test_a_turn_that_a_rejection_ended_was_not_cancelled_by_a_person(tmp_path: Path) -> None:
    agent = odd_agent("""
class Odd(Scripted):
    async def _prompt(self, params):
        await super()._prompt(params)
        return {"stopReason": "cancelled"}
""")
    prompt = "/write hello.txt hello"
    outcome, _ = await work(tmp_path, prompt, agent, agent="odd", permission_policy="reject")
    assert (outcome.status, outcome.status_reason) == ("ERROR", "permission_rejected")


async def test_a_person_who_allows_lets_the_agent_act(tmp_path: Path) -> None:
    async def allow(question: PermissionQuestion) -> str:
        return "allow"

    recorder = MemoryRecorder(allow)
    async with provider(tmp_path) as acp:
        prompt = "/write hello.txt hello\n/run touch there.txt"
        outcome = await acp.work(request(prompt, permission_policy="ask"), recorder)
    assert outcome.status == "COMPLETE"
    assert len(recorder.questions) == 2
    assert {path.name for path in tmp_path.glob("runs/1/work/*.txt")} == {"hello.txt", "there.txt"}


@pytest.mark.parametrize(
    "name", ["claude", "codex", "opencode", "gemini", "qwen", "copilot", "goose"]
)
def test_every_built_in_agent_is_made_to_ask(name: str) -> None:
    profile = BUILT_IN[name]
    for policy in ("ask", "reject"):
        pin = profile.pin(policy)
        assert pin.mode or pin.options or pin.env
    assert profile.info().policies == ("allow", "reject", "ask")


def repository(path: Path) -> Path:
    rules = path / "source/.odd/rules"
    rules.mkdir(parents=True)
    (rules / "all.rules").write_text("allow")
    commands = ("init -q", "add .", "-c user.name=n -c user.email=e commit -qm first")
    for command in commands:
        subprocess.run(["git", *command.split()], cwd=path / "source", check=True)
    return path / "source"


async def test_what_a_repository_could_switch_questions_off_with_is_hidden(tmp_path: Path) -> None:
    source = str(repository(tmp_path))
    agent = odd_agent(ACTS.replace("CALLS", "()").replace("LINGERS", "False"), asking=HIDING)
    reject = {"agent": "odd", "permission_policy": "reject", "repo_url": source}
    bare, _ = await work(tmp_path / "bare", "/search allow", agent, **reject)
    assert bare.status_reason == "policy_unsupported"
    assert bare.error
    assert "the repository has .odd" in bare.error
    if shutil.which("bwrap"):
        recorder = MemoryRecorder()
        async with provider(tmp_path / "sandboxed", agent, sandbox="auto") as acp:
            outcome = await acp.work(request("/search allow", **reject), recorder)
        assert outcome.status == "COMPLETE"
        (search,) = recorder.of("ACTION")
        assert search.observation == "no matches"
        assert await acp.diff(1) == ""
