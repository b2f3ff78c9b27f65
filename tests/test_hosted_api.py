"""The twin of the hosted API is like it: quirks, limits, life of runs, faults."""

import json
import re
import subprocess
import sys
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.hosted_api import ORG, TOKEN, Fault, HostedApi, serve_twin
from tests.hosted_api_faults import HTML
from tests.hosted_api_life import working_life
from tests.hosted_api_limits import Limits
from tests.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parents[1]
RUNS = f"/v1/organizations/{ORG}/agent/runs"
RUN = f"/v1/organizations/{ORG}/agent/run"
ALPHA = f"/v1/alpha/organizations/{ORG}/agent/run"


@pytest.fixture
def api() -> Generator[HostedApi]:
    with serve_twin(HostedApi(life=working_life)) as twin:
        yield twin


@pytest.fixture
def http(api: HostedApi) -> Generator[httpx.Client]:
    with httpx.Client(
        base_url=api.url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE_SECONDS
    ) as client:
        yield client


def test_an_answer_never_has_the_prompt_the_model_the_repository_or_the_user(
    http: httpx.Client,
) -> None:
    body = {"prompt": "Sort it", "model": "claude-sonnet", "repo_id": 11, "metadata": {"key": "k"}}
    run = http.post(RUN, json=body).json()
    assert run["metadata"] == {"key": "k"}
    assert run.keys() & {"prompt", "model", "repo_id", "user_id", "updated_at"} == set()


def test_the_same_create_twice_makes_two_runs(http: httpx.Client, api: HostedApi) -> None:
    ids = {http.post(RUN, json={"prompt": "Once"}).json()["id"] for _ in range(2)}
    assert len(ids) == len(api.runs) == 2


def test_logs_are_under_alpha_alone(http: httpx.Client) -> None:
    run_id = http.post(RUN, json={"prompt": "Go"}).json()["id"]
    assert http.get(f"{RUN}/{run_id}/logs").status_code == 404
    assert http.get(f"{ALPHA}/{run_id}/logs").json()["total_logs"] == 1


def test_a_run_advances_with_the_clock_and_ends(http: httpx.Client, api: HostedApi) -> None:
    run_id = http.post(RUN, json={"prompt": "Go"}).json()["id"]
    api.clock.advance(5)
    seen = http.get(f"{ALPHA}/{run_id}/logs").json()
    kinds = [entry["message_type"] for entry in seen["logs"]]
    assert kinds == ["USER_MESSAGE", "PLAN_EVALUATION", "ACTION", "ACTION"]
    assert seen["status"] == "ACTIVE"
    assert "summary" not in seen
    api.clock.advance(5)
    assert http.get(f"{RUN}/{run_id}").json()["status"] == "COMPLETE"
    newest = http.get(f"{ALPHA}/{run_id}/logs", params={"reverse": "true", "limit": 1}).json()
    assert newest["logs"][0]["message_type"] == "FINAL_ANSWER"
    assert newest["pages"] == newest["total_logs"] == 7


def test_a_run_that_works_cannot_be_resumed_and_one_that_ended_can(
    http: httpx.Client, api: HostedApi
) -> None:
    run_id = http.post(RUN, json={"prompt": "Go"}).json()["id"]
    more = {"agent_run_id": run_id, "prompt": "More"}
    assert http.post(f"{RUN}/resume", json=more).status_code == 404
    api.clock.advance(60)
    assert http.get(f"{RUN}/{run_id}").json()["status"] == "COMPLETE"
    assert http.post(f"{RUN}/resume", json=more).json()["status"] == "ACTIVE"
    api.clock.advance(60)
    assert http.get(f"{ALPHA}/{run_id}/logs").json()["total_logs"] == 14


def test_a_banned_run_is_cancelled_and_adds_nothing_more(
    http: httpx.Client, api: HostedApi
) -> None:
    run_id = http.post(RUN, json={"prompt": "Go"}).json()["id"]
    assert http.post(f"{RUN}/ban", json={"agent_run_id": run_id}).status_code == 200
    api.clock.advance(60)
    run = http.get(f"{ALPHA}/{run_id}/logs").json()
    assert (run["status"], run["total_logs"]) == ("CANCELLED", 1)
    assert http.post(f"{RUN}/ban", json={"agent_run_id": 1}).status_code == 404


def test_beta_resume_and_stop_are_there_when_switched_on() -> None:
    path = f"/v1/beta/organizations/{ORG}/agent/run/stop"
    headers = {"authorization": f"Bearer {TOKEN}"}
    for beta, status in ((False, 404), (True, 200)):
        with serve_twin(HostedApi(beta=beta)) as api:
            body = {"agent_run_id": api.add_run()}
            answer = httpx.post(
                f"{api.url}{path}", json=body, headers=headers, timeout=PATIENCE_SECONDS
            )
            assert answer.status_code == status


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "skip=-1", "limit=many"])
def test_a_page_that_is_none_is_unusable(http: httpx.Client, query: str) -> None:
    answer = http.get(f"{RUNS}?{query}")
    assert (answer.status_code, type(answer.json()["detail"])) == (422, list)


def test_the_list_is_newest_first_and_can_be_narrowed_to_source_and_user(
    http: httpx.Client, api: HostedApi
) -> None:
    for source in ("API", "SLACK", "API"):
        api.add_run("COMPLETE", source_type=source)
    assert [run["id"] for run in http.get(RUNS).json()["items"]] == [103, 102, 101]
    assert http.get(f"{RUNS}?source_type=SLACK").json()["total"] == 1
    assert http.get(f"{RUNS}?user_id=7").json()["total"] == 3
    assert http.get(f"{RUNS}?user_id=8").json()["total"] == 0


def test_a_used_up_allotment_is_402_and_makes_no_run(http: httpx.Client, api: HostedApi) -> None:
    api.allotment = 1
    answers = [http.post(RUN, json={"prompt": "Go"}).status_code for _ in range(2)]
    assert answers == [200, 402]
    assert len(api.runs) == 1


def test_wrong_token_and_wrong_organization_are_told_apart(http: httpx.Client) -> None:
    assert http.get(RUNS, headers={"authorization": "Bearer wrong"}).status_code == 401
    assert http.get("/v1/organizations/9/agent/runs").status_code == 403


@pytest.mark.parametrize(
    ("request_line", "allowed", "seconds"),
    [
        (f"GET {RUNS}", 60, 30),
        (f"GET {ALPHA}/101/logs", 60, 60),
        (f"POST {RUN}", 10, 60),
    ],
)
def test_the_documented_limits_are_enforced(
    http: httpx.Client, api: HostedApi, request_line: str, allowed: int, seconds: int
) -> None:
    method, path = request_line.split()
    api.add_run("COMPLETE")
    api.limits = Limits(api.clock.now)
    body = {"prompt": "Go"} if method == "POST" else None
    for _ in range(allowed):
        assert http.request(method, path, json=body).status_code == 200
    runs = len(api.runs)
    refused = http.request(method, path, json=body)
    assert (refused.status_code, len(api.runs)) == (429, runs)
    assert seconds <= int(refused.headers["retry-after"]) <= seconds + 1
    api.clock.advance(seconds)
    assert http.request(method, path, json=body).status_code == 200


def test_all_endpoints_share_the_limit_of_a_token(http: httpx.Client, api: HostedApi) -> None:
    api.limits = Limits(api.clock.now, retry_after=False)
    for _ in range(30):
        http.get(RUNS)
        http.get("/v1/users/me")
    refused = http.get("/v1/organizations")
    assert (refused.status_code, "retry-after" in refused.headers) == (429, False)


def test_a_fault_strikes_where_it_should_as_often_as_it_should(
    http: httpx.Client, api: HostedApi
) -> None:
    api.faults = [Fault(status=503, only="/agent/runs", times=2)]
    paths = ["/v1/users/me", RUNS, RUNS, RUNS]
    assert [http.get(path).status_code for path in paths] == [200, 503, 503, 200]
    assert api.faults == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        # A reset may overtake the bytes before it, or not; the kernel may send one at any close.
        (Fault(drop=True), (httpx.ReadError, httpx.RemoteProtocolError)),
        (Fault(reset=True), (httpx.ReadError, httpx.RemoteProtocolError)),
        (Fault(hang=True), httpx.ReadTimeout),
    ],
    ids=["drop", "reset", "hang"],
)
@pytest.mark.parametrize("taken", [False, True])
def test_a_create_without_an_answer_may_have_been_taken(
    http: httpx.Client,
    api: HostedApi,
    fault: Fault,
    error: type[Exception] | tuple[type[Exception], ...],
    taken: bool,
) -> None:
    api.faults[:] = [replace(fault, taken=taken)]
    with pytest.raises(error):
        http.post(RUN, json={"prompt": "Go"}, timeout=fault.worth_waiting)
    api.wait_for(lambda: len(api.runs) == taken)


def test_an_answer_can_be_changed_dripped_or_be_something_else(
    http: httpx.Client, api: HostedApi
) -> None:
    api.add_run("COMPLETE")
    true = http.get(RUNS).json()
    api.faults = [
        Fault(change=lambda page: page | {"items": page["items"] * 2}),
        Fault(drip_seconds=0.0),
        Fault(status=502, text=HTML, headers={"content-type": "text/html"}),
        Fault(text=json.dumps(true)[:-9]),
    ]
    assert http.get(RUNS).json()["items"] == true["items"] * 2
    assert http.get(RUNS).json() == true
    assert http.get(RUNS).text == HTML
    with pytest.raises(json.JSONDecodeError):
        http.get(RUNS).json()


def test_a_twin_comes_back_where_it_was_with_all_it_had(api: HostedApi) -> None:
    first = HostedApi()
    with serve_twin(first):
        pass
    first.add_run("COMPLETE")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{first.url}/v1/users/me", timeout=PATIENCE_SECONDS)
    with serve_twin(first, port=httpx.URL(first.url).port or 0) as again:
        page = httpx.get(
            f"{again.url}{RUNS}",
            headers={"authorization": f"Bearer {TOKEN}"},
            timeout=PATIENCE_SECONDS,
        )
    assert page.json()["total"] == 1


def test_the_twin_run_by_hand_has_a_history_and_switchable_faults() -> None:
    command = [sys.executable, "-m", "tests.hosted_api_by_hand", "--port", "0", "--runs", "150"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        url = re.search(r"http://\S+:[1-9]\d*", process.stdout.readline())
        assert url
        # It tells its address a moment before it listens there.
        transport = httpx.HTTPTransport(retries=10)
        signed = {"authorization": f"Bearer {TOKEN}"}
        with httpx.Client(
            transport=transport, base_url=url[0], headers=signed, timeout=PATIENCE_SECONDS
        ) as http:
            assert http.get(RUNS).json()["total"] == 153
            assert http.post("/twin/faults", json={"status": 503, "times": None}).is_success
            assert http.get(RUNS).status_code == 503
            assert http.post("/twin/faults", json={"colour": 1}).status_code == 422
            http.delete("/twin/faults")
            assert http.get(RUNS).status_code == 200
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)
