"""Watches a run: steps with a spinner on a terminal, plain lines in a pipe, or JSON lines.

Ctrl-C ends the watching, never the run.
"""

import contextlib
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from agent_runs.cli import exits
from agent_runs.cli.output import complain, say, say_json
from agent_runs.cli.permissions import lines_of, words_of
from agent_runs.cli.steps import Step, step_of
from agent_runs.cli.tables import status_text, style_of
from agent_runs.client.blocking.client import CodegenClient
from agent_runs.errors import Conflict, InvalidRequest, WaitTimeout
from agent_runs.models import JSON, AgentRun, AgentRunLog, AgentRunStatus
from agent_runs.questions import PermissionRequest
from agent_runs.reading.amounts import duration
from agent_runs.reading.status import reason_in_words
from agent_runs.reading.text import clean, one_line

Matches = Callable[[AgentRunLog], bool]
_KINDS = {"Error": "red", "Answer": "green", "Prompt": "bold"}
_STATES = {"ok": "green", "failed": "red"}


class Watcher(ABC):
    """Shows what happens while a run is watched."""

    @abstractmethod
    def step(self, log: AgentRunLog) -> None:
        """Show an entry."""

    def change(self, run: AgentRun) -> None:
        """Show the run's current state."""
        del run

    def ask(self, client: CodegenClient, run: AgentRun) -> None:
        """Show the agent's question, or let the person answer it."""
        for question in client.list_permissions(run.id):
            command = _how_to_answer(question)
            complain(f"Run {run.id} asks: {words_of(question)}. Answer: {command}")

    @abstractmethod
    def end(self, run: AgentRun, *, with_result: bool) -> None:
        """Show how the run ended."""


def every(_: AgentRunLog) -> bool:
    """Want every step."""
    return True


def watch(
    client: CodegenClient,
    run_id: int,
    last_seen: int,
    *,
    timeout: float | None,
    as_json: bool,
    matches: Matches | None,
) -> int:
    """Print the steps after `last_seen` as they come until the run ends; return the exit code.

    Args:
        matches: which steps; None prints only the end.
    """
    with _watcher(as_json=as_json) as watcher:
        return _watch(watcher, client, run_id, last_seen, timeout=timeout, matches=matches)


def print_steps(logs: Iterable[AgentRunLog]) -> None:
    """Print entries on a terminal."""
    console = Console(highlight=False, soft_wrap=True)
    for log in logs:
        console.print(_colourful(step_of(log)))


def _watch(
    watcher: Watcher,
    client: CodegenClient,
    run_id: int,
    last_seen: int,
    *,
    timeout: float | None,
    matches: Matches | None,
) -> int:
    questions: set[int] = set()
    ways_on = f"Follow it: agent-runs logs {run_id} --follow · Stop it: agent-runs stop {run_id}"
    try:
        with contextlib.closing(client.follow(run_id, last_seen, timeout=timeout)) as news:
            for new in news:
                if isinstance(new, AgentRunLog):
                    if matches and matches(new):
                        watcher.step(new)
                    continue
                watcher.change(new)
                question = new.permission_id
                if new.status == AgentRunStatus.PAUSED and question and question not in questions:
                    questions.add(question)
                    watcher.ask(client, new)
        run = client.get_agent_run(run_id)
        watcher.end(run, with_result=matches is None)
    except WaitTimeout as exc:
        complain(f"{exc.message} {ways_on}")
        return exits.TIMEOUT
    except KeyboardInterrupt:
        complain(f"Run {run_id} is still working. {ways_on}")
        return exits.INTERRUPTED
    return exits.COMPLETE if run.status == AgentRunStatus.COMPLETE else exits.FAILED


@contextlib.contextmanager
def _watcher(*, as_json: bool) -> Generator[Watcher]:
    if as_json:
        yield _JsonLines()
    elif sys.stdout.isatty():
        with contextlib.closing(_Terminal()) as terminal:
            yield terminal
    else:
        yield _PlainLines()


class _JsonLines(Watcher):
    """One entry per line, the run last."""

    def step(self, log: AgentRunLog) -> None:
        say_json(log, lines=True)

    def end(self, run: AgentRun, *, with_result: bool) -> None:
        del with_result  # it is in the run
        say_json(run, lines=True)


class _PlainLines(Watcher):
    """Lines for a file or another program."""

    def step(self, log: AgentRunLog) -> None:
        say(step_of(log).line())

    def end(self, run: AgentRun, *, with_result: bool) -> None:
        say(_ending(run))
        if with_result and (result := run.result or run.error):
            say(result.strip())


class _Terminal(Watcher):
    """Steps above; below them what happens now, and for how long it has been watched."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._now = _Now()
        self._live = Live(self._now, console=self._console, transient=True, refresh_per_second=8)
        self._live.start()

    def close(self) -> None:
        """Give the terminal back."""
        self._live.stop()

    def step(self, log: AgentRunLog) -> None:
        self._console.print(_colourful(step_of(log)))

    def change(self, run: AgentRun) -> None:
        self._now.run = run

    def ask(self, client: CodegenClient, run: AgentRun) -> None:
        if not sys.stdin.isatty():
            super().ask(client, run)
            return
        self._live.stop()
        try:
            for question in client.list_permissions(run.id):
                _put_question(self._console, client, question)
        finally:
            self._live.start()

    def end(self, run: AgentRun, *, with_result: bool) -> None:
        self._live.stop()
        self._console.print(Text(_ending(run), style_of(run.status)))
        if with_result and (result := run.result or run.error):
            self._console.print(Text(clean(result).strip()))


class _Now:
    """The last line: a spinner, what the run does, how long it has been watched."""

    def __init__(self) -> None:
        self.run: AgentRun | None = None
        self._since = time.monotonic()
        self._spinner = Spinner("dots", style="cyan")

    def __rich__(self) -> Spinner:
        words = Text(no_wrap=True, overflow="ellipsis")
        if self.run is not None:
            words.append_text(status_text(self.run.status))
            words.append(f" {one_line(self.run.activity or '', 80)}")
        words.append(f" {duration(max(1, time.monotonic() - self._since))}", "dim")
        self._spinner.update(text=words)
        return self._spinner


def _colourful(step: Step) -> Text:
    words = Text(f"{step.time} ", "dim")
    words.append(f"{step.kind:<6} ", _KINDS.get(step.kind, "dim"))
    if step.tool:
        words.append(f"{step.tool} ", "bold")
        words.append(f"{step.state} ", _STATES.get(step.state, ""))
    words.append(step.text.replace("\n", "\n    "), _KINDS.get(step.kind, ""))
    words.append(f" {step.duration}" if step.duration else "", "dim")
    return words


def _ending(run: AgentRun) -> str:
    words = f"Run {run.id} {run.status}"
    # A resumed run keeps its first start, so only the first turn has a length.
    if run.turn == 1 and run.started_at and run.finished_at:
        words += f" in {duration((run.finished_at - run.started_at).total_seconds())}"
    reason = "" if run.status == AgentRunStatus.COMPLETE else reason_in_words(run.status_reason)
    return one_line(f"{words} ({reason})" if reason else words)


def _how_to_answer(question: PermissionRequest) -> str:
    fields = question.form.fields if question.form else ()
    if fields:
        given = " ".join(f"--field {one_line(field.name)}=..." for field in fields[:3])
        return f"agent-runs answer {question.agent_run_id} {question.id} allow {given}"
    return f"agent-runs answer {question.agent_run_id} {question.id} allow|reject"


def _put_question(console: Console, client: CodegenClient, question: PermissionRequest) -> None:
    """Let the person choose; an empty line leaves the question open."""
    console.print(Text(f"The agent asks: {words_of(question)}", "yellow"))
    for line in lines_of(question):
        console.print(Text(f"  {line}", "dim"))
    for number, option in enumerate(question.options, 1):
        console.print(Text(f"  {number}  {one_line(option.name)}"))
    numbers = {str(number): option for number, option in enumerate(question.options, 1)}
    while True:
        try:
            choice = console.input("Your answer (number, empty for later): ").strip()
        except EOFError:
            choice = ""
        if not choice:
            complain(f"Answer later: {_how_to_answer(question)}")
            return
        if choice in numbers:
            break
    option = numbers[choice]
    content = _fill_in(console, question) if option.kind.startswith("allow") else {}
    try:
        client.answer_permission(
            question.agent_run_id, question.id, option.option_id, content=content
        )
    except (Conflict, InvalidRequest) as exc:  # somebody else was faster, or it does not fit
        complain(exc.message)


def _fill_in(console: Console, question: PermissionRequest) -> dict[str, JSON]:
    """Ask for each field of a form; an empty line leaves one out."""
    content: dict[str, JSON] = {}
    for field in question.form.fields if question.form else ():
        label = one_line(field.title or field.name)
        try:
            words = console.input(Text(f"  {label}: ")).strip()
        except EOFError:
            break
        several = field.kind == "choices"
        if words:
            content[field.name] = [word.strip() for word in words.split(",")] if several else words
    return content
