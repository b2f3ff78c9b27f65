"""OpenTelemetry spans in OTLP's JSON: each line is a request for `/v1/traces` of a collector.

A run is a trace: the run itself (`invoke_workflow`), its turns (`invoke_agent`), their tool calls
(`execute_tool`). Ids come from the run's origin, so spans that are sent again have the same ids.
Texts of people, agents and tools are left out by default, as the conventions say.

Source: OTLP 1.10, https://opentelemetry.io/docs/specs/otlp/ and semantic conventions for generative
AI, https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-agent-spans/.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import orjson
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from agent_runs import __version__
from agent_runs.exports.reader import ExportedRun
from agent_runs.models import FAILED_STATUSES, JSON, MessageType, Turn
from agent_runs.reading.failure import has_failed
from agent_runs.reading.text import clean
from agent_runs.reading.usage import spent_of

_SPANS = 200
_LONGEST = 16_000
_IDS = ("traceId", "spanId", "parentSpanId")
_PROVIDERS = {"claude": "anthropic", "codex": "openai", "gemini": "gcp.gemini"}
"""Agent → provider of its models, in the words of the conventions."""


async def write(runs: AsyncIterator[ExportedRun], *, with_content: bool) -> AsyncIterator[bytes]:
    """Yield lines, each an `ExportTraceServiceRequest` of at most 200 spans.

    Args:
        with_content: include prompts, answers, and arguments and results of tools, cut.
    """
    async for run in runs:
        trace = _Trace(run, with_content=with_content)
        async for entries in run.entries():
            spans = [span for entry in entries if (span := trace.take(entry)) is not None]
            for at in range(0, len(spans), _SPANS):
                yield _line(spans[at : at + _SPANS])
        ends = list(trace.finish())
        for at in range(0, len(ends), _SPANS):
            yield _line(ends[at : at + _SPANS])


@dataclass
class _TurnSpan:
    """What the entries of a turn add to its span."""

    last: datetime | None = None
    events: list[Span.Event] = field(default_factory=list[Span.Event])


class _Trace:
    """Makes the spans of one run."""

    def __init__(self, run: ExportedRun, *, with_content: bool) -> None:
        self._exported = run
        self._run = run.run
        self._with_content = with_content
        self._turns: dict[int, _TurnSpan] = {}
        self._trace_id = _digest(run.origin, 16)
        agent = self._run.agent or "agent"
        self._about: dict[str, JSON] = {
            "gen_ai.provider.name": _PROVIDERS.get(agent, agent),
            "gen_ai.agent.name": agent,
            "gen_ai.conversation.id": run.origin,
        }
        if self._run.model:
            self._about["gen_ai.request.model"] = self._run.model

    def take(self, entry: dict[str, JSON]) -> Span | None:
        """Return the span of a tool call; other entries only extend their turn's span."""
        at = datetime.fromisoformat(entry["created_at"])
        end = _later(at, entry.get("duration_ms") or 0)
        turn = self._turns.setdefault(entry["turn"], _TurnSpan())
        turn.last = max(turn.last or end, end)
        if not entry.get("tool_name"):
            if entry["message_type"] == MessageType.ERROR and len(turn.events) < _SPANS:
                turn.events.append(self._exception(entry, at))
            return None
        attributes = self._about | {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": entry["tool_name"],
            "gen_ai.tool.call.id": str(entry["seq"]),
            "agent_runs.step.seq": entry["seq"],
        }
        if self._with_content:
            attributes["gen_ai.tool.call.arguments"] = _content(entry.get("tool_input"))
            result = entry.get("observation") or entry.get("tool_output")
            attributes["gen_ai.tool.call.result"] = _content(result)
        failed = has_failed(entry)
        if failed:
            attributes["error.type"] = "tool_error"
        return self._span(
            f"execute_tool {clean(entry['tool_name'])}",
            f"step {entry['seq']}",
            f"turn {entry['turn']}",
            (at, end),
            attributes,
            failed="the tool call failed" if failed else None,
        )

    def finish(self) -> Iterator[Span]:
        """Yield the spans of the turns, then that of the run."""
        for turn in self._exported.turns:
            yield self._turn(turn)
        run, usage = self._run, spent_of(self._run.usage)
        attributes: dict[str, JSON] = self._about | {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.workflow.name": "agent run",
            "gen_ai.usage.input_tokens": usage.input_tokens,
            "gen_ai.usage.output_tokens": usage.output_tokens,
            "agent_runs.run.id": run.id,
            "agent_runs.run.status": run.status,
            "agent_runs.run.source": run.source_type,
            "agent_runs.run.steps": run.log_count,
            "agent_runs.cost.amount": usage.cost,
            "agent_runs.cost.currency": usage.currency,
            "vcs.ref.head.name": run.branch,
            "vcs.repository.name": self._exported.repo and self._exported.repo.full_name,
        }
        if self._with_content:
            attributes["agent_runs.run.title"] = run.name
        failed = run.status in FAILED_STATUSES
        if failed:
            attributes["error.type"] = run.status_reason or run.status
        begin = run.started_at or run.created_at
        times = (begin, max(begin, run.finished_at or self._last(), self._last()))
        yield self._span(
            "invoke_workflow agent run", "run", "", times, attributes,
            failed=(run.status_reason or run.status) if failed else None,
        )  # fmt: skip

    def _turn(self, turn: Turn) -> Span:
        entries = self._turns.get(turn.turn, _TurnSpan())
        attributes: dict[str, JSON] = self._about | {
            "gen_ai.operation.name": "invoke_agent",
            "agent_runs.turn": turn.turn,
        }
        if turn.model:
            attributes["gen_ai.request.model"] = turn.model
        if turn.stop_reason:
            attributes["gen_ai.response.finish_reasons"] = [turn.stop_reason]
        if self._with_content:
            attributes["gen_ai.input.messages"] = _message("user", turn.prompt)
            if turn.result:
                attributes["gen_ai.output.messages"] = _message("assistant", turn.result)
        failed = turn.status in FAILED_STATUSES
        if failed:
            attributes["error.type"] = turn.status
        begin = turn.started_at or turn.created_at
        end = max(begin, turn.finished_at or begin, entries.last or begin)
        name = f"invoke_agent {clean(self._run.agent or 'agent')}"
        span = self._span(
            name, f"turn {turn.turn}", "run", (begin, end), attributes,
            failed=turn.status if failed else None,
        )  # fmt: skip
        span.events.extend(entries.events)
        return span

    def _span(
        self,
        name: str,
        key: str,
        parent: str,
        times: tuple[datetime, datetime],
        attributes: dict[str, JSON],
        *,
        failed: str | None,
    ) -> Span:
        code = Status.STATUS_CODE_ERROR if failed else Status.STATUS_CODE_UNSET
        return Span(
            trace_id=self._trace_id,
            span_id=self._span_id(key),
            parent_span_id=self._span_id(parent) if parent else b"",
            name=name[:200],
            kind=Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=_nanoseconds(times[0]),
            end_time_unix_nano=_nanoseconds(times[1]),
            attributes=list(_attributes(attributes)),
            status=Status(code=code, message=failed or ""),
        )

    def _exception(self, entry: dict[str, JSON], at: datetime) -> Span.Event:
        values: dict[str, JSON] = {"exception.type": "agent_error"}
        if self._with_content:
            values["exception.message"] = _content(entry.get("observation"))
        return Span.Event(
            time_unix_nano=_nanoseconds(at), name="exception", attributes=list(_attributes(values))
        )

    def _span_id(self, key: str) -> bytes:
        return _digest(f"{self._exported.origin} {key}", 8)

    def _last(self) -> datetime:
        ends = [turn.last for turn in self._turns.values() if turn.last is not None]
        return max([self._run.created_at, *ends])


def _digest(text: str, length: int) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:length]


def _later(at: datetime, milliseconds: int) -> datetime:
    try:
        return at + timedelta(milliseconds=max(milliseconds, 0))
    except OverflowError:
        return at


def _nanoseconds(at: datetime) -> int:
    # The last moment that fits is in the year 2262.
    return min(max(round(at.timestamp() * 1000), 0) * 1_000_000, 2**63 - 1)


def _content(value: JSON) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return clean(text[:_LONGEST])


def _message(role: str, text: str) -> str:
    parts = [{"type": "text", "content": clean(text[:_LONGEST])}]
    return orjson.dumps([{"role": role, "parts": parts}]).decode()


def _attributes(values: dict[str, JSON]) -> Iterator[KeyValue]:
    for name, value in values.items():
        if value is not None:
            yield KeyValue(key=name, value=_value(value))


def _value(value: JSON) -> AnyValue:
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    if isinstance(value, list):
        return AnyValue(
            array_value=ArrayValue(values=[_value(item) for item in cast("list[JSON]", value)])
        )
    return AnyValue(string_value=str(value))


def _line(spans: list[Span]) -> bytes:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    names = {"service.name": "agent_runs", "service.version": __version__}
    resource.resource.attributes.extend(_attributes(names))
    scope = resource.scope_spans.add()
    scope.scope.name, scope.scope.version = "agent_runs", __version__
    scope.spans.extend(spans)
    body: dict[str, Any] = MessageToDict(request, use_integers_for_enums=True)
    for span in body["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        # OTLP's JSON writes ids as hexadecimal digits, not as base64 like other messages.
        for name in _IDS:
            if name in span:
                span[name] = base64.b64decode(span[name]).hex()
    return orjson.dumps(body) + b"\n"
