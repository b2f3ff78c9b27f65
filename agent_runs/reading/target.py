"""What a tool call was about: the argument that says most.

The page's `reading.js` does the same; the tests of both read `tests/reading/cases/target.json`.
"""

import re
from typing import TYPE_CHECKING

from agent_runs.reading.shapes import list_or_empty, object_or_empty, text_or_empty
from agent_runs.reading.text import one_line

if TYPE_CHECKING:
    from agent_runs.models import JSON

PATHS = ("file_path", "filePath", "path", "abs_path", "notebook_path", "file")
"""Names that agents use for the argument with a path."""

_TELLING = ("command", "cmd", *PATHS, "pattern", "query", "url", "title", "prompt")
# A path in the run's own folder is shown as the agent sees it.
_WORK_TREE = re.compile(r"(^|\s)/\S*?/runs/\d+/work/(?=\S)")


def target(tool_input: "JSON") -> str:
    """Return what a tool was used on, on one short line."""
    return one_line(_WORK_TREE.sub(r"\1", argument(tool_input)[:3000]))


def argument(tool_input: "JSON") -> str:
    """Return the argument that says most about a tool call, in full; empty if none does.

    A list counts as its words, like that of a command. Without a familiar name, the first text
    counts.
    """
    arguments = object_or_empty(tool_input)
    familiar = [words_of(arguments.get(name)) for name in _TELLING]
    texts = [text_or_empty(value) for value in arguments.values()]
    return next((words for words in [*familiar, *texts] if words), "")


def words_of(value: "JSON") -> str:
    """Return a text unchanged, and the texts of a list with blanks between them."""
    texts = [text_or_empty(item) for item in list_or_empty(value)]
    return text_or_empty(value) or " ".join(text for text in texts if text)
