"""One tool call of an agent, from its first appearance to a log entry.

Calls are updated by id, because agents differ: some announce a call only by a permission request,
some send its title, input and output in three updates, some never say how it ended.
"""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from agent_runs.models import JSON, MessageType, NewLog
from agent_runs.providers.acp.diffs import unified
from agent_runs.providers.acp.text import ClippedText, clip
from agent_runs.reading.shapes import object_or_empty, objects_or_empty, text_or_empty

FINAL_STATUSES = frozenset({"completed", "failed", "cancelled", "canceled", "rejected", "error"})

_FIELDS = ("name", "title", "kind", "status", "content", "locations", "rawInput", "rawOutput")
_ID_PREFIX = re.compile(r"([a-z][a-z_]+)__")
_WORD = re.compile(r"[A-Za-z_][\w./-]{1,60}")
_NAME_LIMIT = 200
_MOST_EARLIER = 20
_MOST_DEPTH = 20


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
    exit_code: JSON = None
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
        if self.permission.get("choice") is None:
            return "cancelled"
        if text_or_empty(self.permission.get("kind")).startswith("reject"):
            return "rejected"
        return None

    @property
    def title(self) -> str:
        """What the agent calls it now, in one line."""
        return " ".join(text_or_empty(self.fields.get("title")).split())

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
        for name in (
            self.fields.get("name"),
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

    def entry(self, turn: int, at: datetime, status: str | None, root: str) -> NewLog:
        """Return the log entry of the call, closed at `at`.

        Args:
            turn: number of the turn.
            at: when it ended.
            status: how it ended, if the agent did not say.
            root: the workspace; paths below it are shown relative to it.
        """
        raw = self.fields.get("rawOutput")
        output: dict[str, JSON] = {"status": status or self.fields.get("status")}
        exit_code = self.exit_code
        if exit_code is None:
            result = object_or_empty(raw)
            exit_code = result.get("exit_code", result.get("exitCode"))
        if exit_code is not None:
            output["exit_code"] = exit_code
        if self.diffs:
            output["diffs"] = [_diff(block, root) for block in self.diffs]
        if self.permission:
            output["permission"] = self.permission
        texts = texts_in(objects_or_empty(self.fields.get("content")))
        observation = str(self.streamed) or "\n".join(texts) or _output_text(raw)
        return NewLog(
            created_at=self.begun_at,
            message_type=MessageType.ACTION,
            turn=turn,
            thought=self.thought or None,
            tool_name=self.name,
            tool_input=self._input(),
            tool_output=output,
            observation=whole_characters(clip(observation)) or None,
            duration_ms=max(round((at - self.begun_at) / timedelta(milliseconds=1)), 0),
        )

    def _merge_meta(self, meta: dict[str, JSON]) -> None:
        delta = object_or_empty(meta.get("terminal_output_delta") or meta.get("terminal_output"))
        self.streamed.append(text_or_empty(delta.get("data")))
        ended = object_or_empty(meta.get("terminal_exit"))
        if "exit_code" in ended:
            self.exit_code = ended["exit_code"]
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


def diffs_in(blocks: list[dict[str, JSON]]) -> list[dict[str, JSON]]:
    """Return the diffs among the contents of a call."""
    return [block for block in blocks if block.get("type") == "diff"]


def texts_in(blocks: list[dict[str, JSON]]) -> list[str]:
    """Return the texts among the contents of a call."""
    texts = (block_text(block.get("content")) for block in blocks)
    return [text for text in texts if text]


def block_text(block: JSON) -> str:
    """Return the text of an ACP content block; other content is named in brackets."""
    if isinstance(block, str):
        return block
    it = object_or_empty(block)
    if text := text_or_empty(it.get("text") or object_or_empty(it.get("resource")).get("text")):
        return text
    kind = it.get("type")
    if kind in (None, "text"):
        return ""
    return f"[{kind} {it.get('uri') or it.get('mimeType') or ''}]".replace(" ]", "]")


def clipped(value: JSON, depth: int = 0) -> JSON:
    """Return a JSON value with every long text in it clipped."""
    if isinstance(value, str):
        return whole_characters(clip(value))
    if depth > _MOST_DEPTH:
        return "…"
    if isinstance(value, dict):
        members = cast("dict[str, JSON]", value)
        return {name: clipped(inner, depth + 1) for name, inner in members.items()}
    if isinstance(value, list):
        return [clipped(inner, depth + 1) for inner in cast("list[JSON]", value)]
    return value


def _one_line(name: JSON) -> str:
    return whole_characters(" ".join(text_or_empty(name)[:_NAME_LIMIT].split()))


def whole_characters(text: str) -> str:
    """Join surrogate pairs that arrived in halves, and replace halves without a partner."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _diff(block: dict[str, JSON], root: str) -> dict[str, JSON]:
    new_file = block.get("oldText") is None
    old = None if new_file else text_or_empty(block.get("oldText"))
    new = text_or_empty(block.get("newText"))
    path = text_or_empty(block.get("path"))
    shown = path.removeprefix(f"{root}/") if root else path
    text = whole_characters(unified(old, new, shown))
    return {"path": shown, "new_file": new_file, "unified": text}


def _output_text(raw: JSON) -> str:
    result = object_or_empty(raw)
    if text := text_or_empty(raw) or text_or_empty(result.get("output")):
        return text
    streams = (text_or_empty(result.get(name)) for name in ("stdout", "stderr"))
    if text := "\n".join(filter(None, streams)):
        return text
    return json.dumps(raw, ensure_ascii=False) if raw not in (None, {}, [], "") else ""
