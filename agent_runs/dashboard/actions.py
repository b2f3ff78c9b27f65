"""Actions on runs: stop, retry, archive, restore, answer, compare, export; on one run or many."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import cast

import anyio
import reflex as rx
from reflex_components_sonner.toast import ToastAction

from agent_runs.client.calls import runs as run_calls
from agent_runs.dashboard.downloads import FORMATS, url_of_chosen
from agent_runs.dashboard.serving.access import send
from agent_runs.errors import AgentRunsError, PermissionAnswered
from agent_runs.models import JSON
from agent_runs.reading.amounts import plural

FEWEST_COMPARED, MOST_COMPARED = 2, 6
"""How many runs the API compares at once."""
AT_ONCE = 4
"""How many requests of one bulk action are sent at the same time."""
RETRY_PROMPT = "The last turn failed. Check what is already done, then continue where it stopped."


class RunsActions(rx.State):
    """The selected runs and the actions on runs. The list learns from events what changed."""

    selected: rx.Field[list[int]] = rx.field(default_factory=list[int])

    @rx.event
    def toggle(self, run_id: int) -> None:
        """Select a run, or deselect it."""
        if run_id in self.selected:
            self.selected = [number for number in self.selected if number != run_id]
        else:
            self.selected = [*self.selected, run_id]

    @rx.event
    def select(self, run_ids: list[int]) -> None:
        """Select exactly these."""
        self.selected = list(run_ids)

    @rx.event
    def clear_selection(self) -> None:
        """Select none."""
        self.selected = []

    @rx.event
    def compare_selected(self) -> rx.event.EventSpec | None:
        """Show the selected runs side by side; they stay selected."""
        if not FEWEST_COMPARED <= len(self.selected) <= MOST_COMPARED:
            return None
        return rx.redirect(f"/compare?ids={','.join(map(str, sorted(self.selected)))}")

    @rx.event
    def export_selected(self, form: str) -> rx.event.EventSpec | None:
        """Download the selected runs; they stay selected."""
        if form not in FORMATS or not self.selected:
            return None
        return rx.download(url_of_chosen(form, self.selected), filename="")

    @rx.event(background=True)
    async def stop(self, run_id: int) -> AsyncGenerator[rx.event.EventSpec]:
        """Stop one run."""
        yield await _do(
            [run_id], lambda number: send(run_calls.stop_agent_run(number)), "Stopped", "stopped"
        )

    @rx.event(background=True)
    async def retry(self, run_id: int) -> AsyncGenerator[rx.event.EventSpec]:
        """Resume a failed run where it stopped, in its workspace and session."""
        yield await _do(
            [run_id],
            lambda number: send(run_calls.resume_agent_run(number, RETRY_PROMPT, {})),
            "Retrying",
            "retried",
        )

    @rx.event(background=True)
    async def archive(self, run_id: int) -> AsyncGenerator[rx.event.EventSpec]:
        """Archive one run, with undo."""
        yield await _archive([run_id])

    @rx.event(background=True)
    async def restore(self, run_id: int) -> AsyncGenerator[rx.event.EventSpec]:
        """Restore one run from the archive."""
        yield await _restore([run_id])

    @rx.event(background=True)
    async def undo_archive(self, run_ids: str) -> AsyncGenerator[rx.event.EventSpec]:
        """Restore what was just archived; the toast passes the ids as `1,2,3`."""
        yield await _restore([int(text) for text in run_ids.split(",") if text.isdigit()])

    @rx.event(background=True)
    async def stop_selected(self) -> AsyncGenerator[rx.event.EventSpec]:
        """Stop all selected runs; those that have ended stay as they are."""
        run_ids = await self._take_selection()
        yield await _do(
            run_ids, lambda run_id: send(run_calls.stop_agent_run(run_id)), "Stopped", "stopped"
        )

    @rx.event(background=True)
    async def archive_selected(self) -> AsyncGenerator[rx.event.EventSpec]:
        """Archive all selected runs that have ended, with undo."""
        yield await _archive(await self._take_selection())

    @rx.event(background=True)
    async def answer(
        self, run_id: int, permission_id: int, option_id: str
    ) -> AsyncGenerator[rx.event.EventSpec]:
        """Answer the permission request of a paused run."""
        try:
            await send(run_calls.answer_permission(run_id, permission_id, option_id))
        except PermissionAnswered:
            yield rx.toast.info(f"Run {run_id} has already been answered.")
        except AgentRunsError as exc:
            yield rx.toast.error(f"Run {run_id} was not answered.", description=exc.message)

    @rx.event(background=True)
    async def fill_in(self, form: dict[str, str]) -> AsyncGenerator[rx.event.EventSpec]:
        """Answer a question with what was filled in; `components/ask.py` names the fields."""
        run_id = int(form["run"])
        try:
            await send(
                run_calls.answer_permission(
                    run_id, int(form["question"]), form["option"], content=_content(form)
                )
            )
        except PermissionAnswered:
            yield rx.toast.info(f"Run {run_id} has already been answered.")
        except AgentRunsError as exc:
            yield rx.toast.error(f"Run {run_id} was not answered.", description=exc.message)

    async def _take_selection(self) -> list[int]:
        async with self:
            run_ids = list(self.selected)
            self.selected = []
        return run_ids


def _content(form: Mapping[str, str]) -> dict[str, JSON]:
    """Return what was filled in: `field:NAME` is a value, `pick:NAME=VALUE` one of several."""
    content: dict[str, JSON] = {}
    for name, value in form.items():
        kind, _, rest = name.partition(":")
        if kind == "field" and value:
            content[rest] = value
        elif kind == "pick":
            picked, _, choice = rest.partition("=")
            content[picked] = [*cast("list[JSON]", content.get(picked, [])), choice]
    return content


async def _archive(run_ids: Sequence[int]) -> rx.event.EventSpec:
    undo = ",".join(map(str, run_ids))
    return await _do(
        run_ids,
        lambda run_id: send(run_calls.archive_agent_run(run_id)),
        "Archived",
        "archived",
        undo=ToastAction(label="Undo", on_click=RunsActions.undo_archive(undo)),
    )


async def _restore(run_ids: Sequence[int]) -> rx.event.EventSpec:
    return await _do(
        run_ids, lambda run_id: send(run_calls.restore_agent_run(run_id)), "Restored", "restored"
    )


async def _do(
    run_ids: Sequence[int],
    action: Callable[[int], Awaitable[object]],
    done: str,
    verb: str,
    undo: ToastAction | None = None,
) -> rx.event.EventSpec:
    """Do one thing to many runs, a few at a time; return the toast that says what happened."""
    problems: dict[int, str] = {}
    slots = anyio.CapacityLimiter(AT_ONCE)

    async def one(run_id: int) -> None:
        async with slots:
            try:
                await action(run_id)
            except AgentRunsError as exc:
                problems[run_id] = exc.message

    async with anyio.create_task_group() as tasks:
        for run_id in run_ids:
            tasks.start_soon(one, run_id)
    is_one = len(run_ids) == 1
    successes = len(run_ids) - len(problems)
    if problems and not successes:
        subject = f"Run {run_ids[0]} was" if is_one else f"{plural(len(run_ids), 'run')} were"
        return rx.toast.error(f"{subject} not {verb}.", description=next(iter(problems.values())))
    text = f"{done} {f'run {run_ids[0]}' if is_one else plural(successes, 'run')}"
    if problems:
        run_id, reason = next(iter(problems.items()))
        return rx.toast.warning(
            f"{text}, {len(problems)} failed", description=f"Run {run_id}: {reason}", action=undo
        )
    return rx.toast.success(text, action=undo) if undo else rx.toast.success(text)
