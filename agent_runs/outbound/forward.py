"""Passes requests of another surface on to the API, unchanged and as a stream.

The dashboard's same-origin proxy uses it. Neither request nor response is read into memory whole,
so downloads and events flow through.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import httpx

from agent_runs.client.credentials import Credentials
from agent_runs.errors import ServerUnreachable

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 60.0
_WITHOUT_END = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS, read=None)


@dataclass(frozen=True)
class Forwarded:
    """A response whose body is still on its way; reading all chunks closes it."""

    status_code: int
    headers: list[tuple[str, str]]
    _response: httpx.Response

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body as it was sent, perhaps compressed; then close the response."""
        try:
            async for chunk in self._response.aiter_raw():
                yield chunk
        finally:
            await self._response.aclose()


class Forwarder:
    """One pool of connections to the API."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._http = httpx.AsyncClient(
            base_url=credentials.root,
            timeout=httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=None, keepalive_expiry=3.0),
            trust_env=not credentials.is_loopback,
        )

    async def forward(
        self,
        method: str,
        path: str,
        *,
        query: str,
        headers: Mapping[str, str],
        body: AsyncIterator[bytes] | None,
        waits: bool = False,
    ) -> Forwarded:
        """Send a request with the API's token added.

        Args:
            path: percent-encoded, begins with a slash.
            query: as in the address, without the question mark.
            waits: the response may take as long as the work.

        Raises:
            ServerUnreachable: there was no response.
        """
        token = self._credentials.token
        own = {"user-agent": self._credentials.program}
        own |= {"authorization": f"Bearer {token}"} if token else {}
        url = self._http.base_url.join(f"{path}?{query}" if query else path)
        request = self._http.build_request(
            method,
            url,
            headers={**headers, **own},
            content=body,
            timeout=_WITHOUT_END if waits else httpx.USE_CLIENT_DEFAULT,
        )
        try:
            response = await self._http.send(request, stream=True)
        except httpx.HTTPError as exc:
            raise ServerUnreachable(
                "The API is not running. Start it with `python api.py`.", detail=str(exc)
            ) from exc
        return Forwarded(response.status_code, list(response.headers.multi_items()), response)

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()
