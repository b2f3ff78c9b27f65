"""The program's own logging.

Every record is one line on standard error, with times in UTC; a traceback follows, indented. What
the ACP library logs on the root logger is kept short, because agents can provoke it at will.
"""

import logging
import os
import sys
import time
from collections.abc import Callable
from typing import TextIO

_CHATTY = ("alembic", "asyncio", "httpcore", "httpx", "uvicorn")


class LineFormatter(logging.Formatter):
    """Writes a record as one redacted line: time, level, logger, message."""

    def __init__(self, redact: Callable[[str], str]) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback if there is one."""
        return self._redact(super().format(record)).replace("\n", "\n    ")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Keep the message on one line, so that no text can pose as a separate record."""
        record.message = record.message.rstrip("\n").replace("\r", "\\r").replace("\n", "\\n")
        return super().formatMessage(record)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return ISO-8601 in UTC with milliseconds."""
        seconds = time.strftime(datefmt or "%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        return f"{seconds}.{int(record.msecs):03d}Z"


def quiet_acp(record: logging.LogRecord) -> bool:
    """Filter for the root logger: keep what the ACP library says there short.

    An agent's line that is not JSON is shown only at level DEBUG; other problems become one warning
    without a traceback. Source: the library calls `logging.exception` directly.
    """
    if record.name != "root" or f"{os.sep}acp{os.sep}" not in record.pathname:
        return True
    record.name = "acp"
    error = record.exc_info[1] if record.exc_info else None
    record.exc_info = None
    noise = str(record.msg).startswith("Error parsing JSON-RPC message")
    level = logging.DEBUG if noise else logging.WARNING
    record.levelno, record.levelname = level, logging.getLevelName(level)
    if error is not None and not noise:
        record.msg, record.args = (
            "%s: %s",
            (record.getMessage(), f"{type(error).__name__}: {error}"),
        )
    return logging.getLogger().isEnabledFor(level)


def set_up_logging(
    level: str = "info",
    redact: Callable[[str], str] = str,
    stream: TextIO | None = None,
) -> None:
    """Send all records of this process to standard error (or `stream`), redacted.

    It can be called again, for example once the secrets are known. Give uvicorn `log_config=None`,
    so that its records arrive here too.
    """
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if isinstance(handler.formatter, LineFormatter):
            root.removeHandler(handler)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter(redact))
    root.addHandler(handler)
    root.setLevel(level.upper())
    root.removeFilter(quiet_acp)
    root.addFilter(quiet_acp)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(
            logging.NOTSET if level.lower() == "debug" else logging.WARNING
        )
