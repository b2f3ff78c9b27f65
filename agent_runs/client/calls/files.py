"""Requests for runs as files, as `Call`s."""

from collections.abc import Sequence

from agent_runs import errors
from agent_runs.client.base import Call
from agent_runs.client.calls import answers
from agent_runs.client.calls.measures import AnalyticsQuery
from agent_runs.client.calls.runs import RunQuery, refuse_unknown, run_id_of, several
from agent_runs.models import JSON
from agent_runs.schemas.answers import ImportResult


class ExportQuery(RunQuery, total=False):
    """Which runs to write, chosen by ids, a search or filters.

    Attributes:
        search: only runs with hits of this search; filters do not apply.
        with_archived: archived runs, too.
    """

    run_ids: Sequence[int | str]
    search: str | None
    with_archived: bool


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
