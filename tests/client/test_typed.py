"""A user's own code is checked against the types of the SDK."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
SAMPLE = """
import asyncio
from datetime import datetime, timezone

from agent_runs import AgentRun, AgentRunLog, AsyncCodegenClient, CodegenClient
from agent_runs.client.base import RetryPolicy


def blocking() -> str | None:
    with CodegenClient(timeout=10, retry=RetryPolicy(retries=0)) as client:
        task = client.run("Write a function", agent="scripted", idempotency_key="order-7")
        task.wait(timeout=600)
        logs: list[AgentRunLog] = task.logs()
        print([(log.seq, log.message_type, log.tool_name) for log in logs])
        since = datetime.now(timezone.utc)
        runs: list[AgentRun] = list(client.iter_agent_runs(status=["ACTIVE"], since=since))
        print(client.list_agent_runs(page=2, archived="any").total, runs[0]["id"])
        for log in client.stream_logs(task.id):
            print(log.seq)
        with client.stream_export("csv", agent="scripted") as parts:
            print(sum(len(part) for part in parts))
        client.run("x", modle="y")  # pyright: ignore[reportCallIssue]
        client.list_agent_runs(statsu="y")  # pyright: ignore[reportCallIssue]
        return task.result


async def awaited() -> str | None:
    async with AsyncCodegenClient() as client:
        task = await client.run("Write a function", images=())
        async for log in task.stream_logs():
            print(log.observation)
        print([run.id async for run in client.iter_agent_runs()])
        await task.resume("go on", model="small", wait=0)
        return (await task.wait()).result


print(blocking(), asyncio.run(awaited()))
"""


def checked(sample: str, folder: Path) -> list[str]:
    """What a strict checker says of code outside of the project."""
    (folder / "sample.py").write_text(sample)
    strict = {"typeCheckingMode": "strict", "reportUnnecessaryTypeIgnoreComment": "error"}
    (folder / "pyrightconfig.json").write_text(json.dumps(strict))
    command = [BIN / "basedpyright", "--outputjson", "--pythonpath", sys.executable, "-p", folder]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return [
        f"{each['rule']}: {each['message']}"
        for each in json.loads(done.stdout)["generalDiagnostics"]
    ]


def test_a_strict_checker_accepts_code_that_uses_the_sdk_and_finds_its_mistakes(
    tmp_path: Path,
) -> None:
    assert checked(SAMPLE, tmp_path) == []


def test_the_mark_that_types_are_there_ships_with_the_package() -> None:
    # The build takes every file of the package that git does not ignore.
    mark = ROOT / "agent_runs/py.typed"
    assert mark.exists()
    ignored = subprocess.run(["git", "check-ignore", "--quiet", mark], cwd=ROOT, check=False)
    assert ignored.returncode == 1
