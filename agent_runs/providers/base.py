"""The contract of a provider: something that works on a run's turn and reports what happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypedDict, Unpack

from agent_runs.models import JSON, AgentInfo, NewLog, PermissionPolicy, WorkFile
from agent_runs.questions import QuestionForm


@dataclass(frozen=True)
class TurnRequest:
    """One prompt turn to work on.

    Attributes:
        run_id: our run id; workspace and agent home are kept under it.
        turn: number of the turn, from 1.
        prompt: the text for the agent.
        images: data URIs, already checked.
        session_id: ACP session of the turn before, None in the first turn.
        rules: standing rules, sent with the prompt whenever a session begins; "" for none.
        history: the run's earlier entries as a short text, for an agent that cannot resume.
        options: choices for the agent, by the ids that it offers: `mode`, `effort` ...
        repo_url: local path or git URL to work in; None means an empty folder.
    """

    run_id: int
    turn: int
    agent: str
    prompt: str
    images: tuple[str, ...] = ()
    model: str | None = None
    permission_policy: PermissionPolicy = "allow"
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    session_id: str | None = None
    rules: str = ""
    history: str = ""
    repo_url: str | None = None


@dataclass(frozen=True)
class TurnOutcome:
    """How a turn ended.

    Attributes:
        status: a terminal official status.
        status_reason: short machine word for an end that is not COMPLETE, such as `agent_crashed`,
            `not_logged_in`, `agent_missing`, `idle_timeout`, `start_timeout`, `time_limit`.
        error: for people: what happened, what is safe, what to do next; written as an ERROR entry.
        result: the complete final answer.
        stop_reason: as the agent said it.
        usage: as reported by the agent.
    """

    status: str
    status_reason: str | None = None
    error: str | None = None
    result: str | None = None
    stop_reason: str | None = None
    usage: dict[str, JSON] = field(default_factory=dict[str, JSON])


@dataclass(frozen=True)
class PermissionQuestion:
    """What an agent wants to do, and the answers that it offers (raw ACP option objects).

    Attributes:
        form: what a person is to fill in; None if it asks for permission.
    """

    tool_call: dict[str, JSON]
    options: Sequence[dict[str, JSON]]
    form: QuestionForm | None = None


@dataclass(frozen=True)
class FormAnswer:
    """What a person answered to a form: the option, and the content that goes with it."""

    option_id: str
    content: dict[str, JSON] = field(default_factory=dict[str, JSON])


class RunNews(TypedDict, total=False):
    """Fields of the run that a provider sets while it works; a test compares them.

    Attributes:
        title: set only if the run has none.
        usage: these figures are set, the others stay.
    """

    activity: str | None
    title: str | None
    usage: dict[str, JSON]
    sandbox: str | None
    branch: str | None
    base_commit: str | None


class Recorder(Protocol):
    """Where a provider reports what happens; when a method returns, it is stored."""

    async def append(self, entries: Sequence[NewLog]) -> None:
        """Store entries, in order."""
        ...

    async def update(self, *, session_id: str | None = None, **news: Unpack[RunNews]) -> None:
        """Set fields of the run, and the ACP session for its next turn."""
        ...

    def draft(self, kind: str, text: str) -> None:
        """Show text that is being written; `kind` is `answer` or `thought`. Never stored."""
        ...

    async def ask(self, question: PermissionQuestion) -> str | None:
        """Pause the run until a person answers; the chosen option id, None if withdrawn."""
        ...

    async def fill_in(self, question: PermissionQuestion) -> FormAnswer | None:
        """Pause the run until a person fills the form in; None if the question was withdrawn."""
        ...


class Provider(Protocol):
    """Works on turns. One instance serves all runs of its kind."""

    name: str

    async def work(self, request: TurnRequest, recorder: Recorder) -> TurnOutcome:
        """Work on one turn to its end; failures of the agent are outcomes, never exceptions.

        If the calling task is cancelled, the agent is told to stop and ended after its grace
        period, what it had said is stored, and CancelledError is raised again.
        """
        ...

    async def cancel(self, run_id: int) -> None:
        """Tell the run's agent to stop; `work` then returns CANCELLED, whatever the agent says."""
        ...

    async def agents(self) -> list[AgentInfo]:
        """Agents of this kind, and whether this machine has each of them."""
        ...

    def folder(self, run_id: int) -> Path:
        """Absolute path of the run's folder, whether it exists or not."""
        ...

    async def diff(self, run_id: int) -> str:
        """Unified diff of the run's work tree against its base; empty if there is none."""
        ...

    async def files(self, run_id: int) -> list[WorkFile]:
        """Files of the run's work tree without `.git`, by path, at most 5 000."""
        ...

    async def read_file(self, run_id: int, path: str) -> bytes:
        """Content of one file of the work tree; NotFound if it does not exist or is outside."""
        ...

    async def end_orphans(self) -> int:
        """End the agents that a killed manager left behind; return how many there were."""
        ...
