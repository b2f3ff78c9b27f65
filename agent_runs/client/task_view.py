"""The run of a task, shown as the official SDK's `AgentTask` shows it."""

from __future__ import annotations  # the types in the signatures are loaded late, too

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent_runs.models import JSON, AgentRun


class TaskView:
    """What both kinds of task show; can also be read like a dictionary: `task["status"]`.

    Attributes:
        run: the run as last seen.
    """

    def __init__(self, run: AgentRun) -> None:
        self.run = run

    @property
    def id(self) -> int:
        """The run's id."""
        return self.run.id

    @property
    def org_id(self) -> int:
        """The organization it belongs to."""
        return self.run.organization_id

    @property
    def status(self) -> str:
        """Its status when it was last refreshed, in the official upper-case words."""
        return self.run.status

    @property
    def result(self) -> str | None:
        """The final answer, once there is one."""
        return self.run.result

    @property
    def web_url(self) -> str:
        """Its page for people."""
        return self.run.web_url

    def __getitem__(self, name: str) -> JSON:
        """Return a field of the run."""
        return self.run[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether the run has a field of that name."""
        return name in self.run

    def get(self, name: str, default: JSON = None) -> JSON:
        """Return a field of the run, or `default` if it is missing or null."""
        return self.run.get(name, default)

    def keys(self) -> Iterator[str]:
        """Names of the run's fields."""
        return self.run.keys()

    def __repr__(self) -> str:
        """Show the run's id and status."""
        return f"{type(self).__name__}(id={self.id}, status={self.status!r})"
