"""Tables and colours for people at a terminal; in a pipe the commands print plain lines instead."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from agent_runs.reading.amounts import brief_duration
from agent_runs.reading.diff_lines import lines_of
from agent_runs.reading.entry import kind_word
from agent_runs.reading.status import tone_of
from agent_runs.reading.text import clean, one_line

if TYPE_CHECKING:
    from agent_runs.models import AgentInfo, AgentRun
    from agent_runs.schemas.search import SearchGroup

_STYLES = {
    "neutral": "dim", "blue": "cyan", "violet": "cyan", "amber": "yellow", "green": "green",
    "red": "red",
}  # fmt: skip


def text(value: object, style: str = "") -> Text:
    """Return clean text on one line, with square brackets as plain characters."""
    return Text(one_line(str(value)), style, no_wrap=True, overflow="ellipsis")


def status_text(status: str) -> Text:
    """Return a status in its colour."""
    return text(status, style_of(status))


def style_of(status: str) -> str:
    """Return the style of a status and of texts about it."""
    return _STYLES[tone_of(status)]


def show_runs(runs: Sequence["AgentRun"], total: int) -> None:
    """Print runs as a table."""
    console = Console(highlight=False)
    table = _table("id", "status", "agent", "age", "title")
    now = datetime.now(UTC)
    for run in runs:
        age = max(0, (now - run.created_at).total_seconds())
        table.add_row(
            text(run.id),
            status_text(run.status),
            text(run.agent or ""),
            text(brief_duration(age)),
            text(run.name),
        )
    if runs:
        console.print(table)
    console.print(Text(f"{len(runs)} of {total} runs", "dim"))


def show_agents(agents: Sequence["AgentInfo"]) -> None:
    """Print agents as a table; reasons why one is missing are not cut."""
    table = _table("name", "", "login", "title", "version, or what is missing")
    for agent in agents:
        more = agent.version or "" if agent.available else agent.reason or ""
        if agent.available and agent.login not in (None, "logged in") and agent.login_hint:
            more = f"{more}  to log in: {agent.login_hint}".strip()
        table.add_row(
            text(agent.name),
            text("available", "green") if agent.available else text("missing", "dim"),
            text(agent.login or "", "green" if agent.login == "logged in" else "dim"),
            text(agent.title),
            Text(clean(more), overflow="fold"),
        )
    Console(highlight=False).print(table)


def show_hits(group: "SearchGroup") -> None:
    """Print the hits in one run, each with a link to its step."""
    console = Console(highlight=False, soft_wrap=True)
    run = group.run
    head = Text.assemble(
        (f"{run.id}", "bold"), "  ", status_text(run.status), "  ", one_line(run.name)
    )
    head.stylize(f"link {run.web_url}", 0, len(str(run.id)))
    console.print(head)
    for hit in group.hits:
        place = "run" if hit.seq is None else f"#{hit.seq}"
        kind = hit.tool_name or kind_word(hit.message_type or "")
        line = Text(f"  {place:<7}", "cyan")
        line.stylize(f"link {hit.url}", 2, 2 + len(place))
        line.append(f"{one_line(kind, 18):<18} ", "red" if hit.failed else "dim")
        line.append_text(_snippet(hit.snippet, hit.highlights))
        console.print(line)


def show_figures(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table of figures: names on the left, numbers on the right."""
    table = Table(box=None, pad_edge=False, header_style="dim", title=title, title_justify="left")
    for at, column in enumerate(columns):
        table.add_column(column, justify="right" if at else "left")
    for row in rows:
        table.add_row(*[text(value) for value in row])
    console = Console(highlight=False)
    console.print(table)
    if not rows:
        console.print(Text("There is nothing to show for this period.", "dim"))


def point_at(query: str, position: int) -> None:
    """Print a query on standard error, with a mark under the mistake."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    width = console.width - 4
    start = max(position - width // 2, 0)
    before = one_line(query[start:position] + "|", width)[:-1]
    console.print(Text(f"  {before}{one_line(query[position : start + width], width)}"))
    console.print(Text(f"  {' ' * cell_len(before)}^", "red"))


def show_diff(diff: str) -> None:
    """Print a diff in colours."""
    console = Console(highlight=False, soft_wrap=True)
    styles = {"+": "green", "-": "red", "@": "cyan", "h": "bold", " ": ""}
    for kind, line in lines_of(diff.rstrip("\n")):
        console.print(Text(clean(line).rstrip("\n"), styles[kind]))


def _snippet(snippet: str, highlights: Sequence[tuple[int, int]]) -> Text:
    """Part of a text with its hits marked; each piece is cleaned separately."""
    words = Text()
    at = 0
    for start, end in highlights:
        words.append(clean(snippet[at:start]))
        words.append(clean(snippet[start:end]), "bold yellow")
        at = end
    return words.append(clean(snippet[at:]))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column)
    return table
