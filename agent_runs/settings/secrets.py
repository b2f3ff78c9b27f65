"""The API's own token, and every secret that is known when the server starts."""

import contextlib
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from agent_runs.addresses import is_loopback
from agent_runs.settings.accounts import hosted_accounts
from agent_runs.settings.fields import SHORTEST_TOKEN, InvalidSettings, Settings

_SHORTEST_FOREIGN_SECRET = 16
_SECRET_NAME = re.compile(r"(API_KEY|TOKEN|SECRET|PASSWORD|ACCESS_KEY)$")


class ApiToken(NamedTuple):
    """The token that the API requires, if any, and whether it was just generated."""

    token: str | None
    is_new: bool


def api_token_for(settings: Settings) -> ApiToken:
    """Return the API's token; one is generated when a foreign machine could reach the API.

    A generated token is kept in the file `api-token` of the home folder (mode 0600), so that it
    outlives restarts. The caller prints a new one, once.

    Raises:
        InvalidSettings: the file cannot be written or does not hold a token.
    """
    if settings.api_token:
        return ApiToken(settings.api_token.get_secret_value(), is_new=False)
    if is_loopback(settings.host):
        return ApiToken(None, is_new=False)
    path = _token_path(settings)
    token = secrets.token_urlsafe(32)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token + "\n")
    except FileExistsError:
        return ApiToken(_read_token(path), is_new=False)
    except OSError as exc:
        raise InvalidSettings(f"{path} cannot be written: {exc}") from exc
    return ApiToken(token, is_new=True)


def _token_path(settings: Settings) -> Path:
    return settings.home / "api-token"


def _read_token(path: Path) -> str:
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidSettings(f"{path} cannot be read: {exc}") from exc
    if len(token) < SHORTEST_TOKEN:
        raise InvalidSettings(f"{path} holds no token. Delete it; a new one will be generated.")
    return token


def secrets_of(settings: Settings, *agents: Mapping[str, str]) -> list[str]:
    """Return the values that must never be stored or shown, to build a `Redactor` from.

    These are the program's own secrets, the tokens of hosted accounts, and long values of variables
    that are named like secrets (`ANTHROPIC_API_KEY`): an agent may receive and print them.

    Args:
        agents: the variables that each agent profile sets, next to those of the environment.

    Raises:
        InvalidSettings: the accounts cannot be used.
    """
    values = [account.secret() for account in hosted_accounts(settings)]
    if settings.api_token:
        values.append(settings.api_token.get_secret_value())
    for url in (settings.database_url, settings.codegen_base_url):
        password = urlsplit(url).password
        # The user's name is the default of many test databases; it would vanish from every text.
        if password and password != urlsplit(url).username:
            values += [password, unquote(password)]
    with contextlib.suppress(InvalidSettings):
        values.append(_read_token(_token_path(settings)))
    values += [
        value
        for variables in (os.environ, *agents)
        for name, value in variables.items()
        if _SECRET_NAME.search(name.upper()) and len(value) >= _SHORTEST_FOREIGN_SECRET
    ]
    return list(dict.fromkeys(values))
