"""All settings, read from the environment and from a `.env` file.

The environment wins over `.env`, `.env` wins over the defaults. Only entry points read settings;
the rest of the program takes plain arguments. An entry point that meets `InvalidSettings` prints
its text and exits with `EXIT_CODE`.
"""

from agent_runs.settings.accounts import HostedAccount, hosted_accounts
from agent_runs.settings.env_file import save_env
from agent_runs.settings.fields import InvalidSettings, Settings, env_name
from agent_runs.settings.load import find_env_file, load_settings
from agent_runs.settings.secrets import ApiToken, api_token_for, secrets_of

EXIT_CODE = 2

__all__ = [
    "EXIT_CODE",
    "ApiToken",
    "HostedAccount",
    "InvalidSettings",
    "Settings",
    "api_token_for",
    "env_name",
    "find_env_file",
    "hosted_accounts",
    "load_settings",
    "save_env",
    "secrets_of",
]
