"""The blocking client against a real twin of the hosted API: shapes, quirks, errors, retries."""

import contextlib
import json
import socket
from datetime import UTC, datetime

import pytest

from agent_runs import errors
from agent_runs.client.blocking.client import CodegenClient
from agent_runs.models import JSON
from tests.client.clocks import FakeClock
from tests.hosted_api import ORG, TOKEN, Fault, HostedApi, serve_twin
from tests.patience import PATIENCE_SECONDS


def test_a_created_run_reads_like_an_object_and_like_a_dictionary(
    client: CodegenClient, twin: HostedApi
) -> None:
    run = client.create_agent_run("Write a hello world function", metadata={"team": "a"})
    assert run.id == run["id"] == 101
    assert run.status == "ACTIVE"
    assert run.created_at == datetime(2025, 6, 21, 11, 20, 4, 338398, UTC)
    assert run.get("result", "none yet") == "none yet"
    assert dict(run)["organization_id"] == ORG
    assert twin.bodies == [{"prompt": "Write a hello world function", "metadata": {"team": "a"}}]


def test_an_unknown_option_is_refused_before_anything_is_sent(
    client: CodegenClient, twin: HostedApi
) -> None:
    misspelled: dict[str, JSON] = {"modle": "y"}
    with pytest.raises(TypeError):
        client.run("x", **misspelled)
    assert twin.requests == []


@pytest.mark.parametrize("call", ["list_agent_runs", "stream_export"])
def test_an_unknown_filter_is_refused_and_not_left_out(
    client: CodegenClient, twin: HostedApi, call: str
) -> None:
    with pytest.raises(TypeError, match="no option 'statsu'"), contextlib.ExitStack() as stack:
        stack.enter_context(getattr(client, call)(statsu="ACTIVE"))
    assert twin.requests == []


def test_the_organization_is_asked_for_once_when_it_is_not_given(
    twin: HostedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CODEGEN_ORG_ID", raising=False)
    with CodegenClient(TOKEN, base_url=twin.url) as client:
        client.create_agent_run("x")
        client.create_agent_run("y")
    assert [request.split("?")[0] for request in twin.requests] == [
        "GET /v1/organizations",
        f"POST /v1/organizations/{ORG}/agent/run",
        f"POST /v1/organizations/{ORG}/agent/run",
    ]


def test_nulls_unknown_statuses_and_unknown_fields_are_taken_as_they_come(
    client: CodegenClient, twin: HostedApi
) -> None:
    run_id = twin.add_run("analyzing", created_at=None, new_field={"a": 1}, result={"ok": True})
    run = client.get_agent_run(run_id)
    assert run.status == "analyzing"
    assert run["new_field"] == {"a": 1}
    assert json.loads(run.result or "") == {"ok": True}
    assert run.metadata == {}
    assert client.get_agent_run(twin.add_run(None)).status == "UNKNOWN"
    assert client.get_agent_run(twin.add_run("completed")).status == "COMPLETE"
    assert client.get_agent_run(str(twin.add_run(id="105"))).id == 105


def test_logs_have_a_seq_also_where_the_server_has_none(
    client: CodegenClient, twin: HostedApi
) -> None:
    run_id = twin.add_run()
    for number in range(3):
        twin.add_log(run_id, observation={"n": number} if number else "text")
    twin.add_log(run_id, tool_output="plain", observation=["a"], message_type=None)
    logs = client.get_agent_run_logs(run_id, skip=1)
    assert [log["seq"] for log in logs["logs"]] == [1, 2, 3]
    assert logs["total_logs"] == 4
    assert logs["logs"][0]["observation"] == {"n": 1}
    assert logs["logs"][-1].tool_output == {"value": "plain"}
    assert logs["logs"][-1].observation == '["a"]'
    newest = client.get_agent_run_logs(run_id, limit=2, reverse=True)
    assert [log.seq for log in newest.logs] == [3, 2]


def test_logs_are_read_from_the_documented_path_where_the_alpha_path_is_missing() -> None:
    with serve_twin(HostedApi(alpha=False)) as twin, CodegenClient(TOKEN, ORG, twin.url) as client:
        run_id = twin.add_run()
        assert client.get_agent_run_logs(run_id).total_logs == 0
        client.get_agent_run_logs(run_id)
        with pytest.raises(errors.RunNotFound):
            client.get_agent_run_logs(9999)
    assert [("alpha" in request) for request in twin.requests] == [True, False, False, False]


def test_pages_are_asked_for_by_number_or_by_skip(client: CodegenClient, twin: HostedApi) -> None:
    for _ in range(5):
        twin.add_run()
    page = client.list_agent_runs(page=2, limit=2, status=["ACTIVE", "PENDING"])
    assert [run.id for run in page["items"]] == [103, 102]
    assert (page.total, page.page, page.size, page.pages) == (5, 2, 2, 3)
    assert "skip=2&limit=2&status=ACTIVE&status=PENDING" in twin.requests[-1]
    with pytest.raises(errors.InvalidRequest, match="either skip or page"):
        client.list_agent_runs(page=1, skip=1)


def test_every_run_comes_once_while_runs_are_created_and_taken_out(
    client: CodegenClient, twin: HostedApi
) -> None:
    for _ in range(250):
        twin.add_run()
    expected = set(twin.runs) - {120}
    seen: list[int] = []
    for run in client.iter_agent_runs():
        seen.append(run.id)
        if len(seen) == 50:
            for _ in range(7):
                twin.add_run()
        if len(seen) == 150:
            for gone in [*seen[:30], 120]:
                del twin.runs[gone]
    assert sorted(seen) == sorted(expected)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.Unauthorized),
        (402, errors.PaymentRequired),
        (403, errors.Forbidden),
        (404, errors.RunNotFound),
        (409, errors.Conflict),
        (413, errors.TooLarge),
        (422, errors.InvalidRequest),
        (429, errors.RateLimited),
        (500, errors.Unavailable),
        (503, errors.Unavailable),
        (418, errors.AgentRunsError),
    ],
)
def test_an_official_error_becomes_its_class(
    client: CodegenClient, twin: HostedApi, status: int, kind: type[errors.AgentRunsError]
) -> None:
    twin.faults = [Fault(status)] * 3
    with pytest.raises(errors.AgentRunsError) as caught:
        client.get_agent_run(1)
    assert type(caught.value) is kind
    assert caught.value.message == "on demand"


def test_an_error_of_this_program_becomes_the_class_that_the_server_raised(
    client: CodegenClient, twin: HostedApi
) -> None:
    body = {
        "error": "RunIsActive",
        "message": "Run 5 is ACTIVE.",
        "detail": "d",
        "status_code": 409,
    }
    twin.faults = [Fault(409, body=body)]
    with pytest.raises(errors.RunIsActive) as caught:
        client.archive_agent_run(5)
    assert (caught.value.message, caught.value.detail) == ("Run 5 is ACTIVE.", "d")


def test_a_list_of_problems_becomes_one_sentence(client: CodegenClient) -> None:
    with pytest.raises(errors.InvalidRequest, match=r"body\.prompt: Field required"):
        client.create_agent_run("")


def test_a_wrong_token_is_told_apart(twin: HostedApi) -> None:
    with (
        CodegenClient("sk-other", ORG, twin.url) as client,
        pytest.raises(errors.Unauthorized, match="Invalid or missing token"),
    ):
        client.get_current_user()


def test_a_page_of_another_program_is_named_as_such(client: CodegenClient, twin: HostedApi) -> None:
    twin.faults = [Fault(200, text="<html>hello</html>", headers={"content-type": "text/html"})]
    with pytest.raises(errors.UnexpectedAnswer, match="another program"):
        client.get_agent_run(1)


def test_reading_is_tried_again_with_random_growing_pauses(
    client: CodegenClient, twin: HostedApi, clock: FakeClock
) -> None:
    run_id = twin.add_run()
    twin.faults = [Fault(503), Fault(502)]
    assert client.get_agent_run(run_id).id == run_id
    assert len(twin.requests) == 3
    assert 0 <= clock.slept[0] <= 0.25
    assert 0 <= clock.slept[1] <= 0.5


def test_reading_is_given_up_after_a_bounded_number_of_tries(
    client: CodegenClient, twin: HostedApi
) -> None:
    twin.faults = [Fault(503)] * 5
    with pytest.raises(errors.Unavailable):
        client.get_agent_run(1)
    assert len(twin.requests) == 3


def test_a_broken_connection_is_tried_again_when_reading(
    client: CodegenClient, twin: HostedApi
) -> None:
    run_id = twin.add_run()
    twin.faults = [Fault(drop=True)]
    assert client.get_agent_run(run_id).id == run_id


@pytest.mark.parametrize("fault", [Fault(503), Fault(429), Fault(drop=True)])
def test_a_run_is_never_created_twice(client: CodegenClient, twin: HostedApi, fault: Fault) -> None:
    twin.faults = [fault]
    with pytest.raises(errors.AgentRunsError):
        client.create_agent_run("x")
    assert len(twin.requests) == 1


def test_the_server_s_wish_to_wait_is_honoured(
    client: CodegenClient, twin: HostedApi, clock: FakeClock
) -> None:
    run_id = twin.add_run()
    twin.faults = [Fault(429, headers={"retry-after": "7"})]
    client.get_agent_run(run_id)
    assert 7 <= clock.slept[0] <= 7.25


def test_a_wish_to_wait_too_long_is_handed_to_the_caller(
    client: CodegenClient, twin: HostedApi, clock: FakeClock
) -> None:
    twin.faults = [Fault(429, headers={"retry-after": "600"})]
    with pytest.raises(errors.RateLimited) as caught:
        client.get_agent_run(1)
    assert caught.value.retry_after_seconds == 600
    assert clock.slept == []


def test_a_server_that_is_not_there_is_named_with_how_to_start_it(clock: FakeClock) -> None:
    with (
        CodegenClient(base_url="http://127.0.0.1:9", clock=clock) as client,
        pytest.raises(errors.ServerUnreachable, match=r"agent-runs up.*python api\.py"),
    ):
        client.health()
    assert len(clock.slept) == 2


def test_a_date_to_wait_until_is_understood(
    client: CodegenClient, twin: HostedApi, clock: FakeClock
) -> None:
    run_id = twin.add_run()
    twin.faults = [Fault(429, headers={"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"})]
    client.get_agent_run(run_id)
    assert clock.slept[0] <= 0.25
    twin.faults = [Fault(429, headers={"retry-after": "soon"})]
    client.get_agent_run(run_id)
    assert clock.slept[1] <= 0.25


def test_a_server_that_does_not_answer_in_time_is_given_up(clock: FakeClock) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        CodegenClient(
            base_url=f"http://127.0.0.1:{silent.getsockname()[1]}",
            org_id=1,
            timeout=0.1,
            clock=clock,
        ) as client,
    ):
        with pytest.raises(errors.ServerUnreachable, match=r"did not answer within 0\.1 s\.$"):
            client.health()
        with pytest.raises(
            errors.ServerUnreachable, match="may have been carried out: check before"
        ):
            client.create_agent_run("x")
    assert clock.slept == []


def test_waiting_ends_with_the_run(
    client: CodegenClient, twin: HostedApi, clock: FakeClock
) -> None:
    run_id = twin.add_run("COMPLETE", result="done")
    assert client.wait(run_id).result == "done"
    assert clock.slept == []


def test_waiting_gives_up_at_the_deadline_and_says_that_the_run_goes_on(
    client: CodegenClient, twin: HostedApi, clock: FakeClock
) -> None:
    run_id = twin.add_run()
    with pytest.raises(TimeoutError, match="is still working after 10 s") as caught:
        client.wait(run_id, timeout=10)
    assert isinstance(caught.value, errors.WaitTimeout)
    assert clock.time == pytest.approx(10)


def test_waiting_outlasts_a_server_that_is_away_for_a_while(
    client: CodegenClient, twin: HostedApi
) -> None:
    run_id = twin.add_run("COMPLETE")
    twin.faults = [Fault(503)] * 10
    assert client.wait(run_id).status == "COMPLETE"


def test_waiting_does_not_outlast_a_server_that_is_gone(
    client: CodegenClient, twin: HostedApi, clock: FakeClock
) -> None:
    twin.faults = [Fault(503)] * 1000
    with pytest.raises(errors.Unavailable):
        client.wait(1)
    assert 60 < clock.time < 90


def test_a_run_that_works_is_resumed_once_it_has_ended(twin: HostedApi, clock: FakeClock) -> None:
    run_id = twin.add_run()

    class Clock(type(clock)):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            twin.runs[run_id]["status"] = "COMPLETE"

    with CodegenClient(TOKEN, ORG, twin.url, clock=Clock()) as client:
        assert client.resume_agent_run(run_id, "go on").status == "ACTIVE"


def test_a_run_that_works_for_too_long_is_not_resumed(
    client: CodegenClient, twin: HostedApi, clock: FakeClock
) -> None:
    body = {"error": "RunIsActive", "message": "Run 101 is ACTIVE.", "status_code": 409}
    run_id = twin.add_run()
    twin.faults = [Fault(409, body=body)]
    with pytest.raises(errors.RunIsActive):
        client.resume_agent_run(run_id, "go on", wait=7)
    assert clock.time == pytest.approx(7)
    twin.faults = [Fault(409, body=body)]
    with pytest.raises(errors.RunIsActive):
        client.resume_agent_run(run_id, "go on", wait=0)
    assert twin.bodies == []
    with pytest.raises(errors.RunNotFound):
        client.resume_agent_run(9999, "go on")


def test_a_stopped_run_is_read_again_where_the_answer_does_not_show_it(
    client: CodegenClient, twin: HostedApi
) -> None:
    assert client.stop_agent_run(twin.add_run()).status == "CANCELLED"
    assert client.stop(twin.add_run()).status == "CANCELLED"


@pytest.mark.parametrize("beta", [True, False])
def test_a_run_is_stopped_by_the_path_that_the_server_has(beta: bool) -> None:
    with (
        serve_twin(HostedApi(beta=beta)) as twin,
        CodegenClient(TOKEN, ORG, twin.url, timeout=PATIENCE_SECONDS) as client,
    ):
        assert client.stop_agent_run(twin.add_run()).status == "CANCELLED"
        posts = [request for request in twin.requests if request.startswith("POST")]
        assert [request.rpartition("/")[2] for request in posts] == (
            ["stop"] if beta else ["stop", "ban"]
        )
        with pytest.raises(errors.RunNotFound):
            client.stop_agent_run(9999)


def test_a_task_follows_its_run(client: CodegenClient, twin: HostedApi) -> None:
    task = client.run("Create a REST API endpoint")
    twin.runs[task.id] |= {"status": "COMPLETE", "result": "made"}
    twin.add_log(task.id, "FINAL_ANSWER", observation="made")
    assert task.status == "ACTIVE"
    task.refresh()
    assert (task.status, task["status"], task.result) == ("COMPLETE", "COMPLETE", "made")
    assert task.org_id == ORG
    assert task.web_url.endswith(f"/{task.id}")
    assert [log.message_type for log in task.wait().logs()] == ["FINAL_ANSWER"]
    assert task.resume("Add documentation").status == "ACTIVE"
    assert task.stop().get("status") == "CANCELLED"


def test_the_token_is_in_no_text_of_the_client(client: CodegenClient) -> None:
    assert TOKEN not in repr(client.credentials)
