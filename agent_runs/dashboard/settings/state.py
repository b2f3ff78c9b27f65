"""State of the settings page. The server checks what is typed; secrets never come back."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

import anyio
import reflex as rx

from agent_runs.dashboard.serving.access import catalogs, fetch
from agent_runs.errors import AgentRunsError
from agent_runs.models import JSON

TEXT_FIELDS = (
    "codegen_org_id",
    "codegen_base_url",
    "default_agent",
    "permission_policy",
    "concurrency",
    "idle_timeout_seconds",
    "time_limit_seconds",
)
_NUMBERS = frozenset({"concurrency", "idle_timeout_seconds", "time_limit_seconds"})
_CREDENTIALS = frozenset({"codegen_org_id", "codegen_base_url"})
TYPING_SECONDS = 0.4


@dataclass(frozen=True)
class FixedSetting:
    """A setting that only the environment or the .env file can change."""

    variable: str
    value: str
    description: str


class SettingsState(rx.State):
    """The settings in force, the changes that are typed, and the result of checking them."""

    loaded: rx.Field[bool] = rx.field(False)
    revision: rx.Field[int] = rx.field(0)
    """Changes when fields must show newly read settings."""
    org_revision: rx.Field[int] = rx.field(0)
    values: rx.Field[dict[str, str]] = rx.field(default_factory=dict[str, str])
    locked: rx.Field[list[str]] = rx.field(default_factory=list[str])
    fixed: rx.Field[list[FixedSetting]] = rx.field(default_factory=list[FixedSetting])
    agents: rx.Field[list[tuple[str, str]]] = rx.field(default_factory=list[tuple[str, str]])
    env_file: rx.Field[str] = rx.field("")
    token_hint: rx.Field[str] = rx.field("")
    token_typed: rx.Field[bool] = rx.field(False)

    check: rx.Field[str] = rx.field("")
    """Empty, `checking`, `ok`, or what is wrong: token, organization, unreachable, answer."""
    check_text: rx.Field[str] = rx.field("")
    user: rx.Field[str] = rx.field("")
    organizations: rx.Field[list[tuple[str, str]]] = rx.field(default_factory=list[tuple[str, str]])
    problem: rx.Field[str] = rx.field("")
    is_saving: rx.Field[bool] = rx.field(False)

    _saved: dict[str, str] = rx.field(default_factory=dict[str, str], is_var=False)
    _token: str = ""
    _attempt: int = 0

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the settings; keep what is typed meanwhile."""
        async with self:
            before, token = dict(self.values), self._token
        try:
            answer = await fetch("/settings")
            catalog = await catalogs.latest()
        except AgentRunsError:
            return  # the frame says that the API is unavailable
        async with self:
            fields, new_token = self.values, self._token
            changes = {name: text for name, text in fields.items() if text != before.get(name)}
            self._show(answer)
            self.values |= changes
            if self.values == fields:
                self.revision -= 1  # the fields show it already: do not disturb the typing
            if new_token != token:
                self._token, self.token_typed = new_token, True
            self.agents = [*catalog.agent_titles.items()]

    @rx.event
    def type_token(self, text: str) -> rx.event.EventType[()]:
        """Take the token, which stays on this side, and check it."""
        self._token = text.strip()
        self.token_typed = self._token != ""
        return SettingsState.try_credentials

    @rx.event
    def type_value(self, name: str, text: str) -> rx.event.EventType[()] | None:
        """Take another field; check credentials."""
        if name not in TEXT_FIELDS:
            return None
        self.values = {**self.values, name: text.strip()}
        return SettingsState.try_credentials if name in _CREDENTIALS else None

    @rx.event
    def pick_organization(self, org_id: str) -> rx.event.EventType[()]:
        """Take one of the organizations that the token gives access to."""
        self.values = {**self.values, "codegen_org_id": org_id}
        self.org_revision += 1
        return SettingsState.try_credentials

    @rx.event(background=True)
    async def try_credentials(self) -> None:
        """Ask the server whether token, organization and address work together."""
        async with self:
            self._attempt += 1
            attempt = self._attempt
        await anyio.sleep(TYPING_SECONDS)  # only the last of many keystrokes is checked
        async with self:
            if attempt != self._attempt:
                return
            if not (self._token or self.token_hint):
                self.check, self.check_text, self.user = "", "", ""
                return
            self.check, self.check_text = "checking", "Checking with the server."
            body = self._credentials()
        try:
            answer = await fetch("/settings/check", method="POST", body=body)
        except AgentRunsError as exc:
            answer = {"ok": False, "problem": "answer", "message": exc.message}
        async with self:
            if attempt == self._attempt:
                self._show_check(answer)

    @rx.event(background=True)
    async def save(self) -> AsyncGenerator[rx.event.EventSpec]:
        """Save the changes; most take effect at once."""
        async with self:
            if self.is_saving:
                return
            self.is_saving, self.problem = True, ""
            changes = self._changes()
        if not changes:
            async with self:
                self.is_saving = False
            yield rx.toast.info("There is nothing to save.")
            return
        try:
            answer = await fetch("/settings", method="PUT", body=changes)
        except AgentRunsError as exc:
            async with self:
                self.is_saving, self.problem = False, exc.message
            return
        async with self:
            self.is_saving = False
            self._show(answer)
        later = answer.get("restart_needed") or []
        text = f"Restart the API to apply {', '.join(later)}." if later else "In force now."
        yield rx.toast.success("Settings saved", description=text)

    @rx.event
    def discard(self) -> None:
        """Show the saved settings again."""
        self.values, self._token, self.token_typed = dict(self._saved), "", False
        self.check, self.check_text, self.problem = "", "", ""
        self.revision += 1

    @rx.var
    def is_changed(self) -> bool:
        """Tell whether there is something to save."""
        return self.token_typed or self.values != self._saved

    def _credentials(self) -> dict[str, JSON]:
        body: dict[str, JSON] = {"base_url": self.values.get("codegen_base_url")}
        if self._token:
            body["token"] = self._token
        if self.values.get("codegen_org_id"):
            body["org_id"] = self.values["codegen_org_id"]
        return {name: value for name, value in body.items() if value}

    def _changes(self) -> dict[str, JSON]:
        changes: dict[str, JSON] = {
            name: _number(text) if name in _NUMBERS else text or None
            for name, text in self.values.items()
            if text != self._saved.get(name)
        }
        if self._token:
            changes["codegen_api_token"] = self._token
        return changes

    def _show_check(self, answer: Mapping[str, JSON]) -> None:
        self.check = "ok" if answer.get("ok") else str(answer.get("problem") or "answer")
        self.check_text = str(answer.get("message") or "")
        user = answer.get("user") or {}
        self.user = str(
            user.get("email") or user.get("full_name") or user.get("github_username") or ""
        )
        self.organizations = [
            (str(organization["id"]), str(organization.get("name") or organization["id"]))
            for organization in answer.get("organizations") or []
        ]

    def _show(self, answer: Mapping[str, JSON]) -> None:
        items = {item["name"]: item for item in answer["items"]}
        self.values = {name: _text(items[name]["value"]) for name in TEXT_FIELDS if name in items}
        self._saved = dict(self.values)
        token = items["codegen_api_token"]["value"]
        self.token_hint = (token.get("hint") or "set") if token.get("set") else ""
        self._token, self.token_typed = "", False
        self.locked = [name for name, item in items.items() if item["from_environment"]]
        self.fixed = [
            FixedSetting(item["variable"], _text(item["value"], item["unit"]), item["description"])
            for item in items.values()
            if not item["changeable"]
        ]
        self.env_file = answer["env_file"]
        self.loaded = True
        self.revision += 1


def _text(value: JSON, unit: str | None = None) -> str:
    if isinstance(value, dict):
        return "set" if value.get("set") else "not set"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if value is None:
        return ""
    number = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{number} {unit}" if unit else number


def _number(text: str) -> float | int | str | None:
    try:
        value = float(text)
    except ValueError:
        return text or None
    return int(value) if value.is_integer() else value
