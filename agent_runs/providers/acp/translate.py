"""Turns what an agent says (ACP updates) into log entries: synchronous, no input or output.

Feed it in the order of arrival and call `finish` once at the end of the turn; replaying a recorded
conversation gives the same entries. Text is collected and stored only when it is complete: what
comes before a tool call is the `thought` of that call, the rest is the final answer.
Source: https://agentclientprotocol.com/protocol/prompt-turn
"""

import json
from collections.abc import Callable
from datetime import datetime

from agent_runs.models import JSON, MessageType, NewLog
from agent_runs.providers.acp.calls import Calls
from agent_runs.providers.acp.content import block_text
from agent_runs.providers.acp.guard import PolicyGuard
from agent_runs.providers.acp.notices import Notices
from agent_runs.providers.acp.passages import Passages, TextKind
from agent_runs.providers.acp.quotas import Quota, quota_in_answer
from agent_runs.providers.acp.refusals import is_answer_about_login
from agent_runs.providers.acp.replay import Replay
from agent_runs.providers.acp.text import ClippedText, clip, whole_characters
from agent_runs.providers.acp.tools import (
    FINAL_STATUSES,
    ToolCall,
    clipped,
)
from agent_runs.providers.base import RunNews
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty
from agent_runs.reading.text import first_line

_TEXT_KINDS: dict[str, TextKind] = {
    "agent_message_chunk": "answer",
    "agent_thought_chunk": "thought",
}
_DROPPED = frozenset({"user_message_chunk", "available_commands_update", "config_option_update"})
_MARKS = {"completed": "x", "in_progress": "~"}
_MOST_UNKNOWN = 50
_ID_LIMIT = 500
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")
_SUMMED = ("inputTokens", "outputTokens", "totalTokens")


class Translator:
    """Translates one turn; secrets are removed first, as half a secret is not recognised.

    Attributes:
        entries: what is to be stored; the caller removes it.
        notices: takes what is told beside the work.
        replay: tells the history of a session that was taken up from what is new.
        changes: fields of the run that changed (`title`, `activity`, `usage`); likewise.
        usage: what the agent reported in this turn. Numbers are the agent's own: some are per
            turn, some per session, some only for the last call.
        violation: the first action against the run's policy, in words.
    """

    def __init__(
        self,
        turn: int = 1,
        root: str = "",
        redact: Callable[[str], str] = str,
        guard: PolicyGuard | None = None,
        *,
        titled_by_tool: bool = False,
    ) -> None:
        self._guard = guard or PolicyGuard("allow")
        self._titled_by_tool = titled_by_tool
        self._turn = turn
        self._root = root
        self._redact = redact
        self._calls = Calls()
        self._passages = Passages(redact)
        self._plan: str | None = None
        self._activity: str | None = None
        self.replay = Replay()
        self.entries: list[NewLog] = []
        self.notices = Notices(turn, redact, self.entries.append)
        self.changes: RunNews = {}
        self.usage: dict[str, JSON] = {}
        self.violation: str | None = None
        self._has_acted = False

    def draft(self) -> tuple[TextKind, str] | None:
        """Return kind and last part of the text that is being written, None if there is none."""
        return self._passages.draft()

    def feed(
        self, update: dict[str, JSON], at: datetime, meta: dict[str, JSON] | None = None
    ) -> None:
        """Take one `session/update` and the `_meta` beside it."""
        if self.replay.covers(update, at):
            # Our log has it already; a late update of such a call is not a new one.
            if call_id := _id_of(update):
                self._calls.end(call_id)
            return
        for figures in map(object_or_empty, (meta or {}).values()):
            self._take_metrics(figures)
        update = self._clean(update)
        kind = text_or_empty(update.get("sessionUpdate"))
        if kind in _TEXT_KINDS:
            self._text(_TEXT_KINDS[kind], update, at)
        elif kind in ("tool_call", "tool_call_update"):
            self._has_acted = True
            self._tool(update, at, begins=kind == "tool_call")
        elif kind == "plan":
            self._take_plan(objects_or_empty(update.get("entries")), at)
        elif kind == "usage_update":
            context = {"context_used": update.get("used"), "context_size": update.get("size")}
            # The cost is that of the whole session, so the last one counts.
            self._report(**context, **({"cost": update["cost"]} if update.get("cost") else {}))
        elif kind == "session_info_update":
            if title := first_line(text_or_empty(update.get("title"))):
                self.changes["title"] = whole_characters(title)
        elif kind == "current_mode_update":
            self._report(mode=update.get("currentModeId"))
        else:
            self._beside(kind, update, at)

    def decide(
        self, request: dict[str, JSON], choice: str | None, policy: str, at: datetime
    ) -> None:
        """Take a permission request and how it was answered; no decision is lost."""
        request = self._clean(request)
        tool_call = object_or_empty(request.get("toolCall"))
        if not tool_call:
            return
        self.replay.end()
        kinds = {
            text_or_empty(option.get("optionId")): option.get("kind")
            for option in objects_or_empty(request.get("options"))
        }
        decision: dict[str, JSON] = {"choice": choice, "kind": kinds.get(choice or "")}
        decision["policy"] = policy
        if answers := request.get("answers"):
            decision["answers"] = answers
        question = text_or_empty(request.get("question") or tool_call.get("title"))
        for call in self._asked_about(tool_call, at):
            call.decide(object_or_empty(clipped(decision)), question)
            self._show(call)
            if request.get("is_whole"):
                # No call follows: the question and its answer are all there is.
                self._close(call, None, call.end_by_decision or "completed")
        self._limit_open()

    def report_result(self, result: dict[str, JSON]) -> None:
        """Take the usage from the result of `session/prompt`."""
        result = self._clean(result)
        quota = object_or_empty(object_or_empty(result.get("_meta")).get("quota"))
        usage = object_or_empty(result.get("usage")) or object_or_empty(quota.get("token_count"))
        if usage:
            self._report(last_turn=usage)

    def take_answer_about_login(self) -> str | None:
        """Return the answer, which is one no more, if it only says that the login is wrong."""
        answer = self._passages.joined("answer")
        if self._has_acted or not is_answer_about_login(answer):
            return None
        self._passages.clear()
        return answer

    def take_answer_about_quota(self, now: datetime) -> Quota | None:
        """Return the quota if the answer, which is one no more, only says that it is used up."""
        quota = quota_in_answer(self._passages.joined("answer"), now)
        if quota is not None:
            self._passages.clear()
        return quota

    def finish(
        self, at: datetime, *, tools: str, answer: bool, error: str | None = None
    ) -> str | None:
        """Close open calls and write how the turn ended.

        Args:
            at: when it ended.
            tools: status for calls that the agent never closed; `unknown` names no end of theirs.
            answer: write a FINAL_ANSWER even if there is no text.
            error: text of the ERROR entry; None writes none.

        Returns:
            The final answer, None if there is no text.
        """
        for call in self._calls.open:
            status = call.end_by_decision or tools
            self._close(call, at if status == tools != "unknown" else None, status)
        self.notices.finish()
        self._write_remarks()
        final, thought = self._passages.joined("answer"), self._passages.joined("thought")
        self._passages.clear()
        if final or answer:
            self._add(MessageType.FINAL_ANSWER, at, observation=final, thought=thought or None)
        if error is not None:
            leftover = thought if thought and not (final or answer) else None
            self._add(MessageType.ERROR, at, observation=clip(error), thought=leftover)
        return final or None

    def _clean(self, message: dict[str, JSON]) -> dict[str, JSON]:
        text = json.dumps(message)
        clean = self._redact(text)
        return message if clean == text else json.loads(clean)

    def _beside(self, kind: str, update: dict[str, JSON], at: datetime) -> None:
        """Take what is not about the work itself."""
        if kind == "notice":
            self.notices.notice(update, at)
        elif kind in ("compaction_update", "compaction_summary_chunk"):
            if activity := self.notices.compaction(update, at):
                self._set_activity(activity)
        elif kind not in _DROPPED:
            self._count_unknown(kind or "(none)")
            if kind:
                self.notices.unknown(kind, update, at)

    def _text(self, kind: TextKind, update: dict[str, JSON], at: datetime) -> None:
        if usage := object_or_empty(object_or_empty(update.get("_meta")).get("usage")):
            self._sum(usage)
        text = block_text(update.get("content"))
        if not text:
            return
        message_id = text_or_empty(update.get("messageId")) or None
        if self._passages.add(kind, message_id, text, at):
            self._set_activity("Writing" if kind == "answer" else "Thinking")

    def _write_remarks(self) -> None:
        for at, text in self._passages.take_remarks():
            self.notices.add(text, at)

    def _open(self, call_id: str, at: datetime) -> ToolCall:
        streamed = ClippedText(redact=self._redact)
        self._write_remarks()
        call = ToolCall(call_id, at, self._passages.joined(None), streamed=streamed)
        call.titled_by_tool = self._titled_by_tool
        self._passages.clear()
        self._calls.begin(call)
        return call

    def _limit_open(self) -> None:
        if (oldest := self._calls.surplus) is not None:
            self._close(oldest, None, oldest.end_by_decision or "unknown")

    def _tool(self, update: dict[str, JSON], at: datetime, *, begins: bool) -> None:
        call_id = _id_of(update)
        call = self._calls[call_id]
        # Some agents number their calls anew in each step, so an id may come back.
        if call is None and self._calls.is_over(call_id) and not begins:
            return
        if call is None:
            asked = self._calls.asked_before(update)
            call = self._open(call_id, at)
            if asked is not None:
                call.take_decision(asked)
        call.only_asked = False
        call.merge(update)
        self._show(call)
        if call.status in FINAL_STATUSES:
            self.violation = self.violation or self._guard.violation(call)
            self._close(call, at, None)
        self._limit_open()

    def _asked_about(self, tool_call: dict[str, JSON], at: datetime) -> list[ToolCall]:
        call_id = _id_of(tool_call)
        call = self._calls[call_id]
        is_new = call is None or call.only_asked
        if is_new and (calls := self._calls.asked_about(tool_call)):
            return calls
        if call is None:
            call = self._open(call_id, at)
            call.only_asked = True
        call.merge_asked(tool_call)
        return [call]

    def _show(self, call: ToolCall) -> None:
        self._set_activity(whole_characters(first_line(call.title or call.name)))

    def _set_activity(self, activity: str) -> None:
        if activity != self._activity:
            self._activity = activity
            self.changes["activity"] = activity

    def _close(self, call: ToolCall, at: datetime | None, status: str | None) -> None:
        self.entries.append(call.entry(self._turn, at, status, self._root))
        self._calls.end(call.id)

    def _take_plan(self, steps: list[dict[str, JSON]], at: datetime) -> None:
        steps = [clipped(step) for step in steps]
        plan = json.dumps(steps, sort_keys=True)
        if plan == self._plan:
            return
        self._plan = plan
        count = sum(step.get("status") == "completed" for step in steps)
        lines = [f"{count}/{len(steps)} done"]
        for step in steps:
            mark = _MARKS.get(text_or_empty(step.get("status")), " ")
            lines.append(f"[{mark}] {text_or_empty(step.get('content'))}")
        self._add(
            MessageType.PLAN_EVALUATION,
            at,
            observation=clip("\n".join(lines)),
            tool_output={"entries": steps},
        )

    def _sum(self, usage: dict[str, JSON]) -> None:
        before = object_or_empty(self.usage.get("summed"))
        summed = {name: before.get(name, 0) + _number(usage.get(name)) for name in _SUMMED}
        self._report(summed=summed, llm_calls=self.usage.get("llm_calls", 0) + 1)

    def _take_metrics(self, figures: dict[str, JSON]) -> None:
        """Take tokens and cost of the whole session, as OpenHands sends them with its updates."""
        tokens = {name: figures[name] for name in _TOKENS if isinstance(figures.get(name), int)}
        if tokens:
            self._report(last_turn=tokens)
        if tokens and _number(figures.get("cost")):
            self._report(cost={"amount": figures["cost"], "currency": "USD"})

    def _count_unknown(self, kind: str) -> None:
        counts: dict[str, int] = dict(object_or_empty(self.usage.get("unknown_updates")))
        if kind in counts or len(counts) < _MOST_UNKNOWN:
            counts[kind] = counts.get(kind, 0) + 1
        self._report(unknown_updates=counts)

    def _report(self, **figures: JSON) -> None:
        self.usage.update({name: clipped(value) for name, value in figures.items()})
        self.changes["usage"] = dict(self.usage)

    def _add(
        self,
        message_type: str,
        at: datetime,
        *,
        observation: str,
        thought: str | None = None,
        tool_output: dict[str, JSON] | None = None,
    ) -> None:
        self.entries.append(
            NewLog(
                created_at=at,
                message_type=message_type,
                turn=self._turn,
                thought=thought,
                tool_output=tool_output,
                observation=whole_characters(observation),
            )
        )


def _id_of(tool_call: dict[str, JSON]) -> str:
    return text_or_empty(tool_call.get("toolCallId"))[:_ID_LIMIT]


def _number(value: JSON) -> int | float:
    return value if isinstance(value, int | float) else 0
