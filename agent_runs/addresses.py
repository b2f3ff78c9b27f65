"""Hosts as they stand in addresses and in `Host` headers: there IPv6 wears brackets."""

import ipaddress

LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
"""Names of this machine."""
_SHORTER = {"127.0.0.1": "localhost", "0.0.0.0": "localhost", "::": "::1"}  # noqa: S104  (no bind)


def bracketed(host: str) -> str:
    """Return a host as it stands in an address: `::1` becomes `[::1]`, others stay."""
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def place(host: str, port: int | str) -> str:
    """Return `host:port`, from which an IPv6 address can be told."""
    return f"{bracketed(host)}:{port}"


def server_url(host: str, port: int | str) -> str:
    """Return where this machine reaches a server that listens on `host`."""
    bare = host.strip("[]")
    return f"http://{place(_SHORTER.get(bare, bare), port)}"


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach a server that listens on `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
