"""Requests for measurements, which only a server of this program has, and their tables."""

from collections.abc import Sequence
from datetime import date
from typing import TypedDict
from urllib.parse import quote

from agent_runs import errors
from agent_runs.client.base import Call
from agent_runs.client.calls import answers
from agent_runs.client.calls.runs import run_id_of
from agent_runs.insight import Insight
from agent_runs.insight.compared import Comparison
from agent_runs.models import JSON
from agent_runs.schemas.analytics import AnalyticsTable


class AnalyticsQuery(TypedDict, total=False):
    """What a table is about; everything is optional.

    Attributes:
        days: length of the period, 14 by default.
        first_day: in place of `days`.
        last_day: inclusive; today by default. Days are UTC days.
        mode: name of a prompt template.
    """

    days: int | None
    first_day: date | None
    last_day: date | None
    agent: str | None
    repo_id: int | None
    mode: str | None


def get_analytics(table: str, query: AnalyticsQuery) -> Call[AnalyticsTable]:
    """GET /analytics/{table}."""
    params: dict[str, JSON] = {**query}
    return Call(
        "GET", f"/analytics/{quote(table, safe='')}", answers.record(AnalyticsTable), params
    )


def get_analytics_csv(table: str, query: AnalyticsQuery) -> Call[str]:
    """GET /analytics/{table} as CSV."""
    params: dict[str, JSON] = {**query, "format": "csv"}
    return Call("GET", f"/analytics/{quote(table, safe='')}", str, params, accept="*/*")


def compare_agent_runs(run_ids: Sequence[int | str]) -> Call[Comparison]:
    """GET /compare."""
    ids = ",".join(str(run_id_of(run_id)) for run_id in run_ids)
    return Call(
        "GET",
        "/compare",
        answers.record(Comparison),
        {"ids": ids},
        missing=errors.RunNotFound,
    )


def get_agent_run_insight(run_id: int | str) -> Call[Insight]:
    """GET /agent_runs/{id}/insight."""
    path = f"/agent_runs/{run_id_of(run_id)}/insight"
    return Call("GET", path, answers.record(Insight), missing=errors.RunNotFound)
