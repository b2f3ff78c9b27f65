# Generated from asynchronous/sender.py by `make format`. Edit that file.
"""The base of all parts of the client: a server, an identity there, and a way to send calls."""

from __future__ import annotations  # the types in the signatures are loaded late, too

from typing import TYPE_CHECKING, Self, TypeVar

from agent_runs.client import late
from agent_runs.client.base import ORG, RetryPolicy
from agent_runs.client.credentials import Credentials, resolve

if TYPE_CHECKING:
    import httpx

    from agent_runs.client.base import Call, Clock, Gate
    from agent_runs.client.calls.answers import Organization, Page

T = TypeVar("T")


class Sender:
    """Sends the calls of all parts of the client, whose arguments it takes."""

    def __init__(
        self,
        token: str | None = None,
        org_id: int | str | None = None,
        base_url: str | None = None,
        *,
        credentials: Credentials | None = None,
        timeout: float = 30.0,
        retry: RetryPolicy | None = None,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
        gate: Gate | None = None,
    ) -> None:
        # Late: it imports httpx, which costs more than the rest of the client.
        from agent_runs.client.blocking.transport import Transport  # noqa: PLC0415

        self.credentials = credentials or resolve(token, org_id, base_url)
        self._org_id = self.credentials.org_id
        self._clock = clock or late.wire.SystemClock()
        self._http = Transport(
            self.credentials,
            timeout,
            retry or RetryPolicy(),
            self._clock,
            transport=transport,
            gate=gate,
        )

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the client."""
        self.close()

    def close(self) -> None:
        """Close all connections; runs continue."""
        self._http.close()

    def list_organizations(self) -> Page[Organization]:
        """Return the organizations that the token can use."""
        return self._send(late.runs.list_organizations())

    def _send(self, call: Call[T]) -> T:
        return self._http.send(call, self._organization() if ORG in call.path else None)

    def _organization(self) -> int:
        if self._org_id is None:
            self._org_id = late.runs.first_organization(self.list_organizations())
        return self._org_id
