"""The formats of an export: their names, and how they are written."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from agent_runs.exports import digest, junit, lines, markdown, objects, page, spans, table
from agent_runs.exports.reader import ExportedRun
from agent_runs.filters import ExportFormat

_LINES = "application/x-ndjson"
Runs = AsyncIterator[ExportedRun]


@dataclass(frozen=True)
class Format:
    """One way to write runs.

    Attributes:
        media: content type.
        ending: of the file's name, without the dot.
        write: `(runs, server id, title)` → parts of the file.
    """

    media: str
    ending: str
    write: Callable[[Runs, str, str], AsyncIterator[bytes]]


FORMATS: dict[ExportFormat, Format] = {
    "jsonl": Format(_LINES, "jsonl", lambda runs, server, _: lines.write(runs, server)),
    "json": Format("application/json", "json", lambda runs, _, __: objects.write(runs)),
    "csv": Format("text/csv", "csv", lambda runs, _, __: table.write_entries(runs)),
    "csv-runs": Format("text/csv", "csv", lambda runs, _, __: table.write_runs(runs)),
    "markdown": Format("text/markdown", "md", lambda runs, _, __: markdown.write(runs)),
    "otlp": Format(_LINES, "otlp.jsonl", lambda runs, _, __: spans.write(runs, with_content=False)),
    "otlp-content": Format(
        _LINES, "otlp.jsonl", lambda runs, _, __: spans.write(runs, with_content=True)
    ),
    "digest": Format("text/markdown", "md", lambda runs, _, __: digest.write(runs)),
    "junit": Format("application/xml", "xml", lambda runs, _, __: junit.write(runs)),
    "html": Format("text/html", "html", lambda runs, _, title: page.write(runs, title)),
}
