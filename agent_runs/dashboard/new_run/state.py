"""State of the page that starts a run: what is offered and what is chosen."""

import json
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Any, cast

import reflex as rx

from agent_runs.client.calls import runs as run_calls
from agent_runs.dashboard.serving.access import catalogs, fetch, send
from agent_runs.dashboard.theme import agent_title, initials
from agent_runs.errors import AgentRunsError
from agent_runs.models import HOSTED_PROVIDER, LOCAL_PROVIDER, AgentInfo, AgentOption, Repo
from agent_runs.reading.hosted import lines_of

ANY = "-"
"""Means "none" in a select, whose options cannot have an empty value."""
HERE = "here"
"""Means this machine as the place of a run."""


@dataclass(frozen=True)
class AgentChoice:
    """An agent to choose from."""

    name: str
    title: str
    initials: str
    note: str
    reason: str
    is_ready: bool


@dataclass(frozen=True)
class OptionField:
    """A setting of the chosen agent: the value in use, and those to choose from with names."""

    id: str
    name: str
    value: str
    choices: list[tuple[str, str]]


@dataclass(frozen=True)
class TemplateChoice:
    """A template to choose from."""

    name: str
    title: str
    description: str


class NewRun(rx.State):
    """What is chosen. The browser remembers it, and the text too."""

    agents: rx.Field[list[AgentChoice]] = rx.field(default_factory=list[AgentChoice])
    templates: rx.Field[list[TemplateChoice]] = rx.field(default_factory=list[TemplateChoice])
    all_repos: rx.Field[list[tuple[str, str, str]]] = rx.field(
        default_factory=list[tuple[str, str, str]]
    )
    places: rx.Field[list[tuple[str, str]]] = rx.field(default_factory=list[tuple[str, str]])
    """Hosted organizations that accept new runs: id and name."""
    loaded: rx.Field[bool] = rx.field(False)
    default_agent: rx.Field[str] = rx.field("")

    place: rx.Field[str] = rx.field(rx.LocalStorage("", name="agent_runs_new_place"))
    agent: rx.Field[str] = rx.field(rx.LocalStorage("", name="agent_runs_new_agent"))
    mode: rx.Field[str] = rx.field(rx.LocalStorage("", name="agent_runs_new_mode"))
    repo: rx.Field[str] = rx.field(rx.LocalStorage("", name="agent_runs_new_repo"))
    model: rx.Field[str] = rx.field(rx.LocalStorage("", name="agent_runs_new_model"))
    policy: rx.Field[str] = rx.field(rx.LocalStorage("ask", name="agent_runs_new_policy"))
    metadata: rx.Field[str] = rx.field(rx.LocalStorage("", name="agent_runs_new_metadata"))
    options: rx.Field[str] = rx.field(rx.LocalStorage("", name="agent_runs_new_options"))
    """JSON: agent → option → value."""
    repo_problem: rx.Field[str] = rx.field("")
    _infos: tuple[AgentInfo, ...] = ()

    @rx.event(background=True)
    async def load(self) -> None:
        """Read agents, repositories and templates."""
        try:
            catalog = await catalogs.read(fresh=True)
            answer = await fetch("/agents")
            hosted = lines_of(await fetch("/hosted"))
            templates = await send(run_calls.list_templates())
        except AgentRunsError:
            return  # the frame says that the API is unavailable
        async with self:
            self.agents = [_choice(agent) for agent in catalog.agents]
            self._infos = tuple(catalog.agents)
            self.all_repos = _repos(catalog.repos)
            self.places = [
                (str(line.organization_id), line.name) for line in hosted if line.organization_id
            ]
            self.templates = [
                TemplateChoice(mode.name, mode.title or mode.name, mode.description)
                for mode in templates
            ]
            self.default_agent = str(answer.get("default") or "")
            self.loaded = True

    @rx.event
    def choose_place(self, place: str) -> None:
        """Choose where the run works: `HERE` or a hosted organization."""
        self.place = place

    @rx.event
    def choose_agent(self, name: str) -> None:
        """Choose an agent."""
        self.agent = name

    @rx.event
    def choose_mode(self, name: str) -> None:
        """Choose a template, or none."""
        self.mode = "" if name == ANY else name

    @rx.event
    def choose_repo(self, repo: str) -> None:
        """Choose a repository, or none."""
        self.repo = "" if repo == ANY else repo

    @rx.event
    def set_model(self, text: str) -> None:
        """Name a model."""
        self.model = text

    @rx.event
    def choose_policy(self, policy: str) -> None:
        """Choose the answer to the agent's permission requests."""
        self.policy = policy

    @rx.event
    def choose_option(self, name: str, value: str) -> None:
        """Choose a setting of the agent, or leave it to the agent."""
        chosen = _read_options(self.options)
        chosen.setdefault(self.chosen_agent, {})[name] = "" if value == ANY else value
        self.options = json.dumps(chosen)

    @rx.event
    def set_metadata(self, text: str) -> None:
        """Take the metadata as typed."""
        self.metadata = text

    @rx.event(background=True)
    async def add_repo(self, form: dict[str, Any]) -> AsyncGenerator[rx.event.EventSpec]:
        """Register a repository and choose it."""
        address = str(form.get("address") or "").strip()
        if not address:
            return
        try:
            repo = await send(run_calls.add_repo(address, None))
            catalog = await catalogs.read(fresh=True)
        except AgentRunsError as exc:
            async with self:
                self.repo_problem = exc.message
            return
        async with self:
            self.all_repos = _repos(catalog.repos)
            self.repo, self.repo_problem = str(repo.id), ""
        yield rx.toast.success(f"Added {repo.full_name or repo.name}")

    @rx.var
    def chosen_place(self) -> str:
        """The remembered place if it exists, or the first hosted one, or this machine."""
        ids = [place for place, _ in self.places]
        if self.place == HERE or self.place in ids:
            return self.place
        return ids[0] if ids else HERE

    @rx.var
    def is_here(self) -> bool:
        """Whether the run works on this machine."""
        return self.chosen_place == HERE

    @rx.var
    def repos(self) -> list[tuple[str, str]]:
        """Repositories of the chosen place."""
        return [(key, name) for key, name, place in self.all_repos if place == self.chosen_place]

    @rx.var
    def chosen_agent(self) -> str:
        """The agent that will run: the remembered one if it is ready, otherwise the default."""
        ready_names = {agent.name for agent in self.agents if agent.is_ready}
        return self.agent if self.agent in ready_names else self.default_agent

    @rx.var
    def option_fields(self) -> list[OptionField]:
        """The settings that the chosen agent offers, within the chosen policy."""
        if not self.is_here:
            return []
        chosen = _read_options(self.options).get(self.chosen_agent, {})
        info = next((info for info in self._infos if info.name == self.chosen_agent), None)
        offered = () if info is None else info.options
        return [_option_field(option, chosen, self.policy) for option in offered]

    @rx.var
    def chosen_repo(self) -> str:
        """The remembered repository, if it exists."""
        return self.repo if self.repo in dict(self.repos) else ANY

    @rx.var
    def chosen_mode(self) -> str:
        """The remembered template, if it exists."""
        return self.mode if self.mode in {template.name for template in self.templates} else ANY

    @rx.var
    def mode_note(self) -> str:
        """What the chosen template does."""
        return next((t.description for t in self.templates if t.name == self.mode), "")

    @rx.var
    def metadata_problem(self) -> str:
        """Why the metadata cannot be sent; empty if it can."""
        return _read_metadata(self.metadata)[1]

    @rx.var
    def fields(self) -> dict[str, Any]:
        """The fields of the request, without text and images."""
        fields: dict[str, Any] = {
            "provider": LOCAL_PROVIDER if self.is_here else HOSTED_PROVIDER,
            "organization_id": None if self.is_here else int(self.chosen_place),
            "agent": self.chosen_agent if self.is_here else "",
            "mode": "" if self.chosen_mode == ANY else self.chosen_mode,
            "repo_id": None if self.chosen_repo == ANY else int(self.chosen_repo),
            "model": self.model.strip(),
            "permission_policy": self.policy if self.is_here else "",
            "options": {
                field.id: field.value for field in self.option_fields if field.value != ANY
            },
            "metadata": _read_metadata(self.metadata)[0],
        }
        return {name: value for name, value in fields.items() if value}


def _repos(repos: Iterable[Repo]) -> list[tuple[str, str, str]]:
    """Return id, name and place of each."""
    return [
        (
            str(repo.id),
            repo.full_name or repo.name,
            str(repo.organization_id) if repo.upstream_id else HERE,
        )
        for repo in repos
    ]


def _choice(agent: AgentInfo) -> AgentChoice:
    title = agent_title(agent)
    if not agent.available:
        is_missing = "not found" in (agent.reason or "")
        note = "Not found here" if is_missing else agent.reason or "Not ready"
    elif agent.name == "scripted":
        note = "Built in, no key"
    else:
        note = f"{agent.version}, ready" if agent.version else "Ready"
    return AgentChoice(
        name=agent.name,
        title=title,
        initials=initials(title),
        note=note,
        reason=agent.reason or note,
        is_ready=agent.available,
    )


def _option_field(option: AgentOption, chosen: dict[str, str], policy: str) -> OptionField:
    asking = option.asking if policy != "allow" else ()
    values = {value: name for value, name in option.values.items() if not asking or value in asking}
    value = chosen.get(option.id, "")
    return OptionField(
        id=option.id,
        name=option.name,
        value=value if value in values else ANY,
        choices=list(values.items()),
    )


def _read_options(text: str) -> dict[str, dict[str, str]]:
    try:
        value: Any = json.loads(text or "{}")
    except ValueError:
        return {}
    return cast("dict[str, dict[str, str]]", value) if isinstance(value, dict) else {}


def _read_metadata(text: str) -> tuple[dict[str, Any], str]:
    """Return the metadata and what is wrong with it."""
    if not text.strip():
        return {}, ""
    try:
        value: Any = json.loads(text)
    except ValueError as exc:
        return {}, f"This is not valid JSON yet: {exc}."
    if not isinstance(value, dict):
        return {}, 'Enter a JSON object, such as {"ticket": "ABC-12"}.'
    return cast("dict[str, Any]", value), ""
