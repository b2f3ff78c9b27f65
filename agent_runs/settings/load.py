"""Reads the settings and says in plain words what is wrong with them."""

import difflib
import logging
import os
from collections.abc import Iterable
from pathlib import Path

from dotenv import dotenv_values
from pydantic import ValidationError

from agent_runs.settings.fields import PREFIX, InvalidSettings, Settings, env_name

_LOG = logging.getLogger(__name__)
_NO_SETTINGS = {"AGENT_RUNS_RUN"}  # marks the processes of a run, which may call this program


def find_env_file() -> Path:
    """Return the `.env` that is read and written, whether it exists or not.

    That is the one in the working directory. If there is none and the program runs from a clone, it
    is the one in the project's root.
    """
    here = Path.cwd() / ".env"
    root = Path(__file__).parents[2]
    if not here.exists() and (root / "pyproject.toml").exists():
        return root / ".env"
    return here


def load_settings(env_file: Path | None = None) -> Settings:
    """Read the settings from the environment and `env_file` (`find_env_file()` unless given).

    Raises:
        InvalidSettings: one readable line per variable that cannot be used.
    """
    path = env_file or find_env_file()
    try:
        settings = Settings(_env_file=path)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own argument
        in_file = dotenv_values(path) if path.is_file() else {}
    except ValidationError as exc:
        raise InvalidSettings(_explain(exc)) from None
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidSettings(f"{path} cannot be read: {exc}") from exc
    if "agents_file" in settings.model_fields_set and not settings.agents_file.is_file():
        # The default file may be missing; one that somebody names must exist.
        raise InvalidSettings(
            f"AGENT_RUNS_AGENTS_FILE cannot be used: there is no file {settings.agents_file}."
        )
    _warn_of_unknown({*os.environ, *in_file})
    return settings


def _explain(exc: ValidationError) -> str:
    """One line per wrong variable, without its value, which may be a secret."""
    lines: list[str] = []
    for error in exc.errors(include_url=False, include_input=False, include_context=False):
        if error["type"] == "default_factory_not_called":  # only a consequence of another error
            continue
        field = str(error["loc"][0])
        field = field.lower().removeprefix(PREFIX.lower())
        text = error["msg"].removeprefix("Value error, ")
        lines.append(
            f"{env_name(field)} cannot be used: {text[0].lower()}{text[1:]}. "
            f"({Settings.model_fields[field].description})"
        )
    return "\n".join(lines)


def _warn_of_unknown(names: Iterable[str]) -> None:
    variables = {env_name(field) for field in Settings.model_fields} | _NO_SETTINGS
    for name in sorted(names):
        if name.startswith(PREFIX) and name not in variables:
            near = difflib.get_close_matches(name, variables, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            _LOG.warning("%s is set, but there is no such setting.%s", name, hint)
