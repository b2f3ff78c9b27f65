"""Real agents behind the whole server: API, store, executor, SDK."""

from pathlib import Path

import pytest

from agent_runs.client.blocking.client import CodegenClient
from tests.agents.driven import WRITE, profile
from tests.agents.known import long_only
from tests.live_server import start_server
from tests.offline_model.script import FILE
from tests.offline_model.server import OfflineModel
from tests.patience import PATIENCE_SECONDS

pytestmark = [pytest.mark.agents, long_only]


def test_a_run_pauses_for_an_answer_works_and_remembers(
    name: str, place: Path, model: OfflineModel
) -> None:
    agent = profile(name, model.url, place)
    if reason := agent.unavailable_reason():
        pytest.skip(reason)
    settings = {
        "AGENT_RUNS_AGENTS_FILE": str(place / "agents.toml"),
        "AGENT_RUNS_SANDBOX": "none",
    }
    prompt = f"The codeword is BANANA. {WRITE}"
    with (
        start_server(place / "home", **settings) as server,
        CodegenClient(base_url=server.url) as client,
    ):
        run = client.create_agent_run(prompt, agent=name, permission_policy="ask")
        answered = 0
        for event in client.events(run_id=run.id):
            del event
            for question in client.list_permissions(run.id):
                client.answer_permission(run.id, question.id, "allow")
                answered += 1
            if client.get_agent_run(run.id).status not in ("PENDING", "ACTIVE", "PAUSED"):
                break
        run = client.get_agent_run(run.id)
        assert (run.status, run.error) == ("COMPLETE", None)
        assert answered > 0
        assert FILE in client.get_agent_run_diff(run.id).diff
        client.resume_agent_run(run.id, "What is the codeword?", permission_policy="reject")
        run = client.wait(run.id, timeout=PATIENCE_SECONDS)
    assert (run.status, run.result) == ("COMPLETE", "It is BANANA.")
