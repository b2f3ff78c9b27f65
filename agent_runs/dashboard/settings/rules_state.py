"""State of the standing rules on the settings page."""

from collections.abc import AsyncGenerator

import reflex as rx

from agent_runs.dashboard.serving.access import fetch
from agent_runs.errors import AgentRunsError

NAMES = ("organization_rules", "user_custom_prompt")


class RulesState(rx.State):
    """The saved rules; what is typed stays in the page until it is saved."""

    loaded: rx.Field[bool] = rx.field(False)
    revision: rx.Field[int] = rx.field(0)
    """Changes when the fields must show newly read rules."""
    organization_rules: rx.Field[str] = rx.field("")
    user_custom_prompt: rx.Field[str] = rx.field("")

    @rx.event(background=True)
    async def load(self) -> None:
        """Read the rules."""
        try:
            answer = await fetch("/rules")
        except AgentRunsError:
            return  # the frame says that the API is unavailable
        rules = {name: str(answer[name] or "") for name in NAMES}
        async with self:
            if self.loaded and rules == {name: getattr(self, name) for name in NAMES}:
                return  # the fields show it already: do not disturb somebody who is typing
            for name, text in rules.items():
                setattr(self, name, text)
            self.loaded = True
            self.revision += 1

    @rx.event(background=True)
    async def save(self, form: dict[str, str]) -> AsyncGenerator[rx.event.EventSpec]:
        """Save the rules for sessions that begin from now on."""
        rules = {name: form.get(name, "").strip() or None for name in NAMES}
        try:
            await fetch("/rules", method="PUT", body=rules)
        except AgentRunsError as exc:
            yield rx.toast.error("The rules were not saved.", description=exc.message)
            return
        async with self:
            self.organization_rules = rules["organization_rules"] or ""
            self.user_custom_prompt = rules["user_custom_prompt"] or ""
        yield rx.toast.success("Rules saved. New runs follow them.")
