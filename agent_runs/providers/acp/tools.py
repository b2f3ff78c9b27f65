"""One tool call of an agent, from its first appearance to a log entry.

Calls are updated by id, because agents differ: some announce a call only by a permission request,
some send its title, input and output in three updates, some never say how it ended.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import cast

from agent_runs.models import JSON, MessageType, NewLog
from agent_runs.providers.acp.content import diffs_in, exit_code_in, output_text, texts_in
from agent_runs.providers.acp.diffs import unified
from agent_runs.providers.acp.text import ClippedText, clip, whole_characters
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty

FINAL_STATUSES = frozenset({"completed", "failed", "cancelled", "canceled", "rejected", "error"})

_FIELDS = ("name", "title", "kind", "status", "content", "locations", "rawInput", "rawOutput")
_ID_PREFIX = re.compile(r"([a-z][a-z_]+)__")
_WORD = re.compile(r"[A-Za-z_][\w./-]{1,60}")
_NAME_LIMIT = 200
_MOST_EARLIER = 20
_MOST_DEPTH = 20
_MOST_MEMBERS = 1000


@dataclass
class ToolCall:
    """One call, as far as the agent has described it.

    Attributes:
        begun_at: when it first appeared.
        thought: what the agent said or thought before it.
        only_asked: so far there was only a permission request.
        asked: text of that request.
        permission: how the last question about it was answered.
        titled_by_tool: its first title is the name of the tool; see `AgentProfile`.
        diffs: the last ones that it had; some agents replace them with a text at the end.
    """

    id: str
    begun_at: datetime
    thought: str
    only_asked: bool = False
    asked: str = ""
    titled_by_tool: bool = False
    first_title: str = ""
    permission: dict[str, JSON] | None = None
    exit_code: int | None = None
    fields: dict[str, JSON] = field(default_factory=dict[str, JSON])
    meta: dict[str, JSON] = field(default_factory=dict[str, JSON])
    diffs: list[dict[str, JSON]] = field(default_factory=list[dict[str, JSON]])
    streamed: ClippedText = field(default_factory=ClippedText)

    def merge(self, update: dict[str, JSON]) -> None:
        """Take in what an update says; an empty value never erases a full one."""
        for name in _FIELDS:
            value = update.get(name)
            if value is None or (value in ([], {}, "") and self.fields.get(name)):
                continue
            self.fields[name] = value
        self.diffs = diffs_in(objects_or_empty(update.get("content"))) or self.diffs
        if not self.first_title:
            self.first_title = text_or_empty(update.get("title"))
        self._merge_meta(object_or_empty(update.get("_meta")))

    def merge_asked(self, tool_call: dict[str, JSON]) -> None:
        """Take in what a permission request says about the call.

        Its status is that of the question, its input may have other keys than the call's own, and
        its text is no output.
        """
        hidden = {"status", "content"} | (
            {"rawInput"} if self.fields.get("rawInput") else set[str]()
        )
        self.merge({name: value for name, value in tool_call.items() if name not in hidden})
        blocks = objects_or_empty(tool_call.get("content"))
        self.diffs = diffs_in(blocks) or self.diffs
        self.asked = clip("\n".join(texts_in(blocks))) or self.asked

    def decide(self, decision: dict[str, JSON], question: str) -> None:
        """Note how a question about the call was answered; earlier answers are kept.

        Args:
            decision: the choice, its kind and the policy.
            question: title of the question, kept if it is not that of the call.
        """
        before = self.permission or {}
        earlier = cast("list[JSON]", before.get("earlier", []))
        if before:
            earlier = [*earlier, before.get("kind") or "cancelled"][-_MOST_EARLIER:]
        self.permission = {**decision, **({"earlier": earlier} if earlier else {})}
        if question and question != self.fields.get("title"):
            self.permission["question"] = clip(question, _NAME_LIMIT)

    def take_decision(self, asked: "ToolCall") -> None:
        """Take over what was decided under another id, before the call began."""
        self.begun_at, self.thought = asked.begun_at, asked.thought
        self.permission, self.diffs, self.asked = asked.permission, asked.diffs, asked.asked

    @property
    def end_by_decision(self) -> str | None:
        """How the call ended if the agent never says so, as far as the last decision tells."""
        if self.permission is None:
            return None
        if self.permission.get("choice") is None or self.permission.get("kind") == "cancel":
            return "cancelled"
        if text_or_empty(self.permission.get("kind")).startswith("reject"):
            return "rejected"
        return None

    @property
    def title(self) -> str:
        """What the agent calls it now, in one line."""
        return " ".join(clip(text_or_empty(self.fields.get("title"))).split())

    @property
    def status(self) -> str:
        """How far it is, in the agent's word."""
        return text_or_empty(self.fields.get("status"))

    @property
    def command(self) -> str:
        """The shell command that it runs; empty if it names none."""
        given = object_or_empty(self.fields.get("rawInput"))
        words = given.get("command", given.get("cmd"))
        if isinstance(words, list):
            # A shell with its flags comes first.
            return " ".join(map(text_or_empty, cast("list[JSON]", words)[-1:]))
        return text_or_empty(words)

    @property
    def name(self) -> str:
        """Name of the tool: the agent's own, in a field, in `_meta` or in its id; else its kind.

        A title is for people: "ls" is what a command is called, not the tool that runs it.
        """
        if name := _one_line(self.fields.get("name")):
            return name
        for name in (
            object_or_empty(self.meta.get("claudeCode")).get("toolName"),
            self.meta.get("toolName"),
            self.meta.get("tool_name"),
        ):
            if shown := _one_line(name):
                return shown.split(".")[-1] or shown
        if match := _ID_PREFIX.match(self.id):
            return match[1]
        if self.titled_by_tool and _WORD.fullmatch(self.first_title):
            return self.first_title.split("/")[-1]
        return _one_line(self.fields.get("kind")) or "tool"

    def entry(self, turn: int, at: datetime | None, status: str | None, root: str) -> NewLog:
        """Return the log entry of the call.

        Args:
            turn: number of the turn.
            at: when it ended; None if nobody knows.
            status: how it ended, if the agent did not say.
            root: the workspace; paths below it are shown relative to it.
        """
        raw = self.fields.get("rawOutput")
        output: dict[str, JSON] = {"status": status or self.fields.get("status")}
        exit_code = self.exit_code if self.exit_code is not None else exit_code_in(raw)
        if exit_code is not None:
            output["exit_code"] = exit_code
        if self.diffs:
            output["diffs"] = [_diff(block, root) for block in self.diffs[:_MOST_MEMBERS]]
        if self.permission:
            output["permission"] = self.permission
        texts = texts_in(objects_or_empty(self.fields.get("content")))
        told = "\n".join(texts) or output_text(raw, dump=not self.diffs)
        # What was streamed is clipped already, and says how much is missing.
        observation = str(self.streamed) or clip(told)
        return NewLog(
            created_at=self.begun_at,
            message_type=MessageType.ACTION,
            turn=turn,
            thought=self.thought or None,
            tool_name=self.name,
            tool_input=self._input(),
            tool_output=output,
            observation=whole_characters(observation) or None,
            duration_ms=None if at is None else _milliseconds(self.begun_at, at),
        )

    def _merge_meta(self, meta: dict[str, JSON]) -> None:
        delta = object_or_empty(meta.get("terminal_output_delta"))
        self.streamed.append(text_or_empty(delta.get("data")))
        self.streamed.restate(
            text_or_empty(object_or_empty(meta.get("terminal_output")).get("data"))
        )
        ended = exit_code_in(meta.get("terminal_exit"))
        self.exit_code = self.exit_code if ended is None else ended
        self.meta.update(meta)

    def _input(self) -> dict[str, JSON]:
        raw = clipped(self.fields.get("rawInput"))
        if arguments := object_or_empty(raw):
            return arguments
        arguments: dict[str, JSON] = {"title": self.title}
        if self.asked:
            arguments["question"] = whole_characters(self.asked)
        if raw not in (None, "", [], {}):
            arguments["input"] = raw
        if self.fields.get("locations"):
            arguments["locations"] = clipped(self.fields["locations"])
        return arguments


def clipped(value: JSON, depth: int = 0) -> JSON:
    """Return a JSON value with every long text, list and object in it clipped."""
    if isinstance(value, str):
        return whole_characters(clip(value))
    if depth > _MOST_DEPTH:
        return "…"
    if isinstance(value, dict):
        members = cast("dict[str, JSON]", value)
        return {
            clip(name, _NAME_LIMIT): clipped(inner, depth + 1)
            for name, inner in islice(members.items(), _MOST_MEMBERS)
        }
    if isinstance(value, list):
        items = cast("list[JSON]", value)
        kept = [clipped(inner, depth + 1) for inner in items[:_MOST_MEMBERS]]
        left_out = len(items) - len(kept)
        return [*kept, f"… {left_out} more left out …"] if left_out else kept
    return value


def _milliseconds(begun_at: datetime, ended_at: datetime) -> int:
    return max(round((ended_at - begun_at) / timedelta(milliseconds=1)), 0)


def _one_line(name: JSON) -> str:
    return whole_characters(" ".join(text_or_empty(name)[:_NAME_LIMIT].split()))


def _diff(block: dict[str, JSON], root: str) -> dict[str, JSON]:
    before, kind = (
        text_or_empty(block.get("oldText")),
        object_or_empty(block.get("_meta")).get("kind"),
    )
    # Many agents send an empty text for a file that does not exist yet.
    new_file = not before and kind in (None, "add")
    new = text_or_empty(block.get("newText"))
    path = text_or_empty(block.get("path"))
    shown = path.removeprefix(f"{root}/") if root else path
    text = whole_characters(unified(None if new_file else before, new, shown))
    return {"path": shown, "new_file": new_file, "unified": text}
