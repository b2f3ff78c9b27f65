"""Addresses of servers, with IPv6 hosts in brackets, and their roots."""

import ipaddress

HOSTED_URL = "https://api.codegen.com/v1"
LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""Names of this machine."""
_SHORTER = {"127.0.0.1": "localhost", "0.0.0.0": "localhost", "::": "::1"}  # noqa: S104  (no bind)


def bracketed(host: str) -> str:
    """Return a host as addresses write it: `::1` becomes `[::1]`, others stay the same."""
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def place(host: str, port: int | str) -> str:
    """Return `host:port`, with an IPv6 address in brackets."""
    return f"{bracketed(host)}:{port}"


def server_url(host: str, port: int | str) -> str:
    """Return the address at which this machine reaches a server that listens on `host`."""
    bare = host.strip("[]")
    return f"http://{place(_SHORTER.get(bare, bare), port)}"


def root_of(url: str) -> str:
    """Return the address of a server without `/v1` and without slashes at the end."""
    return url.rstrip("/").removesuffix("/v1").rstrip("/")


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a server that listens on `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
