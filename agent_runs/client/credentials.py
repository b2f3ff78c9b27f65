"""Which server the client talks to and as whom: arguments, then the environment, then `.env`.

Two families of variables never mix. `AGENT_RUNS_API_URL` and `AGENT_RUNS_API_TOKEN` name a server
of this program, `CODEGEN_BASE_URL`, `CODEGEN_API_TOKEN` and `CODEGEN_ORG_ID` the hosted service:
the token of one family is never sent to a server of the other.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from agent_runs.addresses import HOSTED_URL, is_loopback, root_of, server_url
from agent_runs.errors import InvalidRequest

_LOCAL_HOST = "127.0.0.1"
_LOCAL_PORT = "8000"


@dataclass(frozen=True)
class Credentials:
    """A server and an identity there.

    Attributes:
        root: address of the server without `/v1` and without a slash at the end.
        org_id: None asks the server for the token's organizations.
        program: name of the sender in requests.
    """

    root: str
    token: str | None = None
    org_id: int | None = None
    program: str = "agent-runs-python"

    @property
    def is_loopback(self) -> bool:
        """Tell whether the server is on this machine."""
        return is_loopback(urlsplit(self.root).hostname or "")

    def __repr__(self) -> str:
        """Leave out the token: this text ends up in logs and tracebacks."""
        state = "set" if self.token else "none"
        return f"Credentials(root={self.root!r}, org_id={self.org_id!r}, token {state})"


def resolve(
    token: str | None = None,
    org_id: int | str | None = None,
    base_url: str | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    env_file: Path | None = None,
) -> Credentials:
    """Find server, token and organization.

    Args:
        org_id: an int or a string of digits, as the official examples write it.
        base_url: with or without `/v1` and slashes at the end.
        environment: `os.environ` unless given.
        env_file: `.env` in the working directory unless given; it is read, never loaded into
            `os.environ`.

    Raises:
        InvalidRequest: a value cannot be used; the message says where it came from.
    """
    values = _variables(environment, env_file)
    codegen_url, codegen_token = values.get("CODEGEN_BASE_URL"), values.get("CODEGEN_API_TOKEN")
    own_token, org = values.get("AGENT_RUNS_API_TOKEN"), values.get("CODEGEN_ORG_ID")
    if base_url is not None:
        root = _root(base_url, "base_url")
        # The hosted token never goes to an address that the environment does not name with it.
        default = codegen_token if _is_hosted(root, values) else own_token
    elif "AGENT_RUNS_API_URL" not in values and (
        token or codegen_token or _is_foreign(codegen_url)
    ):
        root, default = _root(codegen_url or HOSTED_URL, "CODEGEN_BASE_URL"), codegen_token
    else:
        root, default, org = _local_root(values), own_token, None
    return Credentials(
        root=root,
        token=_token(token or default),
        org_id=_org_id(org_id, "org_id") if org_id is not None else _org_id(org, "CODEGEN_ORG_ID"),
    )


def resolve_local(
    token: str | None = None,
    url: str | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    env_file: Path | None = None,
) -> Credentials:
    """Find a server of this program, even if the environment names the hosted service.

    The command line and the dashboard use it: for them, hosted accounts are the server's business.

    Raises:
        InvalidRequest: a value cannot be used.
    """
    values = _variables(environment, env_file)
    root = _root(url, "url") if url else _local_root(values)
    variable = "CODEGEN_API_TOKEN" if _is_hosted(root, values) else "AGENT_RUNS_API_TOKEN"
    return Credentials(root=root, token=_token(token or values.get(variable)))


def _variables(environment: Mapping[str, str] | None, env_file: Path | None) -> dict[str, str]:
    in_file = _read_file(env_file or Path.cwd() / ".env")
    merged = in_file | dict(os.environ if environment is None else environment)
    return {name: value.strip() for name, value in merged.items() if value and value.strip()}


def _read_file(path: Path) -> dict[str, str | None]:
    from dotenv import dotenv_values  # noqa: PLC0415  (a sixth of the time that `import api` takes)

    try:
        return dotenv_values(path) if path.is_file() else {}
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidRequest(f"{path} cannot be read: {exc}") from exc


def _local_root(values: Mapping[str, str]) -> str:
    if url := values.get("AGENT_RUNS_API_URL"):
        return _root(url, "AGENT_RUNS_API_URL")
    host = values.get("AGENT_RUNS_HOST", _LOCAL_HOST)
    port = values.get("AGENT_RUNS_PORT", _LOCAL_PORT)
    return _root(server_url(host, port), "AGENT_RUNS_HOST and AGENT_RUNS_PORT")


def _is_hosted(root: str, values: Mapping[str, str]) -> bool:
    urls = (HOSTED_URL, values.get("CODEGEN_BASE_URL", HOSTED_URL))
    return root in {_root(url, "CODEGEN_BASE_URL") for url in urls}


def _is_foreign(codegen_url: str | None) -> bool:
    """The hosted service always requires a token, so its address alone does not choose it."""
    return codegen_url is not None and _root(codegen_url, "CODEGEN_BASE_URL") != _root(
        HOSTED_URL, ""
    )


def _root(url: str, source: str) -> str:
    parts = _split(url.strip(), source)
    return f"{parts.scheme}://{parts.netloc}{root_of(parts.path)}"


def _split(url: str, source: str) -> SplitResult:
    problem = f"{source}: {url!r} is not an address. Use one like http://localhost:8000."
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError as exc:
        raise InvalidRequest(problem) from exc
    if not usable:
        raise InvalidRequest(problem)
    return parts


def _token(token: str | None) -> str | None:
    token = token.strip() if token else None
    # The token travels in a header, which cannot carry line breaks or other alphabets.
    if token and not (token.isascii() and token.isprintable()):
        raise InvalidRequest("The token contains characters that no token has; copy it again.")
    return token or None


def _org_id(value: int | str | None, source: str) -> int | None:
    if value is None or isinstance(value, int):
        return value
    text = value.strip()
    if not (text.isascii() and text.isdigit()):
        raise InvalidRequest(f"{source}: {value!r} is not an organization; ids are whole numbers.")
    return int(text)
