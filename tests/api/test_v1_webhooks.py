"""Webhooks of the official API over real HTTP: delivered, signed, retried, never inward."""

import hashlib
import hmac
import json
import socket
from collections.abc import Generator
from pathlib import Path

import anyio
import anyio.lowlevel
import httpx
import pytest
from api_parts import Finish
from hosted_api import serve_app
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from agent_runs.api.app import create_app
from agent_runs.settings import Settings
from agent_runs.store.engine.database import Database
from agent_runs.store.runs import deliveries as deliveries_
from agent_runs.store.runs import runs
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.anyio
HOOK = "/v1/organizations/1/webhooks/agent-run"
RUN = "/v1/organizations/1/agent/run"


class Receiver:
    """Takes webhooks; answers what `answers` holds first, then 200."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.url = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.taken.append((dict(request.headers), await request.body()))
        status = self.answers.pop(0) if self.answers else 200
        answer = RedirectResponse("http://127.0.0.1:1/") if status == 307 else Response("", status)
        await answer(scope, receive, send)

    async def wait_for(self, number: int) -> None:
        with anyio.fail_after(PATIENCE_SECONDS):
            while len(self.taken) < number:
                await anyio.lowlevel.checkpoint()


@pytest.fixture
def receiver() -> Generator[Receiver]:
    made = Receiver()
    with serve_app(made) as url:
        made.url = url
        yield made


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhook_private": True, "webhook_retry_seconds": 0.001})


async def deliveries(http: httpx.AsyncClient, run_id: int) -> list[dict[str, object]]:
    return (await http.get("/webhooks/deliveries", params={"run_id": run_id})).json()["items"]


async def delivered(http: httpx.AsyncClient, run_id: int, state: str) -> dict[str, object]:
    with anyio.fail_after(PATIENCE_SECONDS):
        while True:
            items = await deliveries(http, run_id)
            if items and items[0]["state"] == state:
                return items[0]
            await anyio.lowlevel.checkpoint()


async def test_the_end_of_a_run_is_told_and_signed(
    http: httpx.AsyncClient, finished: Finish, receiver: Receiver
) -> None:
    body = {"url": f"{receiver.url}/hook", "secret": "a secret of mine"}
    webhook = (await http.post(HOOK, json=body)).json()
    assert webhook == {"url": body["url"], "enabled": True, "has_secret": True}
    run_id = (await http.post(RUN, json={"prompt": "/say told"})).json()["id"]
    await finished(run_id)
    await receiver.wait_for(1)
    headers, raw = receiver.taken[0]
    expected = hmac.new(b"a secret of mine", raw, hashlib.sha256).hexdigest()
    assert headers["x-agent-runs-signature"] == f"sha256={expected}"
    assert headers["x-agent-runs-event"] == "agent_run.finished"
    message = json.loads(raw)
    assert (message["event"], message["agent_run"]["id"]) == ("agent_run.finished", run_id)
    assert (message["agent_run"]["status"], message["agent_run"]["result"]) == ("COMPLETE", "told")
    record = await delivered(http, run_id, "delivered")
    assert (record["attempts"], record["status_code"], record["error"]) == (1, 200, None)
    assert str(message["delivery_id"]) == headers["x-agent-runs-delivery"] == str(record["id"])


async def test_no_answer_holds_the_secret(http: httpx.AsyncClient, receiver: Receiver) -> None:
    await http.post(HOOK, json={"url": receiver.url, "secret": "canary-of-a-webhook"})
    for path in (HOOK, "/webhooks/deliveries", "/settings"):
        assert "canary-of-a-webhook" not in (await http.get(path)).text


async def test_a_webhook_of_the_run_takes_the_place_of_the_organizations(
    http: httpx.AsyncClient, finished: Finish, receiver: Receiver
) -> None:
    await http.post(HOOK, json={"url": f"{receiver.url}/usual"})
    own = [{"url": f"{receiver.url}/own", "secret": None}]
    run_id = (await http.post(RUN, json={"prompt": "/say a", "webhooks": own})).json()["id"]
    silent = (await http.post(RUN, json={"prompt": "/say b", "webhooks": []})).json()["id"]
    await finished(run_id)
    await finished(silent)
    assert (await delivered(http, run_id, "delivered"))["url"] == f"{receiver.url}/own"
    assert await deliveries(http, silent) == []


async def test_a_banned_run_tells_nobody_until_it_is_unbanned(
    http: httpx.AsyncClient, finished: Finish, receiver: Receiver
) -> None:
    await http.post(HOOK, json={"url": receiver.url})
    run_id = (await http.post(RUN, json={"prompt": "/sleep 60"})).json()["id"]
    banned = (await http.post(f"{RUN}/ban", json={"agent_run_id": run_id})).json()
    assert banned["muted"] is True
    assert (await finished(run_id)).status == "CANCELLED"
    assert await deliveries(http, run_id) == []
    await http.post(f"{RUN}/unban", json={"agent_run_id": run_id})
    await http.post(f"{RUN}/resume", json={"agent_run_id": run_id, "prompt": "/say back"})
    assert (await delivered(http, run_id, "delivered"))["attempts"] == 1


async def test_a_disabled_and_a_removed_webhook_are_silent(
    http: httpx.AsyncClient, finished: Finish, receiver: Receiver
) -> None:
    await http.post(HOOK, json={"url": receiver.url, "enabled": False})
    first = (await http.post(RUN, json={"prompt": "/say a"})).json()["id"]
    await finished(first)
    removed = await http.delete(HOOK)
    assert removed.json()["success"] is True
    assert (await http.get(HOOK)).json() == {"url": None, "enabled": False, "has_secret": False}
    second = (await http.post(RUN, json={"prompt": "/say b"})).json()["id"]
    await finished(second)
    assert await deliveries(http, first) == await deliveries(http, second) == []


async def test_a_secret_stays_as_long_as_the_address_does(
    http: httpx.AsyncClient, receiver: Receiver
) -> None:
    await http.post(HOOK, json={"url": receiver.url, "secret": "first secret"})
    assert (await http.post(HOOK, json={"url": receiver.url})).json()["has_secret"] is True
    elsewhere = await http.post(HOOK, json={"url": f"{receiver.url}/elsewhere"})
    assert elsewhere.json()["has_secret"] is False


@pytest.mark.parametrize(
    ("answer", "words"), [(500, "answered 500"), (404, "answered 404"), (307, "redirect")]
)
async def test_a_sample_tells_at_once_what_the_receiver_said(
    http: httpx.AsyncClient, receiver: Receiver, answer: int, words: str
) -> None:
    good = (await http.post(f"{HOOK}/test", json={"url": receiver.url})).json()
    assert (good["success"], good["status_code"]) == (True, 200)
    receiver.answers = [answer]
    bad = (await http.post(f"{HOOK}/test", json={"url": receiver.url})).json()
    assert (bad["success"], bad["status_code"]) == (False, answer)
    assert words in bad["message"]


async def test_nobody_there_is_told_in_words(http: httpx.AsyncClient) -> None:
    answer = (await http.post(f"{HOOK}/test", json={"url": "http://127.0.0.1:9/"})).json()
    assert (answer["success"], answer["status_code"]) == (False, None)
    assert "could not be sent" in answer["message"]


async def test_it_is_sent_again_until_it_is_taken(
    http: httpx.AsyncClient, finished: Finish, receiver: Receiver
) -> None:
    receiver.answers = [503, 500]
    await http.post(HOOK, json={"url": receiver.url})
    run_id = (await http.post(RUN, json={"prompt": "/say again"})).json()["id"]
    await finished(run_id)
    record = await delivered(http, run_id, "delivered")
    assert record["attempts"] == len(receiver.taken) == 3
    assert len({raw for _, raw in receiver.taken}) == 1


async def test_it_is_given_up_and_says_why(
    http: httpx.AsyncClient, finished: Finish, receiver: Receiver
) -> None:
    receiver.answers = [410] * 7
    await http.post(HOOK, json={"url": receiver.url})
    run_id = (await http.post(RUN, json={"prompt": "/say never"})).json()["id"]
    await finished(run_id)
    record = await delivered(http, run_id, "failed")
    assert (record["attempts"], record["status_code"]) == (7, 410)
    assert record["due_at"] is None


async def test_what_was_planned_before_a_crash_is_sent_after_it(
    settings: Settings, env_file: Path, receiver: Receiver
) -> None:
    async with (
        Database.open(settings.database_url) as database,
        database.begin() as transaction,
    ):
        run = await runs.insert(transaction, prompt="planned", status="COMPLETE")
        await deliveries_.insert(
            transaction, run=run, url=receiver.url, event="agent_run.finished", secret=None
        )
    made = create_app(settings, env_file=env_file)
    async with made.router.lifespan_context(made):
        await receiver.wait_for(1)
    assert json.loads(receiver.taken[0][1])["agent_run"]["id"] == run.id


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/agent_runs",
        "http://sub.localhost/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://172.16.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://[::1]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://2130706433/",  # 127.0.0.1 in one number, as name servers read it
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://user:password@example.com/",
        "https://",
        "http://example.com:99999/",
        "not a url",
    ],
)
async def test_an_address_that_points_inward_or_is_none_is_refused(
    settings: Settings, env_file: Path, url: str
) -> None:
    made = create_app(settings.model_copy(update={"webhook_private": False}), env_file=env_file)
    transport = httpx.ASGITransport(made)
    async with (
        made.router.lifespan_context(made),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as http,
    ):
        for path in (HOOK, f"{HOOK}/test"):
            refused = await http.post(path, json={"url": url})
            assert refused.status_code == 422, refused.text
            assert refused.json()["detail"][0]["msg"].startswith("url: ")
        body = {"prompt": "/say no", "webhooks": [{"url": url}]}
        assert (await http.post(RUN, json=body)).status_code == 422
        assert (await http.get("/agent_runs")).json()["total"] == 0
        assert (await http.get(HOOK)).json()["url"] is None


async def test_a_result_is_told_whole(
    http: httpx.AsyncClient, finished: Finish, receiver: Receiver
) -> None:
    await http.post(HOOK, json={"url": receiver.url})
    run_id = (await http.post(RUN, json={"prompt": f"/say {'word ' * 600}end"})).json()["id"]
    await finished(run_id)
    await receiver.wait_for(1)
    run = json.loads(receiver.taken[0][1])["agent_run"]
    assert run["result"] == (await http.get(f"/agent_runs/{run_id}")).json()["result"]
    assert len(run["result"]) > 3000


async def test_a_receiver_that_does_not_answer_holds_up_no_other(
    http: httpx.AsyncClient, finished: Finish, receiver: Receiver
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        slow = (
            await http.post(RUN, json={"prompt": "/say a", "webhooks": [{"url": hanging}]})
        ).json()
        await finished(slow["id"])
        own = [{"url": hanging}, {"url": receiver.url}]
        run_id = (await http.post(RUN, json={"prompt": "/say b", "webhooks": own})).json()["id"]
        await finished(run_id)
        await receiver.wait_for(1)
        assert json.loads(receiver.taken[0][1])["agent_run"]["id"] == run_id
        # Its first try has not even ended.
        assert (await deliveries(http, slow["id"]))[0]["attempts"] == 0
