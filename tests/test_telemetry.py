"""The program's own logging."""

import io
import logging
import re
from collections.abc import Generator

import pytest

from agent_runs.redaction import MASK, Redactor
from agent_runs.telemetry import quiet_acp, set_up_logging

SECRET = 'sk-canary/+"é\\0123456789'


@pytest.fixture
def output() -> Generator[io.StringIO]:
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    stream = io.StringIO()
    set_up_logging("info", Redactor([SECRET]), stream)
    yield stream
    root.removeFilter(quiet_acp)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_record_is_one_redacted_line_in_utc(output: io.StringIO) -> None:
    logging.getLogger("agent_runs.x").info("token %s\nERROR forged", SECRET)
    line = output.getvalue()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO agent_runs\.x: "
        r"token \[redacted\]\\nERROR forged\n",
        line,
    )


def test_a_traceback_is_indented_and_redacted(output: io.StringIO) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("agent_runs.x").exception("failed")
    first, *others = output.getvalue().splitlines()
    assert first.endswith("ERROR agent_runs.x: failed")
    assert all(line.startswith("    ") for line in others)
    assert others[-1] == f"    ValueError: {MASK}"


def test_setting_up_again_does_not_double_lines(output: io.StringIO) -> None:
    again = io.StringIO()
    set_up_logging("info", str, again)
    logging.getLogger("agent_runs.x").info("once")
    assert output.getvalue() == ""
    assert again.getvalue().count("once") == 1


def test_the_level_is_obeyed_and_chatty_libraries_are_quiet(output: io.StringIO) -> None:
    logging.getLogger("agent_runs.x").debug("hidden")
    logging.getLogger("httpx").info("hidden")
    logging.getLogger("uvicorn.error").info("hidden")
    logging.getLogger("uvicorn.error").error("shown\n")
    assert "hidden" not in output.getvalue()
    assert output.getvalue().endswith("ERROR uvicorn.error: shown\n")


def acp_record(message: str, error: Exception | None = None) -> logging.LogRecord:
    exc_info = (type(error), error, None) if error else None
    path = "/x/site-packages/acp/connection.py"
    return logging.LogRecord("root", logging.ERROR, path, 1, message, (), exc_info)


def test_noise_that_an_agent_prints_is_shown_only_when_debugging(output: io.StringIO) -> None:
    record = acp_record("Error parsing JSON-RPC message", ValueError("Update available!"))
    logging.getLogger().handle(record)
    assert output.getvalue() == ""
    set_up_logging("debug", str, output)
    logging.getLogger().handle(acp_record("Error parsing JSON-RPC message"))
    assert "DEBUG acp: Error parsing JSON-RPC message" in output.getvalue()


def test_other_troubles_of_the_acp_library_are_one_warning(output: io.StringIO) -> None:
    logging.getLogger().handle(acp_record("Background task failed", OSError("pipe")))
    assert output.getvalue().endswith("WARNING acp: Background task failed: OSError: pipe\n")


def test_what_others_say_on_the_root_logger_is_untouched(output: io.StringIO) -> None:
    record = logging.LogRecord("root", logging.ERROR, "/x/y.py", 1, "plain", (), None)
    logging.getLogger().handle(record)
    assert output.getvalue().endswith("ERROR root: plain\n")
