"""Markdown: a run to read or to put into a ticket.

Everything that a person, an agent or a tool wrote is in fences longer than any fence in it. So it
is shown unchanged everywhere: it can neither become markup nor mention anybody.
"""

import re
from collections.abc import AsyncIterator, Iterator

from agent_runs.exports.reader import ExportedRun
from agent_runs.exports.words import facts_of, observation_of, output_of, pretty
from agent_runs.models import JSON
from agent_runs.reading.amounts import duration
from agent_runs.reading.entry import kind_word
from agent_runs.reading.failure import has_failed
from agent_runs.reading.target import target
from agent_runs.reading.text import clean, one_line

_TICKS = re.compile(r"`+")
_MARKS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~@$&])")
_SIGNAL = re.compile(r"(?<=[@#!$~%&])(?=\w)|(?<=\bGH)(?=-\d)|(?<=:)(?=//)|(?<=\bwww)(?=\.)", re.I)
_NOTHING = "&#8203;"  # a blank without width
_SECOND = 1000


async def write(runs: AsyncIterator[ExportedRun]) -> AsyncIterator[bytes]:
    """Yield the runs one after the other, each under its own heading."""
    is_first = True
    async for run in runs:
        yield b"" if is_first else b"\n---\n\n"
        is_first = False
        yield "".join(_head(run)).encode()
        turn = 0
        async for entries in run.entries():
            parts: list[str] = []
            for entry in entries:
                if entry["turn"] != turn:
                    turn = entry["turn"]
                    parts.append(f"\n## Turn {turn}\n")
                parts += _step(entry)
            yield "".join(parts).encode()
        if run.diff:
            yield f"\n## Changes\n\n{fenced(run.diff, 'diff')}".encode()


def fenced(text: str, language: str = "text") -> str:
    """Return `text` as a block that shows it unchanged."""
    text = clean(text).rstrip("\n")
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


def escaped(text: str) -> str:
    """Return one line of text in which no character has a meaning in Markdown.

    Code hosts look for mentions (`@team`), references (`#12`) and addresses in the rendered text,
    which has no backslashes left; an invisible blank breaks those up.
    """
    parts = _SIGNAL.split(one_line(text))
    return _NOTHING.join(_MARKS.sub(r"\\\1", part) for part in parts)


def _head(run: ExportedRun) -> Iterator[str]:
    yield f"# Run {run.run.id}: {escaped(run.run.name)}\n\n"
    for name, value in facts_of(run):
        yield f"- {name}: {escaped(value)}\n"
    if run.run.error:
        yield f"\n{fenced(run.run.error)}"


def _step(entry: dict[str, JSON]) -> Iterator[str]:
    tool = entry.get("tool_name")
    name = escaped(tool or kind_word(entry["message_type"]))
    words = [f"\n### {entry['seq']} · {name}"]
    if tool and (about := target(entry.get("tool_input"))):
        words.append(escaped(about))
    if tool and has_failed(entry):
        words.append("**failed**")
    if entry.get("duration_ms") is not None:
        words.append(f"({duration(entry['duration_ms'] / _SECOND)})")
    yield " ".join(words) + "\n"
    if entry.get("thought"):
        yield f"\n{fenced(entry['thought'])}"
    if entry.get("tool_input"):
        yield f"\nInput\n\n{fenced(pretty(entry['tool_input']), 'json')}"
    text, value = observation_of(entry)
    if text:
        yield f"\n{fenced(text)}"
    if value:
        yield f"\n{fenced(value, 'json')}"
    elif not text and (output := output_of(entry)):
        yield f"\nOutput\n\n{fenced(pretty(output), 'json')}"
