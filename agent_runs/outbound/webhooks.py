"""Sends webhooks, and only to addresses to which strangers can make this server send something.

A host name is looked up once, every address of it is checked, and the connection goes to the
checked address: a name that resolves differently the second time gains nothing. Redirects are not
followed.
"""

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import anyio

from agent_runs.errors import InvalidRequest

SIGNATURE = "X-Agent-Runs-Signature"
LONGEST_URL = 2083
_SECONDS = 10.0
_PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Not public, although some releases of Python call them global: special uses, the old form of IPv4
# as IPv6, translation inside a network, site-local addresses.
_CLOSED = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",
            "192.88.99.0/24",
            "::/96",
            "64:ff9b:1::/48",
            "100::/64",
            "2001:db8::/32",
            "3fff::/20",
            "5f00::/16",
            "fec0::/10",
        ),
    )
)


class Attempt(NamedTuple):
    """The outcome of one attempt to send a webhook.

    Attributes:
        status_code: status of the response; None if there was none.
        error: why the attempt failed, for people; None if the receiver accepted it.
    """

    status_code: int | None
    error: str | None


def signature(secret: str, body: bytes) -> str:
    """Return the value of the signature header: HMAC-SHA256 of the raw body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def send_webhook(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str],
    secret: str | None,
    allow_private: bool,
) -> Attempt:
    """POST a JSON body once; failures are returned, never raised."""
    try:
        with anyio.fail_after(_SECONDS):
            address = await checked_address(url, allow_private=allow_private)
            return await _post(url, address, body, headers=headers, secret=secret)
    except InvalidRequest as exc:
        return Attempt(None, exc.message)
    except TimeoutError:
        return Attempt(None, f"There was no response within {_SECONDS:.0f} seconds.")
    except OSError as exc:
        return Attempt(None, f"It could not be sent: {exc}.")


async def checked_address(url: str, *, allow_private: bool) -> str:
    """Return the IP address to send to.

    Raises:
        InvalidRequest: the URL cannot be used for a webhook, its host cannot be looked up, or it
            leads to an address that only this machine or its network can reach.
    """
    parts = check_url(url, allow_private=allow_private)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    try:
        entries = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise InvalidRequest(f"url: the host {host!r} cannot be looked up now.") from exc
    addresses = [str(sockaddr[0]) for *_, sockaddr in entries]
    if not allow_private:
        for address in addresses:
            _refuse_inward(address, host)
    return addresses[0]


def check_url(url: str, *, allow_private: bool) -> SplitResult:
    """Return the parts of a webhook's URL; its host is not looked up.

    Raises:
        InvalidRequest: its text shows that it cannot be used for a webhook.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as exc:
        raise InvalidRequest("url: it is not a web address.") from exc
    if parts.scheme not in _PORTS or not parts.hostname or len(url) > LONGEST_URL:
        raise InvalidRequest("url: use an address that starts with https:// or http://.")
    if not url.isprintable() or " " in url:
        raise InvalidRequest("url: it contains white space.")
    if parts.username is not None or parts.password is not None:
        raise InvalidRequest("url: it contains credentials; use `secret` to sign instead.")
    if not allow_private:
        _refuse_inward(parts.hostname, parts.hostname)
    return parts


def _refuse_inward(address: str, host: str) -> None:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        if host.rstrip(".").lower() == "localhost" or host.lower().endswith(".localhost"):
            raise _inward(host) from None
        return
    if isinstance(ip, ipaddress.IPv6Address):
        # Other forms of an IPv4 address, or ways to reach one: that address decides.
        ip = ip.ipv4_mapped or ip.sixtofour or (ip.teredo or (None, None))[1] or _nat64(ip) or ip
    closed = any(ip in network for network in _CLOSED if network.version == ip.version)
    if closed or not ip.is_global or ip.is_multicast or ip.is_reserved:
        raise _inward(host)


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None


def _inward(host: str) -> InvalidRequest:
    return InvalidRequest(
        f"url: {host!r} leads into this machine or its network. To allow that, set "
        "AGENT_RUNS_WEBHOOK_PRIVATE=true."
    )


async def _post(
    url: str, address: str, body: bytes, *, headers: Mapping[str, str], secret: str | None
) -> Attempt:
    # Late: httpx takes 0.2 s to import, and a server without webhooks does not need it.
    import httpx  # noqa: PLC0415

    parts = httpx.URL(url)
    sent = {"Content-Type": "application/json", "Host": parts.netloc.decode(), **headers}
    if secret:
        sent[SIGNATURE] = signature(secret, body)
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as http:
            request = http.build_request(
                "POST",
                parts.copy_with(host=address),
                content=body,
                headers=sent,
                # We connect to the address, but the certificate has to be that of the name.
                extensions={"sni_hostname": parts.host},
            )
            response = await http.send(request, stream=True)  # the body does not matter
            await response.aclose()
    except httpx.HTTPError as exc:
        return Attempt(None, f"It could not be sent: {str(exc) or type(exc).__name__}.")
    if response.is_success:
        return Attempt(response.status_code, None)
    if response.is_redirect:
        return Attempt(response.status_code, "The receiver redirected it; webhooks do not follow.")
    return Attempt(response.status_code, f"The receiver answered {response.status_code}.")
