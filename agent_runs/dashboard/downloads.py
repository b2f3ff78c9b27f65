"""Downloads of runs: the formats, and the addresses of the files."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from agent_runs.client.base import Call
from agent_runs.client.calls.files import export_agent_runs
from agent_runs.client.calls.runs import RunQuery

FORMATS: Mapping[str, str] = {
    "jsonl": "JSON Lines, complete",
    "json": "JSON",
    "csv": "CSV, one row per step",
    "csv-runs": "CSV, one row per run",
    "markdown": "Markdown",
    "html": "web page (HTML)",
    "digest": "summary for a pull request",
    "junit": "JUnit XML, one case per turn",
    "otlp": "OpenTelemetry spans, without texts",
}
"""Name in the API → words for people."""
OF_ONE_RUN = tuple(name for name in FORMATS if name != "csv-runs")
OF_MANY_RUNS = tuple(name for name in FORMATS if name != "digest")


def label_of(form: str) -> str:
    """Return the format in words, with a capital letter."""
    words = FORMATS[form]
    return words[0].upper() + words[1:]


def url_of_listed(form: str, query: RunQuery) -> str:
    """Return the address of a file with all runs of a list, on all its pages."""
    return _url(export_agent_runs(form, {**query}))


def url_of_chosen(form: str, run_ids: Sequence[int]) -> str:
    """Return the address of a file with these runs."""
    return _url(export_agent_runs(form, {"run_ids": run_ids}))


def _url(call: Call[None]) -> str:
    return f"/api{call.path}?{urlencode(call.query)}"
