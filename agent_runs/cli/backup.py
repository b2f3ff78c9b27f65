"""Backup and restore: the two commands that open the database themselves.

Both work on the server's machine. A backup only reads, so the server can keep working; a restore
needs the server stopped. Over HTTP a backup would give away what the API never shows, such as the
secrets of webhooks.
"""

from pathlib import Path

from agent_runs.cli.output import say_done
from agent_runs.errors import InvalidRequest
from agent_runs.runs.ownership import owned
from agent_runs.settings import InvalidSettings, Settings, load_settings
from agent_runs.store.files.backup import write_backup
from agent_runs.store.files.restore import restore_backup


def back_up(path: Path, *, as_json: bool) -> None:
    """Write a backup of the database in the settings."""
    counts = write_backup(_settings().database_url, path)
    size = path.stat().st_size
    text = f"{path} has {counts['run']:,} runs and {counts['log']:,} entries, {size:,} bytes."
    say_done({"file": str(path), "bytes": size, "rows": counts}, text, as_json=as_json)


def put_back(path: Path, *, force: bool, as_json: bool) -> None:
    """Restore a backup into the database in the settings; no server may work there."""
    settings = _settings()
    with owned(settings.home):
        counts = restore_backup(settings.database_url, path, force=force)
    text = f"{counts['run']:,} runs and {counts['log']:,} entries were restored from {path}."
    say_done({"file": str(path), "rows": counts}, text, as_json=as_json)


def _settings() -> Settings:
    try:
        return load_settings()
    except InvalidSettings as exc:
        raise InvalidRequest(str(exc)) from exc
