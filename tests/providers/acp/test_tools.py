"""Tool calls, as different agents describe them, become entries that say the same."""

import pytest
from acp_updates import at, entries_of, tool

from agent_runs.models import JSON
from agent_runs.providers.acp.translate import Translator


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
