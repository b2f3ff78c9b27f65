"""Metrics for a monitoring system: runs by status, and the state of hosted organizations.

Source: the Prometheus text format, written by its official client.
"""

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from agent_runs.api.errors import documented
from agent_runs.api.hosted import in_short
from agent_runs.api.server import Running
from agent_runs.models import JSON
from agent_runs.store.runs import runs
from agent_runs.sync import FollowingState
from agent_runs.tasks import deaths

router = APIRouter(tags=["server"])

_TEXT: dict[int | str, dict[str, JSON]] = {
    200: {"description": "Metrics as text.", "content": {"text/plain": {}}}
}


@router.get("/metrics", response_class=Response, responses=documented() | _TEXT)
async def get_metrics(server: Running) -> Response:
    """Return numbers for Prometheus: runs, event streams, hosted organizations, dead tasks."""
    counts = await runs.counts(server.database)
    registry = CollectorRegistry()
    registry.register(
        _Metrics(
            [
                _gauge(
                    "agent_runs_runs", "Runs that are not archived.", "status", counts.by_status
                ),
                GaugeMetricFamily(
                    "agent_runs_archived_runs", "Archived runs.", value=counts.archived
                ),
                GaugeMetricFamily(
                    "agent_runs_event_streams", "Open event streams.", value=server.streams.count
                ),
                _deaths(),
                *_hosted(await server.accounts.states()),
            ]
        )
    )
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Metrics(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _gauge(name: str, text: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _deaths() -> CounterMetricFamily:
    family = CounterMetricFamily(
        "agent_runs_task_deaths",
        "Background tasks that died; most are restarted.",
        labels=["task"],
    )
    for name, number in deaths().items():
        family.add_metric([name], number)
    return family


def _hosted(states: list[FollowingState]) -> Iterator[Metric]:
    of = ["organization_id"]
    up = GaugeMetricFamily("agent_runs_hosted_up", "1 if its state is ok.", labels=of)
    age = GaugeMetricFamily(
        "agent_runs_hosted_age_seconds", "Time since upstream's last good response.", labels=of
    )
    mirrored = GaugeMetricFamily("agent_runs_hosted_runs", "Mirrored runs.", labels=of)
    whole = GaugeMetricFamily(
        "agent_runs_hosted_whole_runs", "Mirrored runs with all their entries.", labels=of
    )
    waiting = GaugeMetricFamily(
        "agent_runs_hosted_waiting_runs", "New runs that upstream has not accepted.", labels=of
    )
    remaining = GaugeMetricFamily(
        "agent_runs_hosted_remaining_requests",
        "Requests that can be sent now.",
        labels=[*of, "kind"],
    )
    sent = CounterMetricFamily(
        "agent_runs_hosted_requests", "Requests sent so far.", labels=[*of, "kind"]
    )
    refusals = CounterMetricFamily(
        "agent_runs_hosted_refusals", "Requests that upstream refused as too many.", labels=of
    )
    for state in states:
        label = [str(state.organization.id)]
        up.add_metric(label, in_short(state).state == "ok")
        if state.age_seconds is not None:
            age.add_metric(label, state.age_seconds)
        mirrored.add_metric(label, state.history.runs)
        whole.add_metric(label, state.history.whole)
        waiting.add_metric(label, state.waiting)
        refusals.add_metric(label, state.refusals)
        for kind, number in state.remaining.items():
            remaining.add_metric([*label, kind], number)
        for kind, number in state.sent.items():
            sent.add_metric([*label, kind], number)
    yield from (up, age, mirrored, whole, waiting, remaining, sent, refusals)
