"""Hosts in addresses: one home for brackets, for names of this machine, for where a server is."""

import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from agent_runs.addresses import bracketed, is_loopback, place, server_url
from agent_runs.client.credentials import resolve, resolve_local
from agent_runs.dashboard.serving import access, same_origin
from tests.live_server import ROOT, LiveServer, start_server


def run(server: LiveServer, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *words]
    return subprocess.run(
        command,
        cwd=server.home,
        env=server.env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def has_ipv6() -> bool:
    with suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://localhost:8000"),
        ("localhost", "http://localhost:8000"),
        ("0.0.0.0", "http://localhost:8000"),
        ("::1", "http://[::1]:8000"),
        ("[::1]", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
        ("127.0.0.2", "http://127.0.0.2:8000"),
        ("192.168.1.2", "http://192.168.1.2:8000"),
        ("2001:db8::7", "http://[2001:db8::7]:8000"),
        ("box.lan", "http://box.lan:8000"),
    ],
)
def test_a_server_is_reached_where_it_listens(
    host: str, url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert server_url(host, 8000) == url
    environment = {"AGENT_RUNS_HOST": host}
    assert resolve(environment=environment).root == url
    assert resolve_local(environment=environment).root == url
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENT_RUNS_HOST", host)
    monkeypatch.setenv("AGENT_RUNS_HOME", str(tmp_path))
    access.credentials.cache_clear()
    assert access.credentials().root == url
    access.credentials.cache_clear()


def test_only_ipv6_wears_brackets() -> None:
    assert bracketed("[::1]") == bracketed("::1") == "[::1]"
    assert place("::1", 1) == "[::1]:1"
    assert place("box.lan", 1) == "box.lan:1"


def test_a_foreign_address_of_ipv6_may_open_the_websocket_when_it_is_named() -> None:
    named = same_origin.websocket_origins(3000, "http://localhost:3000", ["2001:db8::7"])
    assert {"http://[2001:db8::7]:3000", "https://[2001:db8::7]"} <= set(named)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]"])
def test_loopback_addresses_are_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.2", "example.org", "127.0.0.1.nip.io"]
)
def test_every_other_address_is_foreign(host: str) -> None:
    assert not is_loopback(host)


@needs_ipv6
def test_a_server_on_ipv6_says_and_uses_its_address(tmp_path: Path) -> None:
    with start_server(tmp_path / "home", AGENT_RUNS_HOST="::1") as server:
        assert server.url == f"http://[::1]:{server.port}"
        said = server.output.read_text()
        assert f"API        {server.url}\nAPI docs   {server.url}/docs" in said
        own = {"origin": server.url}
        assert httpx.get(f"{server.url}/health", headers=own).status_code == 200
        second = run(server, str(ROOT / "api.py"))
        assert f"[::1]:{server.port} is in use: agent_runs already runs there." in second.stderr
        listed = run(server, "-m", "agent_runs", "list", "--json")
        assert listed.returncode == 0, listed.stderr
        foreign = {"host": "[::2]:1"}
        assert httpx.get(f"{server.url}/health", headers=foreign).status_code == 403
