"""What a webhook is to be told survives the server: killed, started again, then delivered."""

import json
from pathlib import Path

import httpx
from live_server import LiveServer, free_port
from receiver import receiving

from agent_runs import CodegenClient
from tests.patience import PATIENCE_SECONDS

DELIVERIES = "/webhooks/deliveries"


def test_a_delivery_that_failed_is_made_after_the_server_was_killed_and_started_again(
    tmp_path: Path,
) -> None:
    port = free_port()  # nobody listens there yet
    extra = {
        "AGENT_RUNS_WEBHOOK_PRIVATE": "true",
        "AGENT_RUNS_WEBHOOK_RETRY_SECONDS": "0.5",
    }
    server = LiveServer(tmp_path / "home", extra).start()
    try:
        with httpx.Client(base_url=server.url, timeout=PATIENCE_SECONDS) as http:
            hook = {"url": f"http://127.0.0.1:{port}/hook", "secret": "a-lasting-key"}
            http.post("/v1/organizations/1/webhooks/agent-run", json=hook).raise_for_status()
            with CodegenClient(base_url=server.url) as client:
                run = client.wait(client.create_agent_run("/say kept").id, timeout=PATIENCE_SECONDS)
            waiting = http.get(DELIVERIES).json()["items"]
        assert [(each["state"], each["agent_run_id"]) for each in waiting] == [("waiting", run.id)]
        server.kill()
        server.start()
        with receiving(port) as receiver:
            message = receiver.next()
        message_body = json.loads(message.body)
        assert message_body["delivery_id"] == waiting[0]["id"]
        assert message_body["agent_run"]["result"] == "kept"
        assert "X-Agent-Runs-Signature" in message.headers
    finally:
        server.stop()
