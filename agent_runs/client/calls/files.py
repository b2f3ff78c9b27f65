"""Requests for runs as files, as `Call`s."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from agent_runs import errors
from agent_runs.client.base import Call
from agent_runs.client.calls import answers
from agent_runs.client.calls.measures import AnalyticsQuery
from agent_runs.client.calls.runs import RunQuery, refuse_unknown, run_id_of, several
from agent_runs.models import JSON, Record

ExportFormat = Literal[
    "jsonl", "json", "csv", "csv-runs", "markdown", "html", "otlp", "otlp-content", "digest",
    "junit",
]  # fmt: skip


class ExportQuery(RunQuery, total=False):
    """Which runs to write, chosen by ids, a search or filters.

    Attributes:
        search: only runs with hits of this search; filters do not apply.
        with_archived: archived runs, too.
    """

    run_ids: Sequence[int | str]
    search: str | None
    with_archived: bool


class ImportedRun(Record):
    """The outcome for one run of an imported file."""

    id: int = Field(description="id of the run on the server")
    origin: str = Field(description="its name, the same on every server")
    outcome: str = Field(description="imported, updated, or known (it was left as it was)")


class ImportResult(Record):
    """The outcome of an import."""

    imported: int = Field(description="runs that are new on the server")
    updated: int = Field(description="runs that came with an older file and are now complete")
    known: int = Field(description="runs that were there already, in this or a newer state")
    logs: int = Field(description="entries that were stored")
    runs: tuple[ImportedRun, ...] = Field(description="the first 1,000 of these runs")


def export_agent_run(run_id: int | str, form: str) -> Call[None]:
    """GET /agent_runs/{id}/export."""
    path, params = f"/agent_runs/{run_id_of(run_id)}/export", {"format": form}
    return Call("GET", path, lambda _: None, params, accept="*/*", missing=errors.RunNotFound)


def export_agent_runs(form: str, query: ExportQuery) -> Call[None]:
    """GET /exports."""
    refuse_unknown(query, ExportQuery)
    params: dict[str, JSON] = {"format": form, **query}
    for name in ("with_archived", "search"):
        params[name] = params.get(name) or None
    params["status"] = several(query.get("status"))
    params["id"] = tuple(run_id_of(run_id) for run_id in params.pop("run_ids", None) or ())
    return Call("GET", "/exports", lambda _: None, params, accept="*/*", missing=errors.RunNotFound)


def import_runs() -> Call[ImportResult]:
    """POST /imports; the file is the body."""
    return Call("POST", "/imports", answers.record(ImportResult))


def get_report(form: str, query: AnalyticsQuery) -> Call[str]:
    """GET /reports; the answer is text."""
    params: dict[str, JSON] = {"format": form, **query}
    return Call("GET", "/reports", str, params, accept="*/*")
