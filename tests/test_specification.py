"""Every usage example of the project's specification, word for word, against a live server."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from agent_runs.models import JSON
from tests.live_server import ROOT, LiveServer, start_server
from tests.patience import PATIENCE_SECONDS

OFFICIAL_PATTERN = """
from api import CodegenClient

client = CodegenClient()

# Create agent run
run = client.create_agent_run("Write a hello world function")
print(f"Created run {run['id']} with status {run['status']}")

# Get logs
logs = client.get_agent_run_logs(run['id'])
for log in logs['logs']:
    print(f"[{log['message_type']}] {log.get('thought', '')}")

# Resume agent run
resumed = client.resume_agent_run(run['id'], "Add documentation")
"""

CONTEXT_MANAGER_PATTERN = """
from api import CodegenClient

with CodegenClient() as client:
    task = client.run("Create a REST API endpoint")
    task.refresh()
    print(f"Status: {task.status}")
"""

CREATE = """
curl -X POST "http://localhost:8000/agent_runs" \
  -H "Content-Type: application/json" \
  -d '{"prompt": "Create a Python function that calculates fibonacci numbers"}'
"""
LOGS = 'curl "http://localhost:8000/agent_runs/12345/logs?limit=50"'
RESUME = """
curl -X POST "http://localhost:8000/agent_runs/12345/resume" \
  -H "Content-Type: application/json" \
  -d '{"prompt": "Add error handling to the function"}'
"""
HEALTH = "curl http://localhost:8000/health"
ME = 'curl -H "Authorization: Bearer your-token" http://localhost:8000/users/me'

STATUSES = {"PENDING", "ACTIVE", "COMPLETE"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with start_server(tmp_path_factory.mktemp("specification")) as running:
        yield running


def run_script(server: LiveServer, text: str) -> list[str]:
    """Run a script in the project's root, next to which the server was started as well."""
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=ROOT,
        env=server.env,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def curl(server: LiveServer, command: str, run_id: int = 0) -> httpx.Response:
    """Do what the curl command says, on this server and run."""
    _, *words = shlex.split(command)
    method, body, url = "GET", None, ""
    headers: dict[str, str] = {}
    while words:
        match words.pop(0):
            case "-X":
                method = words.pop(0)
            case "-H":
                name, _, value = words.pop(0).partition(": ")
                headers[name] = value
            case "-d":
                body = words.pop(0)
            case word:
                url = word
    url = url.replace("http://localhost:8000", server.url).replace("12345", str(run_id))
    return httpx.request(method, url, headers=headers, content=body, timeout=PATIENCE_SECONDS)


def finished(server: LiveServer, run_id: int) -> JSON:
    """The run, once it has ended: the stream of its events closes then."""
    url = f"{server.url}/agent_runs/{run_id}"
    httpx.get(f"{url}/events", params={"until_finished": "true"}, timeout=PATIENCE_SECONDS)
    return httpx.get(url, timeout=PATIENCE_SECONDS).json()


def test_the_official_sdk_pattern_works(server: LiveServer) -> None:
    first, *logs = run_script(server, OFFICIAL_PATTERN)
    words = first.split()
    assert words[:2] == ["Created", "run"]
    assert words[-1] in STATUSES
    assert all(line.startswith("[") for line in logs)
    run = finished(server, int(words[2]))
    assert (run["status"], run["turn"]) == ("COMPLETE", 2)


def test_the_context_manager_pattern_works(server: LiveServer) -> None:
    (line,) = run_script(server, CONTEXT_MANAGER_PATTERN)
    assert line.removeprefix("Status: ") in STATUSES


def test_a_run_is_created_read_and_resumed_with_curl(server: LiveServer) -> None:
    created = curl(server, CREATE)
    assert created.status_code == 200
    run_id = created.json()["id"]
    assert finished(server, run_id)["status"] == "COMPLETE"
    answer = curl(server, LOGS, run_id).json()
    fields = {"agent_run_id", "created_at", "message_type", "thought"}
    fields |= {"tool_name", "tool_input", "tool_output", "observation"}
    assert all(fields <= log.keys() for log in answer["logs"])
    kinds = {log["message_type"] for log in answer["logs"]}
    assert {"USER_MESSAGE", "ACTION", "PLAN_EVALUATION", "FINAL_ANSWER"} <= kinds
    resumed = curl(server, RESUME, run_id)
    assert resumed.status_code == 200
    assert resumed.json()["turn"] == 2
    assert json.loads(curl(server, RESUME, 10**9).text)["status_code"] == 404


def test_health_and_user_are_answered(server: LiveServer) -> None:
    assert curl(server, HEALTH).json()["status"] == "ok"
    assert curl(server, ME).json()["id"] == 1


def test_an_example_without_a_server_says_in_one_sentence_how_to_start_it(
    server: LiveServer,
) -> None:
    code = "from api import CodegenClient\nCodegenClient(base_url='http://127.0.0.1:9').health()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=server.env, capture_output=True, check=False
    )
    assert b"Start it with `agent-runs up` or `python api.py`." in done.stderr.splitlines()[-1]
