"""What goes wrong upstream becomes one error that says it, and no create is sent twice."""

import socket
from dataclasses import dataclass, replace
from typing import Any

import pytest

from agent_runs import errors
from agent_runs.client.asynchronous.client import AsyncCodegenClient
from agent_runs.client.blocking.client import CodegenClient
from tests.client.clocks import FakeAsyncClock, FakeClock
from tests.hosted_api import ORG, TOKEN, Fault, HostedApi, serve_twin
from tests.hosted_api_faults import HTML
from tests.patience import PATIENCE_SECONDS

NO_API = "is not a server of this API"


@dataclass(frozen=True)
class Case:
    """A fault and what it becomes; `tries` of reading when it lasts."""

    name: str
    fault: Fault
    error: type[errors.AgentRunsError]
    tries: int
    says: str


def status(code: int, error: type[errors.AgentRunsError], *, tries: int = 1) -> Case:
    return Case(str(code), Fault(code), error, tries, "on demand")


CASES = [
    status(401, errors.Unauthorized),
    status(402, errors.PaymentRequired),
    status(403, errors.Forbidden),
    status(404, errors.NotFound),
    status(409, errors.Conflict),
    status(422, errors.InvalidRequest),
    status(500, errors.Unavailable),
    status(502, errors.Unavailable, tries=3),
    status(503, errors.Unavailable, tries=3),
    Case("429", Fault(429), errors.RateLimited, 3, "on demand"),
    Case(
        "429 with Retry-After",
        Fault(429, headers={"retry-after": "600"}),
        errors.RateLimited,
        1,
        "on demand",
    ),
    Case("HTML", Fault(200, text=HTML), errors.UnexpectedAnswer, 1, NO_API),
    Case(
        "HTML of a proxy",
        Fault(502, text=HTML, headers={"content-type": "text/html"}),
        errors.Unavailable,
        3,
        "answered 502",
    ),
    Case("truncated JSON", Fault(text='{"items": [{"id": 1'), errors.UnexpectedAnswer, 1, NO_API),
    Case("no JSON", Fault(text="ok"), errors.UnexpectedAnswer, 1, NO_API),
    Case("other JSON", Fault(text="[1]"), errors.UnexpectedAnswer, 1, "an object was expected"),
    Case("cut off", Fault(drop=True), errors.ServerUnreachable, 3, "broke before the answer"),
    Case("reset", Fault(reset=True), errors.ServerUnreachable, 3, "broke before the answer"),
    Case("silence", Fault(hang=True), errors.ServerUnreachable, 1, "did not answer within"),
    Case("drip", Fault(drip_seconds=0.02), errors.ServerUnreachable, 1, "did not answer within"),
]


class Client:
    """The blocking and the async client behind the same two calls."""

    def __init__(
        self, blocking: bool, clock: FakeClock, url: str, timeout: float = PATIENCE_SECONDS
    ) -> None:
        self.client: Any = (
            CodegenClient(TOKEN, ORG, url, clock=clock, timeout=timeout)
            if blocking
            else AsyncCodegenClient(TOKEN, ORG, url, clock=FakeAsyncClock(), timeout=timeout)
        )
        self.blocking = blocking

    async def call(self, name: str, *args: Any) -> Any:
        result = getattr(self.client, name)(*args)
        return result if self.blocking else await result

    async def close(self) -> None:
        closed = self.client.close()
        if not self.blocking:
            await closed


pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "async"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_fault_is_told_and_a_create_is_sent_once(
    twin: HostedApi, clock: FakeClock, case: Case, blocking: bool
) -> None:
    client = Client(blocking, clock, twin.url, case.fault.worth_waiting)
    try:
        twin.faults[:] = [replace(case.fault, times=None)]
        with pytest.raises(case.error, match=case.says) as read:
            await client.call("list_agent_runs")
        twin.wait_for(lambda: len(twin.requests) == case.tries)
        with pytest.raises(case.error, match=case.says) as created:
            await client.call("create_agent_run", "Once")
        twin.wait_for(lambda: len(twin.requests) == case.tries + 1)
        if case.error is errors.ServerUnreachable:
            assert isinstance(created.value, errors.ServerUnreachable)
            assert created.value.may_have_happened
            assert "check before you send it again" in str(created.value)
        if case.name == "429 with Retry-After":
            assert isinstance(read.value, errors.RateLimited)
            assert read.value.retry_after_seconds == 600
    finally:
        await client.close()
    twin.faults = []
    patient = Client(blocking, clock, twin.url)
    assert (await patient.call("list_agent_runs")).total == len(twin.runs)
    await patient.close()


@pytest.mark.parametrize("fault", [Fault(hang=True), Fault(reset=True), Fault(502), Fault(text="")])
async def test_a_create_that_was_taken_without_an_answer_is_not_sent_again(
    twin: HostedApi, clock: FakeClock, fault: Fault
) -> None:
    client = Client(False, clock, twin.url, fault.worth_waiting)
    twin.faults[:] = [replace(fault, taken=True)]
    if fault.text is None:
        with pytest.raises(errors.Unavailable):
            await client.call("create_agent_run", "Once")
    else:
        with pytest.raises(errors.UnexpectedAnswer):
            await client.call("create_agent_run", "Once")
    await client.close()
    twin.wait_for(lambda: len(twin.runs) == 1)


async def refusal(url: str, clock: FakeClock) -> errors.ServerUnreachable:
    client = Client(True, clock, url)
    with pytest.raises(errors.ServerUnreachable) as refused:
        await client.call("create_agent_run", "Once")
    await client.close()
    assert not refused.value.may_have_happened
    return refused.value


async def test_a_refused_connection_is_told_and_nothing_was_asked_for(clock: FakeClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = await refusal(f"http://127.0.0.1:{port}", clock)
    assert "No server answers" in error.message


async def test_a_name_that_is_not_known_is_told_and_nothing_was_asked_for(clock: FakeClock) -> None:
    error = await refusal("http://nowhere.invalid", clock)
    assert "The host name was not found" in error.message


async def test_a_failure_of_tls_is_told_and_nothing_was_asked_for(clock: FakeClock) -> None:
    with serve_twin() as twin:
        error = await refusal(twin.url.replace("http:", "https:"), clock)
    assert "There is no secure connection" in error.message
    assert twin.requests == []
