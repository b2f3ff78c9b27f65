"""Webhooks go only to where a stranger may make this server send something."""

import pytest

from agent_runs.errors import InvalidRequest
from agent_runs.outbound.webhooks import check_url, send_webhook
from tests.receiver import receiving

pytestmark = pytest.mark.anyio

INWARD = [
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "100.64.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::7f00:1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2001:0:0:0:0:0:80ff:fffe",
    "3fff::1",
    "fc00::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "1.1.1.1",
    "172.32.0.1",
    "100.128.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "2606:4700:4700::1111",
]


@pytest.mark.parametrize("address", INWARD)
def test_an_address_that_is_not_public_is_refused_in_any_form(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(InvalidRequest, match="AGENT_RUNS_WEBHOOK_PRIVATE"):
        check_url(f"https://{host}/", allow_private=False)
    assert check_url(f"https://{host}/", allow_private=True).scheme == "https"


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_taken(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert check_url(f"https://{host}/", allow_private=False).scheme == "https"


async def test_a_name_that_leads_inward_is_not_sent_to() -> None:
    attempt = await send_webhook(
        "http://localhost.localdomain:9/", b"{}", headers={}, secret=None, allow_private=False
    )
    assert attempt.status_code is None
    assert attempt.error is not None


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    with receiving() as receiver:
        attempt = await send_webhook(
            f"http://localhost:{receiver.port}/x",
            b"{}",
            headers={},
            secret=None,
            allow_private=True,
        )
    assert attempt == (200, None)
    assert receiver.next().headers["Host"] == f"localhost:{receiver.port}"
