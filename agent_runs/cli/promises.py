"""What every agent is promised to do, tried with a real one over HTTP: `agents test`.

The prompts are small. The scripted agent does their lines that begin with a slash; other agents
are not sent these.
"""

import platform
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from agent_runs import __version__
from agent_runs.client.tail import is_finished
from agent_runs.errors import AgentRunsError, WaitTimeout
from agent_runs.reading.text import one_line

if TYPE_CHECKING:
    from agent_runs import AgentRun, CodegenClient
    from agent_runs.models import AgentInfo

_CODEWORD = "BANANA"
_FILE = "agent-runs-test.txt"
_WRITE = (
    f"Write the word hello into the file {_FILE} and do nothing else. "
    f"The codeword of this test is {_CODEWORD}.\n",
    f"/write {_FILE} hello\n/say done\n",
)
_RECALL = ("Answer with the codeword of this test alone.\n", f"/say {_CODEWORD}\n")
_WAIT = ("Run the shell command `sleep 300` in the foreground.\n", "/sleep 300\n")
_BEFORE_WORK = (None, "Starting", "Thinking")
_SHOWN = 300
_POLL_SECONDS = 0.5


class Held(NamedTuple):
    """How one promise went; `detail` says why it was not kept, and is empty otherwise."""

    promise: str
    holds: bool
    detail: str
    run_id: int | None


class Trial:
    """Tries the promises with one agent, each with a run of its own where it needs one."""

    def __init__(self, client: "CodegenClient", agent: str, seconds: float) -> None:
        self._client = client
        self._agent = agent
        self._seconds = seconds
        self._run_id: int | None = None

    def results(self) -> Iterator[Held]:
        """Yield one result after the other; each takes as long as the agent."""
        yield self._tried("works: writes a file and ends its turn", self._works)
        yield self._tried("remembers the turn before, in a new process", self._remembers)
        yield self._tried("does nothing that the policy `reject` forbids", self._is_rejected)
        yield self._tried("asks a person under the policy `ask`", self._asks)
        yield self._tried("stops when it is told to", self._stops)

    def _tried(self, promise: str, attempt: Callable[[], str]) -> Held:
        try:
            detail = attempt()
        except AgentRunsError as exc:
            detail = exc.message
        return Held(promise, not detail, one_line(detail, _SHOWN), self._run_id)

    def _works(self) -> str:
        run = self._ended(self._create(_WRITE, "allow"))
        if run.status != "COMPLETE":
            return _end(run)
        return "" if self._has_written(run) else f"{_FILE} was not written"

    def _remembers(self) -> str:
        if self._run_id is None:
            return "there is no turn before"
        resumed = self._client.resume_agent_run(self._run_id, self._words(_RECALL))
        run = self._ended(resumed)
        if run.status != "COMPLETE":
            return _end(run)
        said = run.result or ""
        return "" if _CODEWORD in said else f"it said: {said or 'nothing'}"

    def _is_rejected(self) -> str:
        run = self._ended(self._create(_WRITE, "reject"))
        if self._has_written(run):
            return f"{_FILE} was written"
        is_done = run.status == "COMPLETE" or run.status_reason == "permission_rejected"
        return "" if is_done else _end(run)

    def _asks(self) -> str:
        asked, run = False, self._create(_WRITE, "ask")
        for each in self._followed(run):
            run = each
            for question in self._client.list_permissions(run.id):
                asked = True
                self._client.answer_permission(run.id, question.id, "reject")
        if not asked:
            return f"it asked nothing; {_end(run)}"
        return f"{_FILE} was written after a no" if self._has_written(run) else ""

    def _stops(self) -> str:
        run = self._create(_WAIT, "allow")
        for each in self._followed(run):
            run = each
            if run.activity not in _BEFORE_WORK:
                self._client.stop_agent_run(run.id)
        return "" if run.status == "CANCELLED" else _end(run)

    def _create(self, words: tuple[str, str], policy: Any) -> "AgentRun":
        title = f"Test of {self._agent}"
        run = self._client.create_agent_run(
            self._words(words), agent=self._agent, permission_policy=policy, title=title
        )
        self._run_id = run.id
        return run

    def _words(self, words: tuple[str, str]) -> str:
        sentence, script = words
        return sentence + script if self._agent == "scripted" else sentence

    def _ended(self, run: "AgentRun") -> "AgentRun":
        return self._client.wait(run.id, timeout=self._seconds)

    def _followed(self, run: "AgentRun") -> Iterator["AgentRun"]:
        """Yield the run again and again until it has ended, then once more."""
        until = time.monotonic() + self._seconds
        while not is_finished(run) and time.monotonic() < until:
            yield run
            time.sleep(_POLL_SECONDS)
            run = self._client.get_agent_run(run.id)
        if not is_finished(run):
            self._client.stop_agent_run(run.id)
            raise WaitTimeout(f"It did not end within {self._seconds:g} s, and was stopped.")
        yield run

    def _has_written(self, run: "AgentRun") -> bool:
        return _FILE in self._client.get_agent_run_diff(run.id).diff


def _end(run: "AgentRun") -> str:
    return f"it ended as {run.status}: {run.error or run.status_reason or 'without a reason'}"


def report(agent: "AgentInfo", results: list[Held]) -> dict[str, Any]:
    """Return what a bug report needs: no prompts, and of the agent's texts only errors."""
    return {
        "agent_runs": __version__,
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "agent": {"name": agent.name, "version": agent.version, "built_in": agent.built_in},
        "promises": [each._asdict() for each in results],
    }
