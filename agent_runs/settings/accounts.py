"""The hosted accounts that are mirrored: the one in the settings and those in `accounts_file`.

[[account]]
base_url = "https://api.codegen.com/v1"
token_variable = "OTHER_TEAM_TOKEN"    # or token = "...", in a file that only you can read
org_id = 323                           # left out: all organizations of the token
"""

import os
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from agent_runs.addresses import HOSTED_URL, root_of
from agent_runs.settings.fields import InvalidSettings, Settings, check_address


class HostedAccount(BaseModel):
    """A token at a server of the official API."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    base_url: str = HOSTED_URL
    token: SecretStr | None = None
    token_variable: str | None = None
    org_id: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _check(self) -> "HostedAccount":
        check_address(self.base_url)
        if (self.token is None) == (self.token_variable is None):
            raise ValueError("give either token or token_variable")
        return self

    @property
    def root(self) -> str:
        """Address of the server, without `/v1`."""
        return root_of(self.base_url)

    def secret(self) -> str:
        """Return the token; "" if its variable is not set."""
        if self.token is not None:
            return self.token.get_secret_value()
        return os.environ.get(self.token_variable or "", "")


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    account: tuple[HostedAccount, ...] = ()


def hosted_accounts(settings: Settings) -> list[HostedAccount]:
    """Return the accounts, the one in the settings first; each token and organization once.

    Raises:
        InvalidSettings: the file, or CODEGEN_ORG_ID, cannot be used.
    """
    accounts: list[HostedAccount] = []
    if settings.codegen_api_token is not None:
        org_id = (settings.codegen_org_id or "").strip()
        if org_id and not (org_id.isascii() and org_id.isdigit()):
            raise InvalidSettings(f"CODEGEN_ORG_ID: {org_id!r} is not a whole number.")
        accounts.append(
            HostedAccount(
                base_url=settings.codegen_base_url,
                token=settings.codegen_api_token,
                org_id=int(org_id) if org_id else None,
            )
        )
    accounts += [account for account in _in_file(settings.accounts_file) if account.secret()]
    by_key = {
        (account.root, account.secret(), account.org_id): account for account in accounts[::-1]
    }
    return list(by_key.values())[::-1]


def _in_file(path: Path) -> tuple[HostedAccount, ...]:
    if not path.is_file():
        return ()
    try:
        return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8"))).account
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise InvalidSettings(f"AGENT_RUNS_ACCOUNTS_FILE, {path}: {exc}") from exc
    except ValidationError as exc:
        errors = exc.errors(include_url=False, include_input=False, include_context=False)
        lines = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in errors]
        raise InvalidSettings(f"AGENT_RUNS_ACCOUNTS_FILE, {path}: {'; '.join(lines)}") from None
