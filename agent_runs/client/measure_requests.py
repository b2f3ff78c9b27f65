"""Requests for what only a server of this program measures, as `Call`s."""

from agent_runs import errors
from agent_runs.client import answers
from agent_runs.client.base import Call
from agent_runs.client.requests import run_id_of
from agent_runs.insight import Insight


def get_agent_run_insight(run_id: int | str) -> Call[Insight]:
    """GET /agent_runs/{id}/insight."""
    path = f"/agent_runs/{run_id_of(run_id)}/insight"
    return Call("GET", path, answers.record(Insight), missing=errors.RunNotFound)
