"""One HTML file that looks like the run page, works from a disk, and runs nothing.

It has no script and loads nothing: its policy allows its own style, by hash, and the pictures
inside it. Everything that people, agents and tools wrote is escaped; Markdown of answers is
rendered without raw HTML, and its links lead only to the web or to mail.
"""

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from agent_runs.exports import words
from agent_runs.exports.reader import ExportedRun
from agent_runs.models import JSON, MessageType
from agent_runs.reading.amounts import duration
from agent_runs.reading.diff_lines import lines_of
from agent_runs.reading.entry import kind_word
from agent_runs.reading.failure import exit_code_of, has_failed
from agent_runs.reading.status import tone_of, word_of
from agent_runs.reading.target import target
from agent_runs.reading.text import clean, one_line

_STYLE = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
"""What browsers let the file do."""

FOOT = b"<footer>Exported from agent_runs.</footer>\n</main>\n</body>\n</html>\n"
"""The end of a page in this style."""

_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+")
_LINK = re.compile(r"(?:https?:|mailto:)", re.IGNORECASE)
# Longer answers are shown as plain text: rendering them would take long.
_LONGEST_MARKDOWN = 20_000
_LONGEST_LINE = 90
_SECOND = 1000
_DIFF = {"+": "p", "-": "m", " ": "", "@": "h", "h": "h"}


async def write(runs: AsyncIterator[ExportedRun], title: str) -> AsyncIterator[bytes]:
    """Yield the file, one article per run."""
    yield head(title)
    async for run in runs:
        yield "".join(_head(run)).encode()
        page = _Steps(run)
        async for entries in run.entries():
            # In a thread: rendering Markdown takes time.
            yield (await asyncio.to_thread(page.render, entries)).encode()
        yield await asyncio.to_thread(_foot, run)
    yield FOOT


def head(title: str) -> bytes:
    """Return the beginning of a page in this style, before its content."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
    ).encode()


def _head(exported: ExportedRun) -> Iterator[str]:
    run = exported.run
    yield f'<article id="run-{run.id}">\n<header><h1>{escape(run.name)}</h1>'
    yield f'<span class="badge {tone_of(run.status)}">{escape(word_of(run.status))}</span>'
    yield f'<span class="num">Run {run.id}</span></header>\n<dl class="facts">'
    for name, value in words.facts_of(exported):
        if name != "Status":
            yield f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>"
    yield "</dl>\n"
    if run.error:
        yield f'<p class="failure">{escape(clean(run.error))}</p>\n'


def _foot(run: ExportedRun) -> bytes:
    changes = ""
    if run.diff:
        changes = f'<h2 class="turn">Changes</h2>\n<div class="body">{_diff(run.diff)}</div>\n'
    return f"{changes}</article>\n".encode()


class _Steps:
    """Renders the entries of one run, part by part."""

    def __init__(self, run: ExportedRun) -> None:
        self._run = run.run
        self._images = {turn.turn: turn.images for turn in run.turns}
        self._turn = 0

    def render(self, entries: Sequence[dict[str, JSON]]) -> str:
        return "".join(part for entry in entries for part in self._step(entry))

    def _step(self, entry: dict[str, JSON]) -> Iterator[str]:
        if entry["turn"] != self._turn:
            self._turn = entry["turn"]
            yield f'<h2 class="turn">Turn {self._turn}</h2>\n'
        name = f"run-{self._run.id}-step-{entry['seq']}"
        kind = entry["message_type"]
        dot = "tool" if entry.get("tool_name") else ""
        if kind in {MessageType.USER_MESSAGE, MessageType.FINAL_ANSWER}:
            dot = "say"
        if has_failed(entry):
            dot = "err"
        yield f'<div class="step" id="{name}"><a class="g" href="#{name}">{entry["seq"]}</a>'
        yield f'<span class="k {dot}"></span><div class="what">'
        if entry.get("thought"):
            yield _thought(clean(entry["thought"]))
        if kind in {MessageType.USER_MESSAGE, MessageType.FINAL_ANSWER}:
            yield self._message(entry)
        elif entry.get("tool_name") or entry.get("observation") or not entry.get("thought"):
            yield _tool(entry)
        yield "</div></div>\n"

    def _message(self, entry: dict[str, JSON]) -> str:
        is_user = entry["message_type"] == MessageType.USER_MESSAGE
        by = "User" if is_user else one_line(self._run.agent or "Agent", 60)
        text, value = words.observation_of(entry)
        body = f'<p class="plain" dir="auto">{escape(text)}</p>' if is_user else _prose(text)
        body += _box("Output", value) if value else ""
        if is_user:
            body += "".join(self._pictures(entry))
        look = "msg user" if is_user else "msg"
        at = words.moment(datetime.fromisoformat(entry["created_at"]))
        return (
            f'<div class="{look}"><div class="by"><b>{escape(by)}</b>'
            f"<span>{escape(at)}</span></div>{body}</div>"
        )

    def _pictures(self, entry: dict[str, JSON]) -> Iterator[str]:
        images = self._images.pop(entry["turn"], ())
        for at, uri in enumerate(images, 1):
            if _IMAGE.fullmatch(uri):
                picture = f'<img src="{uri}" alt="Image {at} of the prompt">'
                yield f'<div class="thumbs">{picture}</div>'


def _thought(text: str) -> str:
    line = one_line(text)
    if len(line) < _LONGEST_LINE and line == text.strip():
        return f'<div class="sum"><span class="cut">{escape(line)}</span></div>'
    return (
        f'<details><summary class="sum"><span class="cut">{escape(line)}</span></summary>'
        f'<p class="plain mut" dir="auto">{escape(text)}</p></details>'
    )


def _tool(entry: dict[str, JSON]) -> str:
    failed = has_failed(entry)
    output = words.output_of(entry)
    name = one_line(entry.get("tool_name") or kind_word(entry["message_type"]), 80)
    about = target(entry.get("tool_input")) or one_line(words.observation_of(entry)[0])
    badge, code = "", exit_code_of(output)
    if code is not None:
        badge = f'<span class="badge {"red" if failed else "green"}">exit {code}</span>'
    elif failed:
        badge = '<span class="badge red">failed</span>'
    if entry.get("duration_ms") is not None:
        badge += f'<span class="num">{duration(entry["duration_ms"] / _SECOND)}</span>'
    boxes = "".join(_boxes(entry, output, failed=failed))
    return (
        f'<details{" open" if failed else ""}><summary class="sum">'
        f'<span class="tool">{escape(name)}</span>'
        f'<span class="cut mono">{escape(about)}</span>{badge}</summary>{boxes}</details>'
    )


def _boxes(entry: dict[str, JSON], output: dict[str, JSON], *, failed: bool) -> Iterator[str]:
    has_diff = False
    for path, unified in words.diffs_of(output):
        has_diff = True
        yield f'<div class="body"><div class="bar">{escape(path)}</div>{_diff(unified)}</div>'
    if entry.get("tool_input") and not has_diff:
        yield _box("Input", words.pretty(entry["tool_input"]))
    text, value = words.observation_of(entry)
    if text:
        yield _box("Failed" if failed else "Output", text, bad=failed)
    if value:
        yield _box("Output", value, bad=failed)
    elif output and not text and not has_diff:
        yield _box("Output", words.pretty(output), bad=failed)


def _box(title: str, text: str, *, bad: bool = False) -> str:
    look = "body bad" if bad else "body"
    return (
        f'<div class="{look}"><div class="bar">{title}</div>'
        f'<pre class="out" tabindex="0">{escape(text)}</pre></div>'
    )


def _diff(unified: str) -> str:
    lines: list[str] = []
    for kind, line in lines_of(unified.rstrip("\n")):
        text = clean(line).rstrip("\n")
        lines.append(f'<span class="{_DIFF[kind]}">{escape(text) or " "}</span>')
    return f'<div class="diff" tabindex="0">{"".join(lines)}</div>'


def _prose(text: str) -> str:
    if len(text) > _LONGEST_MARKDOWN:
        return f'<p class="plain" dir="auto">{escape(text)}</p>'
    return f'<div class="md" dir="auto">{_MARKDOWN.render(text)}</div>'


def _make_markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # A remote picture would tell its server who reads the file.
    markdown.disable("image")
    markdown.validateLink = lambda url: bool(_LINK.match(url))
    markdown.add_render_rule("link_open", _open_link)
    return markdown


def _open_link(
    renderer: RendererHTML, tokens: Sequence[Token], at: int, options: OptionsDict, env: EnvType
) -> str:
    tokens[at].attrSet("rel", "noopener noreferrer nofollow")
    return renderer.renderToken(tokens, at, options, env)


_MARKDOWN = _make_markdown()
