"""Tool calls, as different agents describe them, become entries that say the same."""

from typing import Any

import pytest
from acp_updates import at, entries_of, tool, tool_update

from agent_runs.models import JSON
from agent_runs.providers.acp.text import clip
from agent_runs.providers.acp.translate import Translator


def text(words: str) -> JSON:
    return {"type": "content", "content": {"type": "text", "text": words}}


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"name": "Bash", "title": "ls", "kind": "execute"}, "Bash"),
        ({"title": "ls", "kind": "execute"}, "execute"),
        ({"title": "make"}, "tool"),
        ({"title": "ls", "_meta": {"claudeCode": {"toolName": "Bash"}}}, "Bash"),
        ({"name": "exec_command", "kind": "read", "title": "Read file"}, "exec_command"),
        ({"name": "two\nlines ", "kind": "other"}, "two lines"),
        ({"name": ["Bash"], "kind": "other"}, "other"),
        ({"name": "n" * 1_000_000}, "n" * 200),
        ({"kind": "k" * 1_000_000}, "k" * 200),
    ],
)
def test_the_name_of_a_tool_is_what_the_agent_calls_it_and_never_a_title(
    fields: dict[str, JSON], name: str
) -> None:
    action, _ = entries_of(tool("1", status="completed", **fields))
    assert action["tool_name"] == name


def test_the_first_title_names_the_tool_only_of_agents_whose_profile_says_so() -> None:
    translator = Translator(titled_by_tool=True)
    translator.feed(tool("1", title="todowrite", kind="other"), at(0))
    translator.feed(tool("1", title="3 todos", status="completed"), at(1))
    translator.feed(tool("2", title="List files", kind="execute", status="completed"), at(2))
    assert [entry.tool_name for entry in translator.entries] == ["todowrite", "execute"]


def completed(**fields: JSON) -> dict[str, Any]:
    action, _ = entries_of(tool("1", kind="execute", status="completed", **fields))
    return action


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"rawOutput": {"exit_code": 3}}, 3),
        ({"rawOutput": {"exitCode": 3}}, 3),
        ({"rawOutput": {"output": "", "metadata": {"exit": 3}}}, 3),
        ({"rawOutput": {"contents": [{"type": "terminal", "text": "x", "exitCode": 3}]}}, 3),
        ({"rawOutput": {"stdout": "x", "returncode": 3}}, 3),
        ({"_meta": {"terminal_exit": {"exit_code": 3, "signal": None}}}, 3),
        ({"rawOutput": {"exit_code": 0}}, 0),
        ({"rawOutput": {"exit_code": True, "metadata": [3], "contents": "3"}}, None),
        ({"_meta": {"terminal_exit": {"exit_code": None, "signal": "KILL"}}}, None),
    ],
)
def test_the_exit_code_of_a_command_is_found_wherever_the_agent_puts_it(
    fields: dict[str, JSON], code: int | None
) -> None:
    assert completed(**fields)["tool_output"].get("exit_code") == code


@pytest.mark.parametrize(
    ("fields", "observation"),
    [
        ({"content": [text("```console\n$ ls\na\n```")]}, "$ ls\na"),
        ({"content": [text("````\n```\na\n```\n````")]}, "```\na\n```"),
        ({"content": [text("```\na\n```\nand\n```\nb\n```")]}, "```\na\n```\nand\n```\nb\n```"),
        ({"content": [text("```python\na\n```")]}, "```python\na\n```"),
        ({"rawOutput": {"message": "Wrote it.", "bytes": 5}}, "Wrote it."),
        ({"rawOutput": {"contents": [{"type": "text", "text": "a"}]}}, "a"),
        ({"rawOutput": {"stdout": "a", "stderr": "b"}}, "a\nb"),
        ({"rawOutput": {"count": 5}}, '{"count": 5}'),
    ],
)
def test_the_output_of_a_call_is_its_text_and_no_dump(
    fields: dict[str, JSON], observation: str
) -> None:
    assert completed(**fields)["observation"] == observation


def test_a_call_whose_outcome_is_a_diff_needs_no_dump_of_its_result() -> None:
    diff = {"type": "diff", "path": "/work/a", "oldText": None, "newText": "x\n"}
    assert "observation" not in completed(content=[diff], rawOutput={"newContent": "x\n"})


@pytest.mark.parametrize(
    ("old", "kind", "new_file"),
    [
        (None, None, True),
        ("", None, True),
        ("", "add", True),
        ("", "modify", False),
        ("a\n", None, False),
        ("a\n", "add", False),
    ],
)
def test_a_file_is_new_if_it_was_nothing_before(
    old: str | None, kind: str | None, new_file: bool
) -> None:
    block: dict[str, JSON] = {"type": "diff", "path": "/work/f", "oldText": old, "newText": "x\n"}
    (diff,) = completed(content=[block | {"_meta": {"kind": kind}}])["tool_output"]["diffs"]
    assert diff["new_file"] is new_file
    assert diff["unified"].startswith("--- /dev/null\n" if new_file else "--- a/f\n")


def streamed(*texts: str) -> str:
    updates = [tool_update("1", _meta={"terminal_output": {"data": each}}) for each in texts]
    action, _ = entries_of(tool("1", kind="execute"), *updates, tool_update("1", status="failed"))
    return action["observation"]


def test_output_that_is_sent_as_a_whole_again_and_again_is_not_doubled() -> None:
    assert streamed("one\n", "one\ntwo\n", "one\ntwo\n") == "one\ntwo\n"
    assert streamed("one\n", "two\n") == "one\ntwo\n"
    long = "x" * 100_000
    assert streamed(long, long + "end") == clip(long + "end")


def test_tokens_and_cost_beside_an_update_are_the_usage_of_the_turn() -> None:
    translator = Translator()
    figures: dict[str, JSON] = {"input_tokens": 5, "output_tokens": 2, "cost": 0.5, "line": "x"}
    translator.feed(tool("1"), at(0), {"openhands.dev/metrics": figures, "other": [1]})
    assert translator.usage == {
        "last_turn": {"input_tokens": 5, "output_tokens": 2},
        "cost": {"amount": 0.5, "currency": "USD"},
    }
